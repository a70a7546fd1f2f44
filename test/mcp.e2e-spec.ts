import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { UnauthorizedError } from '@modelcontextprotocol/client';
import type { INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { McpModule } from '../src/examples/mcp/mcp.module.js';
import { adapters, rootModule } from './support/application.js';
import { AuthorizationServer } from './support/authorization-server.js';
import { freePort } from './support/free-port.js';
import { bearerAuthorization, send } from './support/client.js';
import { McpClient } from './support/mcp.client.js';

// The authorization server starts in another process and generates keys.
jest.setTimeout(30_000);

describe.each(adapters)('An MCP server on %s', (_name, adapter) => {
  let authorizationServer: AuthorizationServer;
  let app: INestApplication<AbstractHttpAdapter>;
  let url: string;

  beforeAll(async () => {
    authorizationServer = await AuthorizationServer.start();
    const port = await freePort();
    url = `http://127.0.0.1:${port}/mcp`;
    const { issuer } = authorizationServer;
    app = await NestFactory.create(rootModule(McpModule.forRoot({ url, issuer })), adapter(), { logger: false });
    await app.listen(port, '127.0.0.1');
  });

  afterAll(async () => {
    await app?.close();
    await authorizationServer?.stop();
  });

  /** Sends a message of the protocol of 2025, without the fields of later versions. */
  const post = (message: object, headers: object = {}) =>
    send(app, '/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify(Array.isArray(message) ? message : { jsonrpc: '2.0', id: 1, ...message }),
    });
  const initialize = (headers: object = {}) => post({ method: 'tools/list' }, headers);
  const callTool = (name: string, headers: object) => post({ method: 'tools/call', params: { name } }, headers);
  const authorized = async (scope: string) =>
    bearerAuthorization(await authorizationServer.token({ resource: url, scope }));
  const challenge = (params: string, scope = 'reports:read') =>
    `Bearer realm="Reports"${params}, scope="${scope}", resource_metadata="${url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp')}"`;

  it('[M-2][M-5][M-6] leads a client that knows only its URL from the 401 to a token and a tool', async () => {
    const client = new McpClient(url);
    await expect(client.connect()).rejects.toThrow(UnauthorizedError);
    // The client opened the authorization server in the browser, with the scope of the challenge and with this resource.
    const { origin, searchParams } = client.person.opened[0] as URL;
    expect(origin).toBe(authorizationServer.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      scope: 'reports:read',
      resource: url,
      code_challenge_method: 'S256',
    });
    await client.authorize();
    await client.reconnect();
    expect(client.version).toBe('2026-07-28');
    expect(await client.call('list-reports')).toEqual([]);
    expect(client.errors).toEqual([]);
    await client.close();
  });

  it('accepts a client of the protocol of 2025', async () => {
    const client = new McpClient(url, 'legacy');
    await expect(client.connect()).rejects.toThrow(UnauthorizedError);
    await client.authorize();
    await client.reconnect();
    expect(client.version).toBe('2025-11-25');
    expect(await client.call('list-reports')).toEqual([]);
    expect(client.errors).toEqual([]);
    await client.close();
  });

  it('[R-10] responds with insufficient_scope if a tool needs more scopes, and the client gets a new token', async () => {
    const client = new McpClient(url);
    await expect(client.connect()).rejects.toThrow(UnauthorizedError);
    await client.authorize();
    await client.reconnect();

    await expect(client.call('add-report', { text: 'All is well' })).rejects.toThrow(UnauthorizedError);
    expect(client.person.opened).toHaveLength(2);
    // The client requests the scopes of the tool in addition to the scopes of the server.
    expect(client.person.opened[1]?.searchParams.get('scope')).toBe('reports:read reports:write');
    await client.authorize();
    expect(await client.call('add-report', { text: 'All is well' })).toEqual(['Written.']);
    expect(await client.call('list-reports')).toEqual(['All is well']);
    expect(client.errors).toEqual([]);
    await client.close();
  });

  it('[M-6] sends resource_metadata in the challenge if the token is missing, invalid or for another resource', async () => {
    expect(await initialize()).toMatchObject({ status: 401, challenges: [challenge('')] });
    const forAnother = await authorizationServer.token({ resource: 'https://other.example', scope: 'reports:read' });
    for (const token of ['nonsense', forAnother]) {
      expect(await initialize(bearerAuthorization(token))).toMatchObject({
        status: 401,
        challenges: [expect.stringMatching(/^Bearer realm="Reports", error="invalid_token", .*resource_metadata="/)],
      });
    }
    const token = await authorizationServer.token({ resource: url, scope: 'reports:read' });
    expect(await initialize(bearerAuthorization(token))).toMatchObject({ status: 200, challenges: [] });
  });

  it('responds with 403 and insufficient_scope if the token lacks the scope of the server', async () => {
    expect(await initialize(await authorized('reports:publish'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope"')],
    });
  });

  it('accepts a token with a scope that implies the scope of the server', async () => {
    expect(await initialize(await authorized('reports:write'))).toMatchObject({ status: 200 });
  });

  it.each([
    ['reports:read', 'add-report', 'reports:write'],
    ['reports:read', 'publish-reports', 'reports:write reports:publish'],
    ['reports:write', 'publish-reports', 'reports:write reports:publish'],
    ['reports:read reports:publish', 'publish-reports', 'reports:write reports:publish'],
  ])('names all scopes of a tool in one challenge if the token has %s: %s', async (scope, tool, required) => {
    const headers = await authorized(scope);
    const refused = { status: 403, challenges: [challenge(', error="insufficient_scope"', required)] };
    expect(await callTool(tool, headers)).toMatchObject(refused);
    // The name in the field is for proxies. Only the body counts.
    expect(await callTool(tool, { ...headers, 'mcp-method': 'tools/list', 'mcp-name': 'list-reports' })).toMatchObject(
      refused,
    );
    const message = { jsonrpc: '2.0', method: 'tools/call' };
    const messages = ['list-reports', tool].map((name, id) => ({ ...message, id, params: { name } }));
    expect(await post(messages, headers)).toMatchObject(refused);
  });

  it.each([
    ['reports:read', ['list-reports']],
    ['reports:write', ['list-reports', 'add-report']],
    ['reports:read reports:publish', ['list-reports']],
    ['reports:write reports:publish', ['list-reports', 'add-report', 'publish-reports']],
  ])('lists only the tools that a token with %s allows', async (scope, tools) => {
    const { body } = await initialize(await authorized(scope));
    // The response is an event stream with one event.
    const { result } = JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? '') as { result: { tools: { name: string }[] } };
    expect(result.tools.map(({ name }) => name)).toEqual(tools);
  });

  it('lists the tools for the token of the client, and forbids shared caches', async () => {
    const client = new McpClient(url);
    await expect(client.connect()).rejects.toThrow(UnauthorizedError);
    await client.authorize();
    await client.reconnect();
    expect(await client.tools()).toMatchObject({ cacheScope: 'private', tools: [{ name: 'list-reports' }] });
    await client.close();
  });

  it.each([
    ['another host', { host: 'attacker.example' }],
    ['a page of another host', { origin: 'https://attacker.example' }],
    ['a page without a host', { origin: 'null' }],
  ])('responds with 403 and without a challenge to a request of %s', async (_sender, headers) => {
    for (const authorization of [{}, await authorized('reports:read')]) {
      expect(await initialize({ ...headers, ...authorization })).toMatchObject({ status: 403, challenges: [] });
    }
  });

  it('accepts a page of the same host', async () => {
    const headers = { origin: new URL(url).origin, ...(await authorized('reports:read')) };
    expect(await initialize(headers)).toMatchObject({ status: 200 });
  });

  it('lists all its scopes in its metadata', async () => {
    const answer = await send(app, '/.well-known/oauth-protected-resource/mcp');
    expect(answer.json()).toEqual({
      resource: url,
      authorization_servers: [authorizationServer.issuer],
      // Without offline_access, as MCP recommends.
      scopes_supported: ['reports:read', 'reports:write', 'reports:publish'],
      resource_name: 'Reports',
      bearer_methods_supported: ['header'],
    });
  });
});
