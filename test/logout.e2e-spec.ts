import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, ForbiddenException, Get, Injectable, Module, VersioningType } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { type JWTHeaderParameters, type JWTPayload, UnsecuredJWT } from 'jose';
import { map, type Observable } from 'rxjs';
import {
  anyOf,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  protect,
  RouteReport,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { jwt, type JwtOptions } from 'nestjs-http-auth/jwt';
import { type BackChannelLogoutOptions, BackChannelLogoutModule, type Logout } from 'nestjs-http-auth/logout';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { audience, Issuer, newKey, now, sign, type SigningKey } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

@Controller()
class ReportsController {
  @Get('me') me() {}
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
const form = 'application/x-www-form-urlencoded';
const path = '/backchannel-logout';
const authorizationServers = ['https://login.example'];

let issuer: Issuer;
let count = 0;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

/** Returns a logout token. `undefined` removes a claim. */
function logoutToken(claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}, key?: SigningKey) {
  const all = {
    iss: issuer.url,
    aud: 'web',
    iat: now(),
    exp: now() + 120,
    jti: `logout ${count++}`,
    sub: undefined,
    sid: 'one',
    events: { [event]: {} },
    ...claims,
  };
  return sign(key ?? (issuer.keys.at(-1) as SigningKey), all, { typ: 'logout+jwt', ...header });
}

const accessToken = (claims: JWTPayload = {}) => issuer.token({ iat: now() - 10, sid: 'one', ...claims });

const bodyOf = (token: string) => new URLSearchParams({ logout_token: token }).toString();

describe.each(adapters)('The endpoint for back-channel logout on %s', (_name, create) => {
  interface Setup {
    jwt?: Partial<JwtOptions>;
    logout?: Partial<BackChannelLogoutOptions> & { path?: string };
    auth?: Partial<AuthModuleOptions>;
    providers?: object[];
    prepare?: Parameters<typeof start>[2];
  }

  async function application({ jwt: more, logout, auth, providers = [], prepare }: Setup = {}) {
    const logouts: Logout[] = [];
    const logger = new RecordingLogger();
    const verifier = jwt({ issuer: issuer.url, audience, revocation: { maxTokenAge: '1h' }, ...more });
    const app = await start(
      create(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)], ...auth }),
          BackChannelLogoutModule.forRoot({
            verifier,
            clientId: 'web',
            onLogout: (one) => void logouts.push(one),
            ...logout,
          }),
        ],
        controllers: [ReportsController],
        providers: providers as never[],
      },
      prepare,
      { logger },
    );
    const post = (body: string, type = form, to = path) =>
      send(app, to, { method: 'POST', headers: { 'content-type': type }, body });
    const end = async (token: string | Promise<string>) => post(bodyOf(await token));
    const status = async (token: string) => (await send(app, '/me', { headers: bearerAuthorization(token) })).status;
    return { app, verifier, logouts, logger, post, end, status };
  }

  it('responds with 200 and no-store to a logout token, and revokes the tokens of the session (section 2.8)', async () => {
    const { end, status, logouts } = await application();
    const [one, other] = [await accessToken(), await accessToken({ sid: 'two' })];
    expect([await status(one), await status(other)]).toEqual([200, 200]);
    const answer = await end(logoutToken({ sub: 'alice' }));
    expect([answer.status, answer.headers['cache-control'], answer.challenges]).toEqual([200, 'no-store', []]);
    expect(logouts).toEqual([{ iss: issuer.url, sub: 'alice', sid: 'one' }]);
    expect([await status(one), await status(other), await status(await accessToken({ sid: undefined }))]).toEqual([
      401, 200, 401,
    ]);
  });

  it('responds with 400, no-store and the reason to a token that is not valid (section 2.8)', async () => {
    const { end, status, logouts } = await application();
    const answer = await end(logoutToken({ nonce: 'n' }));
    expect([answer.status, answer.headers['cache-control'], answer.json()]).toEqual([
      400,
      'no-store',
      { error: 'invalid_request', error_description: 'nonce is not allowed' },
    ]);
    const foreign = await end(logoutToken({ iss: 'https://other.example' }));
    expect([foreign.status, foreign.json()]).toMatchObject([400, { error_description: 'iss is not trusted' }]);
    expect([logouts, await status(await accessToken())]).toEqual([[], 200]);
  });

  it('refuses a forged token, a token without a signature, and strings that are not a JWT (section 2.6 steps 2 and 3)', async () => {
    const { end, logouts } = await application();
    const claims = { iss: issuer.url, aud: 'web', jti: 'x', sid: 'one', events: { [event]: {} } };
    const unsigned = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('2m').encode();
    const answers = [await end(logoutToken({}, {}, newKey('first'))), await end(unsigned), await end('a.b.c.d.e')];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(answers.map(({ json }) => (json() as { error_description: string }).error_description)).toEqual([
      'The signature of the token cannot be verified',
      'The algorithm of the token is not allowed',
      'The token is not a valid JWT',
    ]);
    expect(logouts).toEqual([]);
  });

  it('refuses a token that was used before (section 2.6 step 8), unless the first logout failed', async () => {
    let fails = true;
    const { end, logger } = await application({
      logout: {
        onLogout: () => {
          if (fails) throw new Error('sessions: no connection');
        },
      },
    });
    const token = await logoutToken();
    const failed = await end(token);
    // Section 2.8: 400 also if the logout fails.
    expect([failed.status, failed.json()]).toEqual([
      400,
      { error: 'server_error', error_description: 'the logout failed; try again' },
    ]);
    expect(logger.text()).toContain('sessions: no connection');
    fails = false;
    expect((await end(token)).status).toBe(200);
    expect((await end(token)).json()).toMatchObject({ error_description: 'the token was used before' });
    expect(logger.text()).not.toContain(token);
  });

  it('responds with 400 if onLogout never settles, and accepts the token again', async () => {
    let hangs = true;
    const { end, status, logger } = await application({
      auth: { verifierTimeout: 50 },
      logout: { onLogout: () => (hangs ? new Promise<void>(() => {}) : undefined) },
    });
    const [token, revoked] = [await logoutToken(), await accessToken()];
    const answer = await end(token);
    expect([answer.status, answer.headers['cache-control'], answer.json()]).toMatchObject([
      400,
      'no-store',
      { error: 'server_error' },
    ]);
    expect([await status(revoked), logger.text().includes('onLogout did not settle in time')]).toEqual([401, true]);
    hangs = false;
    expect((await end(token)).status).toBe(200);
  });

  it.each<[string, string, (body: string) => Promise<never>]>([
    ['never settles', 'issuers did not settle in time', () => new Promise(() => {})],
    [
      'throws an error with the token',
      'cannot read {"logout_token":"[redacted]"}',
      (body) => Promise.reject(new Error(`cannot read ${body}`)),
    ],
  ])('responds with 400 and logs no token if the function of the issuers %s', async (_what, line, issuers) => {
    const verifier = jwt({
      issuers: ({ body }) => issuers(JSON.stringify(body)),
      revocation: { maxTokenAge: '1h' },
    });
    const { end, logger } = await application({
      auth: { verifierTimeout: 50, schemes: [bearer(verifier)] },
      logout: { verifier },
    });
    const token = await logoutToken();
    expect((await end(token)).json()).toMatchObject({ error: 'server_error' });
    expect(logger.text()).toContain(line);
    expect(logger.text()).not.toContain(token);
  });

  it.each([undefined, 'id_token'] as const)(
    'does not accept a logout token as credentials if it has the type of other JWTs, with the profile %s',
    async (profile) => {
      const { status } = await application({ jwt: { ...(profile && { profile }) } });
      const claims = { aud: audience, sub: 'alice' };
      const types = ['JWT', undefined].map((typ) => ({ typ }));
      const tokens = await Promise.all(types.map((header) => logoutToken(claims, header)));
      expect(await Promise.all(tokens.map(status))).toEqual([401, 401]);
      expect(await status(await logoutToken({ ...claims, events: undefined }, { typ: 'JWT' }))).toBe(200);
    },
  );

  it('accepts a token once if it arrives twice at the same time', async () => {
    const { end, logouts } = await application();
    const token = await logoutToken();
    const answers = await Promise.all([end(token), end(token)]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '400']);
    expect(logouts).toHaveLength(1);
  });

  it.each<[string, (token: string) => [body: string, type?: string]]>([
    ['JSON', (token) => [JSON.stringify({ logout_token: token }), 'application/json']],
    ['a token that is given twice', (token) => [`${bodyOf(token)}&${bodyOf(token)}`]],
    ['an empty form', () => ['']],
    ['an empty token', () => ['logout_token=']],
    ['a parameter with another name', (token) => [`logout_token[a]=${token}`]],
  ])('refuses %s (section 2.5)', async (_what, bodyFor) => {
    const { post, logouts } = await application();
    const answer = await post(...bodyFor(await logoutToken()));
    expect([answer.status, answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    expect(logouts).toEqual([]);
  });

  it('logs each kind of refusal and failure at most once a minute', async () => {
    const { post, end, logger } = await application({
      logout: {
        onLogout: () => {
          throw new Error('sessions: no connection');
        },
      },
    });
    for (let index = 0; index < 5; index++) {
      await post('logout_token=a.b.c');
      await post('{}', 'application/json');
      await end(logoutToken());
    }
    const linesWith = (text: string) => logger.text().split(text).length - 1;
    expect(
      ['A logout token is refused', 'is not a valid JWT', 'content type', 'A logout failed'].map(linesWith),
    ).toEqual([2, 1, 1, 1]);
  });

  it('responds with 400 if the keys of the issuer cannot be fetched (section 2.8)', async () => {
    const down = 'http://127.0.0.1:1';
    const { end, logger } = await application({ jwt: { issuer: down } });
    const answer = await end(logoutToken({ iss: down }));
    expect([answer.status, answer.json()]).toMatchObject([400, { error: 'server_error' }]);
    expect(logger.text()).toContain('A logout failed');
  });

  it('is not changed by the prefix, the versions, the pipes and the interceptors of the application, and is in no protected path', async () => {
    @Injectable()
    class Wrapper {
      intercept(_context: unknown, next: { handle(): Observable<unknown> }) {
        return next.handle().pipe(map((data) => ({ data })));
      }
    }
    const { post } = await application({
      logout: { path: 'oidc/logout' },
      providers: [{ provide: APP_INTERCEPTOR, useClass: Wrapper }],
      prepare: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        app.useGlobalPipes({
          transform() {
            throw new ForbiddenException();
          },
        });
        protect(app, { except: ['/api/oidc/logout'] } as never);
      },
    });
    const answer = await post(bodyOf(await logoutToken()), form, '/api/oidc/logout');
    expect([answer.status, answer.body]).toEqual([200, '{}']);
  });

  it.each<[string, Partial<AuthModuleOptions>]>([
    ['the guard runs on some routes only', { globalGuard: false }],
    ['the guard runs before the body arrives', { early: true }],
    ['the application is a resource', { resource: { url: 'https://api.example', authorizationServers } }],
    ['a path above it is a resource', { resource: [{ url: 'https://api.example/oidc', authorizationServers }] }],
    ['it is a resource', { resource: [{ url: 'https://api.example/oidc/logout', authorizationServers }] }],
    [
      'other paths are resources',
      { resource: ['a', 'b'].map((one) => ({ url: `https://api.example/${one}`, authorizationServers })) },
    ],
  ])('accepts a logout token without credentials if %s', async (_what, auth) => {
    const { post, logouts } = await application({ auth, logout: { path: 'oidc/logout' } });
    const answers = [await post(bodyOf(await logoutToken()), form, '/oidc/logout')];
    expect(answers.map(({ status, challenges }) => [status, challenges])).toEqual([[200, []]]);
    expect(logouts).toHaveLength(1);
  });

  it('has one path', async () => {
    const { app, post } = await application({
      logout: { path: '/oidc/logout' },
      prepare: (one) => {
        one.setGlobalPrefix('api');
        one.enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'], prefix: 'v' });
      },
    });
    const routes = app.get(RouteReport).routes();
    expect(routes.filter(({ controller }) => controller.includes('Logout'))).toMatchObject([
      { method: 'POST', path: '/api/oidc/logout', access: 'public' },
    ]);
    const others = ['/oidc/logout', '/api/v1/oidc/logout', '/v1/oidc/logout', '/api/oidc/logout/x', '/api/oidc'];
    for (const other of others) expect((await post(bodyOf(await logoutToken()), form, other)).status).toBe(404);
  });

  it.each(['/', '/api', '/api/oidc/logout'])('stops the startup if protect(%s) closes it', async (closed) => {
    await expect(
      application({
        logout: { path: '/oidc/logout' },
        prepare: (app) => {
          app.setGlobalPrefix('api');
          protect(app, closed);
        },
      }),
    ).rejects.toMatchObject({
      code: 'ERR_AUTH_LOGOUT_OPTION',
      message:
        `BackChannelLogoutModule: protect('${closed}') requires credentials for POST /api/oidc/logout, which the issuer does not have; ` +
        "add except: ['/api/oidc/logout'] to protect()",
    });
  });

  it('starts if protect() accepts requests without credentials', async () => {
    const { end, logouts } = await application({ prepare: (app) => protect(app, { access: 'optional' }) });
    expect([(await end(logoutToken())).status, logouts.length]).toEqual([200, 1]);
  });

  it('gets its options from a factory with providers', async () => {
    const closed: Logout[] = [];
    @Injectable()
    class Connections {
      close(logout: Logout) {
        closed.push(logout);
      }
    }
    @Module({ providers: [Connections], exports: [Connections] })
    class ConnectionsModule {}
    const verifier = jwt({ issuer: issuer.url, audience, revocation: { maxTokenAge: '1h' } });
    const app = await start(create(), {
      imports: [
        AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] as [SchemeDefinition] }),
        BackChannelLogoutModule.forRootAsync({
          path: 'logout',
          imports: [ConnectionsModule],
          inject: [Connections],
          useFactory: (connections: Connections) => ({
            verifier,
            clientId: ['web'],
            onLogout: (logout) => connections.close(logout),
          }),
        }),
      ],
    });
    const body = bodyOf(await logoutToken());
    const answer = await send(app, '/logout', { method: 'POST', headers: { 'content-type': form }, body });
    expect([answer.status, closed]).toEqual([200, [{ iss: issuer.url, sid: 'one' }]]);
  });
});

describe.each(adapters)('The verifier of BackChannelLogoutModule on %s', (_name, create) => {
  const options = { issuer: 'https://issuer.example', audience, secret: 'a secret of thirty-two characters' };
  const list = () => jwt({ ...options, revocation: { maxTokenAge: '1h' } });

  async function startWith(schemes: (verifier: ReturnType<typeof list>) => SchemeDefinition[], verifier = list()) {
    await start(create(), {
      imports: [
        AuthModule.forRoot({ realm: 'Staging', schemes: schemes(verifier) }),
        BackChannelLogoutModule.forRoot({ verifier, clientId: 'web' }),
      ],
    });
  }

  it.each<[string, SchemeDefinition[]]>([
    ['another verifier of jwt()', [bearer(list())]],
    ['other verifiers of jwt(), and Basic', [bearer(anyOf(list(), list())), basic(() => null)]],
    ['Basic', [basic(() => null)]],
  ])('stops the startup if the schemes have only %s', async (_what, schemes) => {
    await expect(startWith(() => schemes)).rejects.toMatchObject({
      code: 'ERR_AUTH_LOGOUT_OPTION',
      message:
        'BackChannelLogoutModule: verifier belongs to no scheme, so a logout would have no effect; ' +
        'pass the same verifier to bearer() or to another scheme of AuthModule',
    });
  });

  it.each<[string, (verifier: ReturnType<typeof list>) => SchemeDefinition[]]>([
    ['directly', (verifier) => [bearer(verifier)]],
    ['as a part of another verifier', (verifier) => [basic(() => null), bearer(anyOf(list(), verifier))]],
    ['in a function', (verifier) => [bearer(async (...args) => verifier(...args))]],
    ['of a scheme for some routes', (verifier) => [basic(() => null), bearer(verifier, { name: 'web' })]],
  ])('may belong to a scheme %s', async (_how, schemes) => {
    await expect(startWith(schemes)).resolves.toBeUndefined();
  });
});

describe('The options of BackChannelLogoutModule', () => {
  const issuerOptions = { issuer: 'https://issuer.example', audience, secret: 'a secret of thirty-two characters' };
  const verifier = jwt({ ...issuerOptions, revocation: { maxTokenAge: '1h' } });
  const valid = { verifier, clientId: 'web' };

  it.each<[string, object]>([
    ['verifier must be what jwt() returns', { verifier: () => null }],
    ['verifier has no list of revoked tokens', { verifier: jwt(issuerOptions) }],
    ['clientId must be the client_id', { clientId: '' }],
    ['clientId must be the client_id', { clientId: [] }],
    ['onLogout must be a function', { onLogout: true }],
    ['onLogout is undefined', { onLogout: undefined }],
    ['clientId is undefined', { clientId: undefined }],
    ['verifier is undefined', { verifier: undefined }],
    ['path must be a path without parameters', { path: 'logout/:id' }],
    ['path must be a path without parameters', { path: '../logout' }],
    ['path must be a path without parameters', { path: 'a/./logout' }],
    ['path must be a path without parameters', { path: ['logout', 'other'] }],
    ['audience is not an option; the options are verifier, clientId, onLogout', { audience: 'web' }],
  ])('stop the startup if they are invalid: %s', (message, wrong) => {
    const create = () => BackChannelLogoutModule.forRoot({ ...valid, ...wrong });
    expect(create).toThrow(`BackChannelLogoutModule: ${message}`);
    expect(() => BackChannelLogoutModule.forRoot(valid)).not.toThrow();
  });
});
