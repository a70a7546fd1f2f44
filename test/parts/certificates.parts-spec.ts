import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header } from '@nestjs/common';
import { admit, AuthModule, bearer, CurrentUser } from 'nestjs-http-auth';
import { fromProxy } from 'nestjs-http-auth/certificates';
import { adapters, start } from '../support/application.js';
import { client, sendTls, server, type TestCertificate } from '../support/certificates.js';
import { bearerAuthorization, send } from '../support/client.js';
import { Nginx } from './support/nginx.js';

@Controller()
class ReportsController {
  @Get() list(@CurrentUser() user: string) {
    return user;
  }
  @Header('Cache-Control', 'public, max-age=60') @Get('shared') shared(@CurrentUser() user: string) {
    return user;
  }
}

const field = 'X-SSL-Client-Cert';
const forged = { [field]: encodeURIComponent(client.publicPem) };
const token = bearerAuthorization('token');
const pem = fileURLToPath(new URL('../fixtures/tls/server.pem', import.meta.url));

describe.each(adapters)('nginx with $ssl_client_escaped_cert in front of %s', (_name, adapter) => {
  let proxy: Nginx;
  let app: Awaited<ReturnType<typeof start>>;

  beforeEach(async () => {
    const verify = () => admit('alice', { confirmation: { 'x5t#S256': client.thumbprint } });
    const certificate = fromProxy({ field, format: 'pem', trusted: ['127.0.0.1'] });
    app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verify, { certificate })] })],
      controllers: [ReportsController],
    });
    proxy = await Nginx.terminatingTls((app.getHttpServer().address() as AddressInfo).port, pem);
  });

  afterEach(() => proxy.stop());

  const ask = (certificate: TestCertificate | undefined, path = '/', more: object = {}) =>
    sendTls(app, path, { port: proxy.port, certificate, headers: token, ...more });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('[MTLS-13] passes the certificate of a client over %s', async (version) => {
    const answer = await ask(client, '/', { maxVersion: version });
    expect([answer.status, answer.body, answer.protocol]).toEqual([200, 'alice', version]);
    expect(await ask(server, '/', { maxVersion: version })).toMatchObject({
      status: 401,
      challenges: [expect.stringContaining('The token is bound to another client certificate')],
    });
    expect(await ask(undefined, '/', { maxVersion: version })).toMatchObject({
      status: 401,
      challenges: [expect.stringContaining('The token needs its client certificate')],
    });
  });

  it('[MTLS-13] passes the certificate of a resumed session', async () => {
    const agent = new Agent({ keepAlive: false });
    const first = await ask(client, '/', { agent });
    const second = await ask(client, '/', { agent });
    expect([first.status, first.isResumed, second.status, second.isResumed]).toEqual([200, false, 200, true]);
    agent.destroy();
  });

  it('[MTLS-8] replaces the field of a client', async () => {
    for (const certificate of [undefined, server]) {
      expect((await ask(certificate, '/', { headers: { ...token, ...forged } })).status).toBe(401);
    }
    // Without the proxy, the field of the client would count: only the proxy may reach the application.
    expect((await send(app, '/', { headers: { ...token, ...forged } })).status).toBe(200);
  });

  it.each(['/', '/shared'])(
    '[MTLS-9] does not give the response of %s to a client without the certificate',
    async (path) => {
      const found = [];
      for (const certificate of [client, server, undefined, client]) {
        const { status, headers } = await ask(certificate, path);
        found.push([status, headers['x-cache']]);
      }
      expect(found).toEqual([
        [200, 'MISS'],
        [401, 'MISS'],
        [401, 'MISS'],
        [200, 'MISS'],
      ]);
    },
  );
});
