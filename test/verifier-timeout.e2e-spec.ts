import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Scope, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import passport from 'passport';
import {
  apiKey,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  HttpAuthGuard,
  passportStrategy,
  protect,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { passwords } from 'nestjs-http-auth/passwords';
import { token, tokens } from 'nestjs-http-auth/tokens';
import jsonwebtoken from 'jsonwebtoken';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

/** A promise that never settles. */
const never = () => new Promise<never>(() => undefined);

@Injectable()
class SilentVerifier {
  verify = never;
}

@Injectable({ scope: Scope.REQUEST })
class SilentRequestVerifier {
  verify = never;
}

@Controller()
class MeController {
  @Get() me() {}
}

@Controller()
class PassportController {
  @UseGuards(AuthGuard(['basic', 'bearer'])) @Get() me() {}
}

@Controller()
class RouteGuardController {
  @UseGuards(HttpAuthGuard) @Get() me() {}
}

const secret = 'a secret of thirty-two characters';
const issuer = { issuer: 'https://issuer.example', audience: 'api', secret };
const signed = jsonwebtoken.sign({}, secret, { issuer: issuer.issuer, audience: 'api', expiresIn: 60 });
const server = { endpoint: 'https://issuer.example/introspect', audience: null, clientId: 'a', clientSecret: 'b' };
const active = async () => Response.json({ active: true });

const password = basicAuthorization('alice', 'wonder:land');
const opaque = bearerAuthorization(token.create().token);
const key = { 'x-api-key': token.create().token };

const cases: [what: string, scheme: () => SchemeDefinition, headers: Record<string, string>][] = [
  ['basic()', () => basic(never), password],
  ['basic() without limits', () => basic(never, { limits: false }), password],
  ['basic() with a class', () => basic(SilentVerifier), password],
  ['basic() with a request-scoped class', () => basic(SilentRequestVerifier), password],
  ['basic() with passwords()', () => basic(passwords(never)), password],
  ['bearer()', () => bearer(never), opaque],
  ['bearer() with limits', () => bearer(never, { limits: { perAddress: 5 } }), opaque],
  ['bearer() with tokens()', () => bearer(tokens(never)), opaque],
  ['bearer() with jwt()', () => bearer(jwt({ ...issuer, principal: never })), bearerAuthorization(signed)],
  [
    'bearer() with introspection()',
    () => bearer(introspection({ ...server, fetch: active, principal: never })),
    opaque,
  ],
  ['apiKey()', () => apiKey(never), key],
  ['apiKey() with limits', () => apiKey(never, { limits: { perAddress: 5 } }), key],
  ['apiKey() with tokens()', () => apiKey(tokens(never)), key],
  ['apiKey() in Authorization', () => apiKey(never), { authorization: `ApiKey ${token.create().token}` }],
  [
    'a Passport strategy that never calls back',
    () => passportStrategy({ name: 'silent', authenticate: () => undefined }, { scheme: 'Bearer' }),
    opaque,
  ],
  [
    'a Passport strategy whose promise never settles',
    () => passportStrategy({ name: 'silent', authenticate: never }, { scheme: 'Bearer' }),
    opaque,
  ],
  ['Promise.any()', () => basic(() => Promise.any([never(), Promise.reject(new Error('down'))])), password],
];

// The module registers its schemes in the global instance, which AuthGuard uses.
afterAll(() => ['basic', 'bearer'].forEach((name) => passport.unuse(name)));

const unavailable = { status: 503, challenges: [], headers: { 'retry-after': '1' } };
const body = { message: 'Service Unavailable', statusCode: 503 };

describe.each(adapters)('A verifier that does not answer in time on %s', (_name, adapter) => {
  const application = (
    scheme: SchemeDefinition,
    controllers: (new () => object)[] = [MeController],
    options: Partial<AuthModuleOptions> = {},
    logger = new RecordingLogger(),
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [scheme], verifierTimeout: 100, ...options })],
        providers: [SilentVerifier, SilentRequestVerifier],
        controllers,
      },
      undefined,
      { logger },
    );

  it.each(cases)('causes a 503 with Retry-After: %s', async (_what, scheme, headers) => {
    const logger = new RecordingLogger();
    const app = await application(scheme(), undefined, undefined, logger);
    const events: unknown[] = [];
    for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
      app.get(AuthEvents).on(type, (event) => void events.push(event));
    }
    const answer = await send(app, '/', { headers });
    expect(answer).toMatchObject(unavailable);
    expect(answer.json()).toEqual(body);
    expect(events).toEqual([expect.objectContaining({ type: 'error', status: 503 })]);
    expect(logger.text()).toContain('The verifier did not answer in time');
  });

  it.each(cases)('causes it on a protected path, and with the guard of a route: %s', async (_what, scheme, headers) => {
    const app = await start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Staging', schemes: [scheme()], verifierTimeout: 100, globalGuard: false }),
        ],
        providers: [SilentVerifier, SilentRequestVerifier],
        controllers: [RouteGuardController],
      },
      (nest) => protect(nest, '/docs'),
    );
    expect(await send(app, '/docs', { headers })).toMatchObject(unavailable);
    expect(await send(app, '/', { headers })).toMatchObject(unavailable);
  });

  it.each(cases.filter(([what]) => /^(?:basic|bearer)/.test(what)))(
    'causes it behind AuthGuard of @nestjs/passport: %s',
    async (_what, scheme, headers) => {
      const logger = new RecordingLogger();
      const options = { globalGuard: false, passport };
      const app = await application(scheme(), [PassportController], options, logger);
      const answer = await send(app, '/', { headers });
      expect(answer).toMatchObject(unavailable);
      expect(answer.json()).toEqual(body);
      expect(logger.text()).toContain('The verifier did not answer in time');
    },
  );

  it('does not cause it if the verifier answers in time', async () => {
    const slow = () => new Promise((resolve) => setTimeout(resolve, 20, { name: 'alice' }));
    const app = await application(apiKey(slow), undefined, { verifierTimeout: 10_000 });
    expect(await send(app, '/', { headers: key })).toMatchObject({ status: 200 });
  });

  it('does not change the 500 for another error behind AuthGuard', async () => {
    const verify = () => Promise.reject(new Error('the database is down'));
    const app = await application(basic(verify), [PassportController], { globalGuard: false, passport });
    const answer = await send(app, '/', { headers: password });
    expect([answer.status, answer.json()]).toEqual([500, { message: 'Internal Server Error', statusCode: 500 }]);
    expect(answer.headers).not.toHaveProperty('retry-after');
  });

  it('ignores the answer of a verifier that comes later', async () => {
    let late: ((error: Error) => void) | undefined;
    const verify = () => new Promise((_, reject) => (late = reject));
    const app = await application(apiKey(verify));
    expect(await send(app, '/', { headers: key })).toMatchObject(unavailable);
    late?.(new Error('too late'));
    expect(await send(app, '/', { headers: key })).toMatchObject(unavailable);
  });
});
