import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Body, Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { CurrentUser, Scopes } from 'nestjs-http-auth';
import { createServer, scopesOf } from './mcp.server.js';
import { Reports } from './reports.js';

/** Express's request and response, or Fastify's, which wrap Node's. */
type Wrapped<T> = T | { readonly raw: T; hijack?(): void };

/**
 * The endpoint of MCP's streamable HTTP, without sessions: the token of each request identifies the user. The guard
 * rejects requests without a token, and requests whose token lacks the scopes of the tool.
 */
@Scopes('reports:read')
@Controller('mcp')
export class McpController {
  constructor(private readonly reports: Reports) {}

  @Scopes.by(({ body }) => scopesOf(body))
  @Post()
  async handle(
    @CurrentUser('sub') user: string,
    @Body() body: unknown,
    @Req() request: Wrapped<IncomingMessage>,
    @Res() response: Wrapped<ServerResponse>,
  ): Promise<void> {
    const server = createServer(user, this.reports);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await server.connect(transport);
    // Tells Fastify that the transport writes the response.
    if ('raw' in response) response.hijack?.();
    await transport.handleRequest(rawOf(request), rawOf(response), body);
    await server.close();
  }

  /** Clients open a stream of server messages with GET. This server sends none, so it responds with 405. */
  @HttpCode(405)
  @Header('Allow', 'POST')
  @Get()
  listen(): void {}
}

function rawOf<T extends object>(wrapped: Wrapped<T>): T {
  return 'raw' in wrapped ? wrapped.raw : wrapped;
}
