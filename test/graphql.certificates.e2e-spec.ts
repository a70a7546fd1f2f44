import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Query, Resolver, Subscription } from '@nestjs/graphql';
import { type Client, createClient } from 'graphql-ws';
import { admit, AuthEvents, AuthModule, bearer, type CertificateSource, CurrentUser } from 'nestjs-http-auth';
import { fromProxy, fromTls } from 'nestjs-http-auth/certificates';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { WebSocket } from 'ws';
import { start } from './support/application.js';
import { client as own, secureAdapters, server, type TestCertificate } from './support/certificates.js';
import { bearerAuthorization } from './support/client.js';
import { engines } from './support/graphql.js';

@Resolver()
class NewsResolver {
  @Query(() => String)
  me(@CurrentUser() user: string) {
    return user;
  }

  @Subscription(() => String)
  async *mine(@CurrentUser() user: string) {
    yield { mine: user };
  }
}

/** A token that is bound to the certificate of the client, and a token that is not bound. */
const tokens: Record<string, () => unknown> = {
  bound: () => admit('alice', { confirmation: { 'x5t#S256': own.thumbprint } }),
  free: () => 'alice',
};

const clients: Client[] = [];

afterEach(async () => {
  for (const one of clients.splice(0)) await one.dispose();
});

interface Connect {
  certificate?: TestCertificate | undefined;
  params?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** Opens a connection over TLS, and returns the values of a query and a subscription, or the close event. */
async function results(app: INestApplication, { certificate, params, headers = {} }: Connect): Promise<unknown[]> {
  const pair = certificate && { key: certificate.pem, cert: certificate.pem };
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ca: server.pem, ...pair, headers });
    }
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const client = createClient({
    url: `wss://127.0.0.1:${port}/graphql`,
    webSocketImpl: Socket,
    connectionParams: params,
    retryAttempts: 0,
    lazy: true,
  });
  clients.push(client);
  const found: unknown[] = [];
  for (const query of ['{ me }', 'subscription { mine }']) {
    await new Promise<void>((resolve) => {
      client.subscribe(
        { query },
        {
          next: ({ data, errors }) => found.push(errors ?? data),
          error: (error) => {
            const { code, reason } = error as { code: number; reason: string };
            found.push([code, reason]);
            resolve();
          },
          complete: resolve,
        },
      );
    });
  }
  return found;
}

const accepted = [{ me: 'alice' }, { mine: 'alice' }];
const refused = [
  [4403, 'Forbidden'],
  [4403, 'Forbidden'],
];

/** The engines with TLS: Express gets its settings from Nest, and Fastify from its adapter. */
const secure = engines.map(([name, engine]) => {
  const [, create] = secureAdapters[name.endsWith('Express') ? 0 : 1] as (typeof secureAdapters)[number];
  return [name, { engine, create }] as const;
});

/** How a client sends its token. */
const ways: [string, (token: string) => Connect][] = [
  ['connectionParams', (token) => ({ params: bearerAuthorization(token) })],
  ['the upgrade', (token) => ({ headers: bearerAuthorization(token) })],
];

describe.each(secure)('Certificate-bound tokens over GraphQL connections with %s', (_name, { engine, create }) => {
  const serve = (certificate?: CertificateSource) => {
    const [adapter, settings] = create();
    const verify = ({ token }: { token: string }) => tokens[token]?.() as object;
    const module = engine.module(
      engine.name === 'Apollo'
        ? { subscriptions: { 'graphql-ws': true } }
        : { subscription: { fullWsTransport: true } as object },
    );
    const schemes = [bearer(verify, certificate && { certificate })];
    const imports = [AuthModule.forRoot({ realm: 'Library', schemes }), GraphQLAuthModule, module];
    return start(adapter, { imports, providers: [NewsResolver] }, undefined, settings);
  };

  it.each(ways)('[MTLS-1] are accepted in %s with the certificate of the upgrade', async (_way, send) => {
    const app = await serve(fromTls());
    expect(await results(app, { certificate: own, ...send('bound') })).toEqual(accepted);
  });

  it.each(ways)('[MTLS-1] are refused in %s with another certificate or without one', async (_way, send) => {
    const app = await serve(fromTls());
    const messages: (string | undefined)[] = [];
    app.get(AuthEvents).on('refused', ({ message }) => void messages.push(message));
    for (const certificate of [server, undefined]) {
      expect(await results(app, { certificate, ...send('bound') })).toEqual(refused);
    }
    const [other, none] = [
      'The token is bound to another client certificate',
      'The client certificate is missing: the client has not sent one',
    ];
    // Each of the two operations opens a connection.
    expect(messages).toEqual([other, other, none, none]);
    expect(await results(app, send('free'))).toEqual(accepted);
  });

  it.each(ways)('[MTLS-4] are refused in %s if no source of certificates is configured', async (_way, send) => {
    const app = await serve();
    expect(await results(app, { certificate: own, ...send('bound') })).toEqual(refused);
  });

  it('are refused in connectionParams if only the token of the upgrade is not bound', async () => {
    const app = await serve(fromTls());
    const both = { headers: bearerAuthorization('free'), params: bearerAuthorization('bound') };
    expect(await results(app, { certificate: server, ...both })).toEqual(refused);
    expect(await results(app, { certificate: own, ...both })).toEqual(accepted);
  });

  it.each(ways)(
    '[MTLS-8] are compared in %s with the field that a proxy sends with the upgrade',
    async (_way, send) => {
      const app = await serve(fromProxy({ field: 'Client-Cert', format: 'rfc9440', trusted: ['127.0.0.1'] }));
      const fieldOf = ({ der }: TestCertificate) => ({ 'client-cert': `:${der.toString('base64')}:` });
      const { headers, ...rest } = send('bound');
      expect(await results(app, { ...rest, headers: { ...headers, ...fieldOf(own) } })).toEqual(accepted);
      expect(await results(app, { ...rest, headers: { ...headers, ...fieldOf(server) } })).toEqual(refused);
      expect(await results(app, { ...rest, headers: { ...headers } })).toEqual(refused);
      // The message of a client is not a field of the proxy.
      const forged = { ...rest.params, ...fieldOf(own), headers: fieldOf(own) };
      expect(await results(app, { params: forged, headers: { ...headers } })).toEqual(refused);
    },
  );
});
