import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { UnauthorizedError } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { Body, Controller, Get, HttpCode, type INestApplication, Post, Req, Res, type Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { AuthModule, bearer, protect, resourceUrl, Scopes } from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { adapters, rootModule } from './support/application.js';
import { api, AuthorizationServer } from './support/authorization-server.js';
import { bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { McpClient } from './support/mcp.client.js';

// The authorization server starts in another process and generates keys.
jest.setTimeout(30_000);

type Wrapped<T> = T | { readonly raw: T; hijack?(): void };
const rawOf = <T extends object>(wrapped: Wrapped<T>): T => ('raw' in wrapped ? wrapped.raw : wrapped);

/** Returns the controller of an MCP server with one tool, which returns the name of the server. */
function serverAt(path: string, scope: string): Type {
  @Scopes(scope)
  @Controller(path)
  class ServerController {
    @Post()
    async handle(
      @Body() body: unknown,
      @Req() request: Wrapped<IncomingMessage>,
      @Res() response: Wrapped<ServerResponse>,
    ): Promise<void> {
      const handler = createMcpHandler(() => {
        const server = new McpServer({ name: path, version: '1.0.0' });
        server.registerTool('name', {}, () => ({ content: [{ type: 'text', text: path }] }));
        return server;
      });
      if ('raw' in response) response.hijack?.();
      await toNodeHandler(handler)(rawOf(request), rawOf(response), body);
      await handler.close();
    }

    @HttpCode(405) @Get() listen(): void {}
  }
  return ServerController;
}

describe.each(adapters)('Two MCP servers in one application on %s', (_name, adapter) => {
  let authorizationServer: AuthorizationServer;
  let app: INestApplication<AbstractHttpAdapter>;
  let origin: string;
  const urlOf = (name: string) => `${origin}/mcp/${name}`;

  beforeAll(async () => {
    authorizationServer = await AuthorizationServer.start();
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const { issuer } = authorizationServer;
    const authorizationServers = [issuer];
    const opaque = urlOf('opaque');
    const byIntrospection = introspection({
      endpoint: `${issuer}/token/introspection`,
      audience: opaque,
      clientId: api.id,
      clientSecret: api.secret,
    });
    const byJwt = jwt({ issuers: (request) => [{ issuer, audience: resourceUrl(request) }] });
    app = await NestFactory.create(
      rootModule({
        imports: [
          AuthModule.forRoot({
            realm: 'Tools',
            schemes: [
              bearer((credentials, request) =>
                resourceUrl(request) === opaque ? byIntrospection(credentials, request) : byJwt(credentials, request),
              ),
            ],
            resource: ['a', 'b', 'opaque'].map((name) => ({ url: urlOf(name), authorizationServers })),
          }),
        ],
        controllers: [
          serverAt('mcp/a', 'reports:read'),
          serverAt('mcp/b', 'reports:write'),
          serverAt('mcp/opaque', 'reports:read'),
        ],
      }),
      adapter(),
      { logger: false },
    );
    protect(app, '/');
    await app.listen(port, '127.0.0.1');
  });

  afterAll(async () => {
    await app?.close();
    await authorizationServer?.stop();
  });

  it.each([
    ['a', 'reports:read'],
    ['b', 'reports:write'],
    ['opaque', 'reports:read'],
  ])('[M-2][M-5][M-6] lead a client of %s to a token for this server', async (name, scope) => {
    const client = new McpClient(urlOf(name));
    await expect(client.connect()).rejects.toThrow(UnauthorizedError);
    expect(Object.fromEntries((client.person.opened[0] as URL).searchParams)).toMatchObject({
      resource: urlOf(name),
      scope,
    });
    await client.authorize();
    await client.reconnect();
    expect(await client.call('name')).toEqual([`mcp/${name}`]);
    expect(client.errors).toEqual([]);
    await client.close();
  });

  const listTools = (path: string, token: string) =>
    send(app, path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...bearerAuthorization(token),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });

  it('[M-6] refuse a token for the other server, also if it is in the cache', async () => {
    const tokens = {
      a: await authorizationServer.token({ resource: urlOf('a'), scope: 'reports:read reports:write' }),
      b: await authorizationServer.token({ resource: urlOf('b'), scope: 'reports:read reports:write' }),
      opaque: await authorizationServer.token({ resource: urlOf('opaque'), scope: 'reports:read' }),
    };
    for (const [own, token] of Object.entries(tokens)) {
      expect(await listTools(`/mcp/${own}`, token)).toMatchObject({ status: 200 });
      for (const other of Object.keys(tokens).filter((name) => name !== own)) {
        const { status, challenges } = await listTools(`/mcp/${other}`, token);
        expect({ status, challenges }).toEqual({
          status: 401,
          challenges: [
            expect.stringMatching(
              new RegExp(
                `error="invalid_token".*resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp/${other}"`,
              ),
            ),
          ],
        });
      }
    }
  });

  it.each(['/mcp/%62', '/mcp//b', '/mcp/a;/../b', '/mcp/B', '/mcp/a/..%2Fb', '/mcp/b;a'])(
    'refuse a token for one server at the other one as %s',
    async (path) => {
      const token = await authorizationServer.token({ resource: urlOf('a'), scope: 'reports:read reports:write' });
      expect([400, 401]).toContain((await listTools(path, token)).status);
    },
  );
});
