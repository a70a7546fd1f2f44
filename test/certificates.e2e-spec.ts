import { once } from 'node:events';
import { connect } from 'node:http2';
import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, type INestApplication, Req } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { WsAdapter } from '@nestjs/platform-ws';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  admit,
  apiKey,
  type AuthEvent,
  AuthEvents,
  type AuthInfo,
  AuthModule,
  type AuthModuleOptions,
  bearer,
  type BearerOptions,
  type CertificateSource,
  CurrentAuth,
  CurrentUser,
  type HttpRequest,
  parseChallenges,
  protect,
  type SchemeDefinition,
  type VerifierContext,
} from 'nestjs-http-auth';
import { fromTls, type TlsOptions } from 'nestjs-http-auth/certificates';
import { dpop } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { dpopKey, dpopProof } from 'nestjs-http-auth/testing';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { WebSocket } from 'ws';
import { adapters, start } from './support/application.js';
import { client, secureAdapters, sendTls, server, type TestCertificate, tls } from './support/certificates.js';
import { bearerAuthorization, send } from './support/client.js';
import { Endpoint } from './support/endpoint.js';
import { audience, newKey, pemOf, sign } from './support/issuer.js';

const signing = newKey('first');
const verifier = jwt({ issuer: 'https://issuer.example', audience, key: pemOf(signing) });
const origin = 'https://api.example';
const key = dpopKey();

/** A token that is bound to the certificate of the client, unless other claims are given. */
const tokenOf = (claims: object = { cnf: { 'x5t#S256': client.thumbprint } }) => sign(signing, { ...claims });

@Controller()
class ReportsController {
  @Get('reports') list(
    @CurrentUser('sub') sub: string,
    @CurrentAuth() { scheme, confirmation }: AuthInfo,
    @Req() request: { raw?: { socket: TLSSocket }; socket: TLSSocket },
  ) {
    return { sub, scheme, confirmation, authorized: (request.raw ?? request).socket.authorized };
  }
  @Header('Cache-Control', 'public, max-age=60') @Get('shared') shared() {
    return 'shared';
  }
}

const refused = (description: string, scheme = 'Bearer') => ({
  status: 401,
  challenges: [
    expect.stringContaining(`${scheme} realm="Reports", error="invalid_token", error_description="${description}"`),
  ],
});

const otherCertificate = refused('The token is bound to another client certificate');
const noCertificate = refused('The token needs its client certificate');
const unknownBinding = refused('The token is bound to a key, and cannot be used as a bearer token');

describe.each(secureAdapters)('Certificate-bound tokens on %s', (_name, secure) => {
  const startWith = (
    schemes: readonly SchemeDefinition[],
    more: Partial<AuthModuleOptions> = {},
    prepare?: (app: INestApplication) => unknown,
  ) => {
    const [adapter, settings] = secure();
    return start(
      adapter,
      { imports: [AuthModule.forRoot({ realm: 'Reports', schemes, ...more })], controllers: [ReportsController] },
      prepare,
      settings,
    );
  };

  const application = (options: TlsOptions = {}, more?: Partial<AuthModuleOptions>) =>
    startWith([bearer(verifier, { certificate: fromTls(options) })], more);

  /** Sends a token with a certificate. */
  const ask = async (
    app: INestApplication,
    certificate: TestCertificate | undefined,
    token?: string,
    more: { path?: string; agent?: Agent; maxVersion?: 'TLSv1.2' } = {},
  ) => {
    const { path = '/reports', ...rest } = more;
    return sendTls(app, path, { certificate, headers: bearerAuthorization(token ?? (await tokenOf())), ...rest });
  };

  it.each([['TLSv1.2'], ['TLSv1.3']])('[MTLS-1] are accepted with their certificate over %s', async (version) => {
    const answer = await ask(await application(), client, undefined, {
      ...(version === 'TLSv1.2' && { maxVersion: version }),
    });
    expect([answer.status, answer.protocol, answer.json()]).toEqual([
      200,
      version,
      { sub: 'alice', scheme: 'Bearer', confirmation: { 'x5t#S256': client.thumbprint }, authorized: false },
    ]);
  });

  it.each([['TLSv1.2'], ['TLSv1.3']])(
    '[MTLS-1] are compared with the certificate of a resumed session of %s',
    async (version) => {
      const app = await application();
      const limit = version === 'TLSv1.2' ? ({ maxVersion: version } as const) : {};
      // The agent keeps sessions, but no connections.
      const agent = new Agent({ keepAlive: false, ...limit });
      const answers = [];
      for (const thumbprint of [client.thumbprint, client.thumbprint, server.thumbprint]) {
        answers.push(await ask(app, client, await tokenOf({ cnf: { 'x5t#S256': thumbprint } }), { agent, ...limit }));
      }
      expect(answers.map(({ status, isResumed }) => [status, isResumed])).toEqual([
        [200, false],
        [200, true],
        [401, true],
      ]);
      agent.destroy();
    },
  );

  it('[MTLS-1] are refused without a certificate, or with another one', async () => {
    const app = await application();
    expect(await ask(app, undefined)).toMatchObject(noCertificate);
    expect(await ask(app, server)).toMatchObject(otherCertificate);
  });

  it('[MTLS-1] are refused at a server that does not use TLS or does not ask for certificates', async () => {
    const [adapter, settings] = secure();
    const silent = { key: server.pem, cert: server.pem };
    const imports = [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier, { certificate: fromTls() })] })];
    const app = await start(
      adapter instanceof FastifyAdapter ? new FastifyAdapter({ https: silent }) : adapter,
      { imports, controllers: [ReportsController] },
      undefined,
      'httpsOptions' in settings ? { httpsOptions: silent } : {},
    );
    expect(await ask(app, client)).toMatchObject(noCertificate);
  });

  it.each<[string, unknown]>([
    ['in base64url with padding', `${client.thumbprint}=`],
    ['in base64', Buffer.from(client.thumbprint, 'base64url').toString('base64')],
    ['in hex', Buffer.from(client.thumbprint, 'base64url').toString('hex')],
    ['in upper case', client.thumbprint.toUpperCase()],
    ['in a list', [client.thumbprint]],
    ['that is empty', ''],
    ['that is null', null],
    ['that is a number', 1],
  ])('[MTLS-2] are refused with a thumbprint %s', async (_form, thumbprint) => {
    const answer = await ask(await application(), client, await tokenOf({ cnf: { 'x5t#S256': thumbprint } }));
    expect(answer).toMatchObject(otherCertificate);
  });

  it('[MTLS-3] are refused and accepted by cnf of an introspection response', async () => {
    const endpoint = await Endpoint.start(({ form }) => ({
      active: true,
      sub: 'alice',
      token_type: 'Bearer',
      cnf: { 'x5t#S256': form.get('token') === 'mine' ? client.thumbprint : server.thumbprint },
    }));
    const tokens = introspection({ endpoint: endpoint.url, clientId: 'a', clientSecret: 'b', audience: null });
    const app = await startWith([bearer(tokens, { certificate: fromTls() })]);
    // The second request is answered from the cache of tokens.
    for (const certificate of [client, client]) {
      expect(await ask(app, certificate, 'mine')).toMatchObject({ status: 200 });
      expect(await ask(app, undefined, 'mine')).toMatchObject(noCertificate);
      expect(await ask(app, certificate, 'other')).toMatchObject(otherCertificate);
    }
    expect(endpoint.asked).toHaveLength(2);
  });

  it('[MTLS-4] are refused if no source of certificates is configured', async () => {
    const app = await startWith([bearer(verifier), apiKey(verifier, { header: 'X-Key' })]);
    expect(await ask(app, client)).toMatchObject({ status: 401 });
    const byKey = await sendTls(app, '/reports', { certificate: client, headers: { 'x-key': await tokenOf() } });
    expect(byKey.status).toBe(401);
    expect(await ask(app, client, await tokenOf({}))).toMatchObject({ status: 200 });
  });

  it('[MTLS-5] need the key of DPoP as well if they are bound to it', async () => {
    const app = await startWith([
      dpop(verifier, { origin, certificate: fromTls() }),
      bearer(verifier, { certificate: fromTls() }),
    ]);
    const token = await tokenOf({ cnf: { 'x5t#S256': client.thumbprint, jkt: key.jkt } });
    const askWith = async (certificate: TestCertificate | undefined, own = key, jwtOf = token) =>
      sendTls(app, '/reports', {
        certificate,
        headers: {
          authorization: `DPoP ${jwtOf}`,
          dpop: dpopProof({ key: own, url: `${origin}/reports`, token: jwtOf }),
        },
      });
    expect(await askWith(client)).toMatchObject({ status: 200 });
    const errorOf = ({ status, challenges }: { status: number; challenges: string[] }) => [
      status,
      parseChallenges(challenges)?.map(({ scheme, params }) => [
        scheme,
        params?.['error'],
        params?.['error_description'],
      ]),
    ];
    const dpopError = (description: string) => [
      401,
      [
        ['DPoP', 'invalid_token', description],
        ['Bearer', undefined, undefined],
      ],
    ];
    expect(errorOf(await askWith(undefined))).toEqual(dpopError('The token needs its client certificate'));
    expect(errorOf(await askWith(server))).toEqual(dpopError('The token is bound to another client certificate'));
    expect(errorOf(await askWith(client, dpopKey()))).toEqual(dpopError('The token is bound to another key'));
    const alone = await tokenOf();
    expect(errorOf(await askWith(client, key, alone))).toEqual(dpopError('The token is not bound to a key of DPoP'));
    // RFC 9449 section 7.2: the certificate does not replace the proof.
    expect((await ask(app, client, token)).status).toBe(401);
    expect((await ask(app, client)).status).toBe(200);
  });

  it('[MTLS-5] are refused by dpop() without a source of certificates', async () => {
    const app = await startWith([dpop(verifier, { origin })]);
    const token = await tokenOf({ cnf: { 'x5t#S256': client.thumbprint, jkt: key.jkt } });
    const headers = { authorization: `DPoP ${token}`, dpop: dpopProof({ key, url: `${origin}/reports`, token }) };
    expect(await sendTls(app, '/reports', { certificate: client, headers })).toMatchObject(
      refused('The token is bound to a client certificate as well', 'DPoP'),
    );
  });

  it('[MTLS-6] are accepted with a certificate that no authority has issued', async () => {
    const answer = await ask(await application(), client);
    expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ authorized: false })]);
  });

  it('[MTLS-7] are in the metadata of the resource if a scheme checks certificates', async () => {
    const resource = { url: origin, authorizationServers: ['https://issuer.example'] };
    const metadataOf = async (schemes: SchemeDefinition[]) =>
      (await sendTls(await startWith(schemes, { resource }), '/.well-known/oauth-protected-resource')).json();
    const supported = { tls_client_certificate_bound_access_tokens: true };
    const certificate = fromTls();
    expect(await metadataOf([bearer(verifier, { certificate })])).toMatchObject(supported);
    expect(await metadataOf([dpop(verifier, { certificate })])).toMatchObject(supported);
    expect(await metadataOf([bearer(verifier), dpop(verifier)])).not.toMatchObject(supported);
  });

  it.each(['/reports', '/shared'])('[MTLS-9] cause a response that no cache stores at %s', async (path) => {
    const app = await application();
    const cacheControlOf = async (certificate: TestCertificate | undefined, token?: string) =>
      (await ask(app, certificate, token, { path })).headers['cache-control'];
    expect(await cacheControlOf(client)).toBe('no-store');
    expect(await cacheControlOf(undefined)).toBe('no-store');
    expect(await cacheControlOf(server)).toBe('no-store');
    // The response to a token that is not bound does not depend on the certificate.
    expect(await cacheControlOf(client, await tokenOf({}))).toBe(
      path === '/shared' ? 'public, max-age=60' : 'private, no-cache',
    );
  });

  it('[MTLS-9] cause a response that no cache stores if the application is a proxy', async () => {
    const app = await application({}, { proxy: true });
    const headers = { 'proxy-authorization': `Bearer ${await tokenOf()}` };
    for (const [certificate, status] of [
      [client, 200],
      [server, 407],
    ] as const) {
      const answer = await sendTls(app, '/reports', { certificate, headers });
      expect([answer.status, answer.headers['cache-control']]).toEqual([status, 'no-store']);
    }
  });

  it('are one kind of tokens, unless the source has required: true', async () => {
    expect(await ask(await application(), undefined, await tokenOf({}))).toMatchObject({ status: 200 });
    const strict = await application({ required: true });
    expect(await ask(strict, client, await tokenOf({}))).toMatchObject(
      refused('The token is not bound to a client certificate'),
    );
    expect(await ask(strict, client)).toMatchObject({ status: 200 });
  });

  it.each<[string, unknown]>([
    ['a JWK', { jwk: {} }],
    ['an unknown member', { 'x5t#S512': client.thumbprint }],
    ['nothing', {}],
    ['a string', client.thumbprint],
    ['null', null],
    ['the key of DPoP', { jkt: key.jkt }],
    ['the key of DPoP in addition to the certificate', { 'x5t#S256': client.thumbprint, jkt: null }],
  ])('are refused if cnf has %s', async (_what, cnf) => {
    expect(await ask(await application(), client, await tokenOf({ cnf }))).toMatchObject(unknownBinding);
  });

  it('are accepted if cnf has other members in addition to the thumbprint', async () => {
    const token = await tokenOf({ cnf: { 'x5t#S256': client.thumbprint, 'x5t#S512': 'a' } });
    expect(await ask(await application(), client, token)).toMatchObject({ status: 200 });
  });

  it('stay bound if a verifier of the application replaces the result of jwt()', async () => {
    type Wrapped = (token: string, request: HttpRequest, context: VerifierContext) => unknown;
    const wrapped = (wrap: Wrapped): SchemeDefinition =>
      bearer(({ token }, request, context) => wrap(token, request, context) as object, { certificate: fromTls() });
    const replaced = await startWith([
      wrapped(async (token, request, context) => {
        await verifier({ token }, request, context);
        return admit({ sub: 'bob' }, { scopes: [] });
      }),
    ]);
    expect(await ask(replaced, client)).toMatchObject({ status: 200 });
    expect(await ask(replaced, server)).toMatchObject(otherCertificate);
    const overridden = await startWith([
      wrapped(async (token, request, context) => {
        await verifier({ token }, request, context);
        return admit({ sub: 'bob' }, { confirmation: { 'x5t#S256': server.thumbprint } });
      }),
    ]);
    for (const certificate of [client, server]) {
      expect(await ask(overridden, certificate)).toMatchObject(otherCertificate);
    }
  });

  it('are refused with required: true or senderConstrained if a cache of the application loses the binding', async () => {
    const startCached = (options?: TlsOptions) => {
      const users = new Map<string, object>();
      const cached = async (...[credentials, request, context]: Parameters<typeof verifier>) => {
        const user = users.get(credentials.token) ?? (await verifier(credentials, request, context)).principal;
        users.set(credentials.token, user);
        return user;
      };
      return startWith([bearer(cached, { certificate: fromTls(options) })], {}, (app) =>
        protect(app, '/files', { senderConstrained: true }),
      );
    };
    const token = await tokenOf();
    const strict = await startCached({ required: true });
    expect(await ask(strict, client, token)).toMatchObject({ status: 200 });
    const unbound = refused('The token is not bound to a client certificate');
    for (const certificate of [client, server]) expect(await ask(strict, certificate, token)).toMatchObject(unbound);
    const loose = await startCached();
    expect(await ask(loose, client, token)).toMatchObject({ status: 200 });
    expect(await ask(loose, server, token, { path: '/files/a' })).toMatchObject(
      refused('The route requires a token that is bound to a key or a certificate of the client'),
    );
  });

  it('are checked before other code on a protected path', async () => {
    const app = await startWith([bearer(verifier, { certificate: fromTls() })], {}, (one) => protect(one, '/files'));
    expect((await ask(app, client, undefined, { path: '/files/a' })).status).toBe(404);
    expect(await ask(app, server, undefined, { path: '/files/a' })).toMatchObject(otherCertificate);
  });

  it('cause events that name the reason, without the thumbprints', async () => {
    const app = await application();
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    await ask(app, undefined);
    await ask(app, server);
    expect(events).toMatchObject([
      { reason: 'invalid', message: 'The client certificate is missing: the client has not sent one' },
      { reason: 'invalid', message: 'The token is bound to another client certificate' },
    ]);
    for (const { thumbprint } of [client, server]) expect(JSON.stringify(events)).not.toContain(thumbprint);
  });

  it('cause a 500 if a source of the application throws, and 401 if it returns no string', async () => {
    const withSource = (find: () => unknown) =>
      startWith([bearer(verifier, { certificate: { find } as CertificateSource })]);
    const failing = await withSource(() => {
      throw new Error('broken');
    });
    expect(await ask(failing, client)).toMatchObject({ status: 500, challenges: [] });
    expect(await ask(await withSource(() => ({ thumbprint: undefined })), client)).toMatchObject(otherCertificate);
    expect(await ask(await withSource(() => ({ thumbprint: client.thumbprint })), undefined)).toMatchObject({
      status: 200,
    });
  });
});

describe.each(adapters)('Certificate-bound tokens without TLS on %s', (_name, adapter) => {
  it('[MTLS-1] are refused, and the event tells the reason', async () => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier, { certificate: fromTls() })] })],
      controllers: [ReportsController],
    });
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    expect(await send(app, '/reports', { headers: bearerAuthorization(await tokenOf()) })).toMatchObject(noCertificate);
    expect(events).toMatchObject([{ message: 'The client certificate is missing: the connection does not use TLS' }]);
  });

  it.each<[string, Partial<BearerOptions>]>([
    ['a function', { certificate: (() => undefined) as never }],
    ['true', { certificate: true as never }],
    ['null', { certificate: null as never }],
  ])('stop the startup if the option certificate is %s', async (_what, options) => {
    for (const scheme of [bearer(verifier, options), dpop(verifier, { origin, ...(options as object) })]) {
      const started = start(adapter(), { imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [scheme] })] });
      await expect(started).rejects.toThrow(
        /^(?:bearer|dpop)\(\): certificate must be a source of certificates; write fromTls\(\) or fromProxy\(…\)/,
      );
    }
  });

  it('are described in an OpenAPI document', async () => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier, { certificate: fromTls() })] })],
      controllers: [ReportsController],
    });
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes?.['bearer']).toEqual({
      type: 'http',
      scheme: 'bearer',
      description: 'A token that is bound to a client certificate needs that certificate (RFC 8705)',
    });
  });
});

describe('Certificate-bound tokens over HTTP/2 on Fastify', () => {
  it('[MTLS-1] are compared with the certificate of the connection', async () => {
    const app = await start(new FastifyAdapter({ http2: true, https: tls } as never), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier, { certificate: fromTls() })] })],
      controllers: [ReportsController],
    });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const statusWith = async (own: TestCertificate) => {
      const session = connect(`https://127.0.0.1:${port}`, { ca: server.pem, key: own.pem, cert: own.pem });
      const stream = session.request({ ':path': '/shared', ...bearerAuthorization(await tokenOf()) });
      const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
      stream.resume();
      session.close();
      return headers[':status'];
    };
    expect([await statusWith(client), await statusWith(server)]).toEqual([200, 401]);
  });
});

@WebSocketGateway({ path: '/ws' })
class ChatGateway {}

describe.each(secureAdapters)('Certificate-bound tokens of WebSockets on %s', (_name, secure) => {
  it('[MTLS-1] are compared with the certificate of the upgrade', async () => {
    const [adapter, settings] = secure();
    const app = await start(
      adapter,
      {
        imports: [
          AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier, { certificate: fromTls() })] }),
          WebSocketAuthModule.forRoot(),
        ],
        providers: [ChatGateway],
      },
      (one) => one.useWebSocketAdapter(new WsAdapter(one)),
      settings,
    );
    const { port } = app.getHttpServer().address() as AddressInfo;
    const statusWith = async (own: TestCertificate) => {
      const headers = bearerAuthorization(await tokenOf());
      const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, {
        ca: server.pem,
        key: own.pem,
        cert: own.pem,
        headers,
      });
      return new Promise<number | undefined>((resolve, reject) => {
        socket.on('open', () => {
          socket.terminate();
          resolve(101);
        });
        socket.on('unexpected-response', (_request, response) => {
          response.destroy();
          resolve(response.statusCode);
        });
        socket.on('error', reject);
      });
    };
    expect([await statusWith(client), await statusWith(server)]).toEqual([101, 401]);
  });
});
