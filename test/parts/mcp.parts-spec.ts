import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { McpModule } from '../../src/examples/mcp/mcp.module.js';
import { adapters, rootModule } from '../support/application.js';
import { AuthorizationServer } from '../support/authorization-server.js';
import { freePort } from '../support/free-port.js';
import { type Check, runConformanceSuite } from './support/mcp.conformance.js';

/**
 * The scenarios for servers that have tools but no prompts and resources, and the checks of each that need the tools of the suite or
 * features that the example does not have.
 */
const scenarios: Record<string, Record<string, readonly string[]>> = {
  '2025-11-25': {
    'server-initialize': [],
    ping: [],
    'tools-list': [],
    'dns-rebinding-protection': [],
  },
  '2026-07-28': {
    'server-stateless': [
      'sep-2575-server-rejects-undeclared-capability',
      'sep-2575-missing-capability-http-400',
      'sep-2575-http-server-no-independent-requests-on-stream',
      'sep-2575-server-no-log-without-loglevel',
    ],
    'tools-list': [],
    'dns-rebinding-protection': [],
    caching: [
      'sep-2549-prompts-list-caching-hints',
      'sep-2549-resources-list-caching-hints',
      'sep-2549-resources-templates-list-caching-hints',
    ],
    'http-header-validation': [],
    'server-sse-multiple-streams': [],
  },
};

describe.each(adapters)('The MCP example on %s', (_name, adapter) => {
  let authorizationServer: AuthorizationServer;
  let app: INestApplication<AbstractHttpAdapter>;
  let proxy: Server;
  let url: string;

  beforeAll(async () => {
    authorizationServer = await AuthorizationServer.start();
    const [port, proxyPort] = [await freePort(), await freePort()];
    url = `http://localhost:${proxyPort}/mcp`;
    const { issuer } = authorizationServer;
    app = await NestFactory.create(rootModule(McpModule.forRoot({ url, issuer })), adapter(), { logger: false });
    await app.listen(port, '127.0.0.1');
    // The suite has no option for credentials, so a proxy adds the token.
    const token = await authorizationServer.token({ resource: url, scope: 'reports:write reports:publish' });
    const forward = createProxyMiddleware({
      target: `http://127.0.0.1:${port}`,
      headers: { authorization: `Bearer ${token}` },
    });
    proxy = createServer((request, response) => void forward(request, response));
    await new Promise<void>((resolve) => proxy.listen(proxyPort, 'localhost', resolve));
  });

  afterAll(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await app?.close();
    await authorizationServer?.stop();
  });

  it.each(Object.entries(scenarios))('conforms to the specification of %s', async (version, expected) => {
    const checks = await runConformanceSuite(url, version);
    const idsOf = (scenario: string, status: Check['status']): string[] =>
      (checks.get(scenario) ?? []).filter((check) => check.status === status).map(({ id }) => id);
    for (const [scenario, missing] of Object.entries(expected)) {
      expect([scenario, idsOf(scenario, 'FAILURE')]).toEqual([scenario, missing]);
      expect([scenario, idsOf(scenario, 'SUCCESS')]).not.toEqual([scenario, []]);
    }
  });
});
