import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Reports } from './reports.js';

/** The user that a server acts for, and the reports. */
export interface Caller {
  readonly user: string;
  readonly reports: Reports;
  /** Returns `true` if the token of the user has a scope, or another scope that implies it. */
  isGranted(this: void, scope: string): boolean;
}

interface Tool {
  /** The scopes that the tool needs in addition to the scope of the server. */
  readonly scopes: readonly string[];
  register(this: void, server: McpServer, name: string, caller: Caller): unknown;
}

const tools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  [
    'list-reports',
    {
      scopes: [],
      register: (server, name, { user, reports }) =>
        server.registerTool(name, { description: 'Lists your reports.' }, () => ({
          content: reports.of(user).map((text) => ({ type: 'text', text })),
        })),
    },
  ],
  [
    'add-report',
    {
      scopes: ['reports:write'],
      register: (server, name, { user, reports }) =>
        server.registerTool(
          name,
          { description: 'Adds a report.', inputSchema: z.object({ text: z.string() }) },
          ({ text }) => {
            reports.add(user, text);
            return { content: [{ type: 'text', text: 'Written.' }] };
          },
        ),
    },
  ],
  [
    'publish-reports',
    {
      scopes: ['reports:write', 'reports:publish'],
      register: (server, name, { user, reports }) =>
        server.registerTool(name, { description: 'Publishes your reports.' }, () => ({
          content: [{ type: 'text', text: `Published: ${reports.of(user).length}` }],
        })),
    },
  ],
]);

/** The part of a tool call that names the tool (JSON-RPC 2.0). */
const ToolCall = z.object({ method: z.literal('tools/call'), params: z.object({ name: z.string() }) });

/**
 * Returns all scopes that a body requires, so that one challenge names all of them. The body is one JSON-RPC message, or a list
 * of messages.
 */
export function scopesOf(body: unknown): string[] {
  return [body].flat().flatMap((message) => {
    const call = ToolCall.safeParse(message);
    return call.success ? (tools.get(call.data.params.name)?.scopes ?? []) : [];
  });
}

/** Creates the server of one request. It has the tools that the token of the request allows, and they act for its user. */
export function createServer(caller: Caller): McpServer {
  const server = new McpServer({ name: 'reports', version: '1.0.0' });
  for (const [name, { scopes, register }] of tools) {
    if (scopes.every(caller.isGranted)) register(server, name, caller);
  }
  return server;
}
