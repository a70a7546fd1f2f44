import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Reports } from './reports.js';

/** The scopes that the tools need in addition to the scope of the server. */
const scopesByTool = new Map([['add-report', ['reports:write']]]);

/** The part of a tool call that names the tool (JSON-RPC 2.0). */
const ToolCall = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) });

/** Returns the scopes that a body requires. The body is one JSON-RPC message, or a list of messages. */
export function scopesOf(body: unknown): string[] {
  return [body].flat().flatMap((message) => {
    const call = ToolCall.safeParse(message);
    return call.success ? (scopesByTool.get(call.data.params.name) ?? []) : [];
  });
}

/** Creates the server of one user. Its tools act for that user. */
export function createServer(user: string, reports: Reports): McpServer {
  const server = new McpServer({ name: 'reports', version: '1.0.0' });
  server.registerTool('list-reports', { description: 'Lists your reports.' }, () => ({
    content: reports.of(user).map((text) => ({ type: 'text', text })),
  }));
  server.registerTool(
    'add-report',
    { description: 'Adds a report.', inputSchema: z.object({ text: z.string() }) },
    ({ text }) => {
      reports.add(user, text);
      return { content: [{ type: 'text', text: 'Written.' }] };
    },
  );
  return server;
}
