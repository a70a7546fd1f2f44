import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { Body, Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CurrentAuth, CurrentUser, ScopeHierarchy, Scopes } from 'nestjs-http-auth';
import { createServer, scopesOf } from './mcp.server.js';
import { Reports } from './reports.js';

/** Express's request and response, or Fastify's, which wrap Node's. */
type Wrapped<T> = T | { readonly raw: T; hijack?(): void };

/**
 * The endpoint of MCP's streamable HTTP, for clients of the current protocol and of the protocol of 2025. There are no sessions: the
 * token of each request identifies the user. The guard rejects requests without a token, and requests whose token lacks the scopes of
 * the tool.
 */
@Scopes('reports:read')
@Controller('mcp')
export class McpController {
  constructor(
    private readonly reports: Reports,
    private readonly hierarchy: ScopeHierarchy,
  ) {}

  @Scopes.by(({ body }) => scopesOf(body))
  @Post()
  async handle(
    @CurrentUser('sub') user: string,
    @CurrentAuth('scopes') granted: readonly string[],
    @Body() body: unknown,
    @Req() request: Wrapped<IncomingMessage>,
    @Res() response: Wrapped<ServerResponse>,
  ): Promise<void> {
    const isGranted = (scope: string): boolean => this.hierarchy.includes(granted, scope);
    const handler = createMcpHandler(() => createServer({ user, reports: this.reports, isGranted }));
    // Tells Fastify that the handler writes the response.
    if ('raw' in response) response.hijack?.();
    await toNodeHandler(handler)(rawOf(request), rawOf(response), body);
    await handler.close();
  }

  /** Clients open a stream of server messages with GET. This server does not send messages, so it responds with 405. */
  @HttpCode(405)
  @Header('Allow', 'POST')
  @Get()
  listen(): void {}
}

function rawOf<T extends object>(wrapped: Wrapped<T>): T {
  return 'raw' in wrapped ? wrapped.raw : wrapped;
}
