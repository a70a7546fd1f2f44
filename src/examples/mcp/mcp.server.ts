import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Reports } from './reports.js';

/** The scopes that the tools need beside that of the server. */
const scopesByTool = new Map([['add-report', ['reports:write']]]);

/** A call of a tool, as far as it says which one (JSON-RPC 2.0). */
const ToolCall = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) });

/** The scopes that a body needs, which is one message of JSON-RPC or several. */
export function scopesOf(body: unknown): string[] {
  return [body].flat().flatMap((message) => {
    const call = ToolCall.safeParse(message);
    return call.success ? (scopesByTool.get(call.data.params.name) ?? []) : [];
  });
}

/** The server of one user: what its tools do, they do for that one. */
export function createServer(user: string, reports: Reports): McpServer {
  const server = new McpServer({ name: 'reports', version: '1.0.0' });
  server.registerTool('list-reports', { description: 'Lists your reports.' }, () => ({
    content: reports.of(user).map((text) => ({ type: 'text', text })),
  }));
  server.registerTool(
    'add-report',
    { description: 'Adds a report.', inputSchema: { text: z.string() } },
    ({ text }) => {
      reports.add(user, text);
      return { content: [{ type: 'text', text: 'Written.' }] };
    },
  );
  return server;
}
