import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  type ModuleMetadata,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import {
  admit,
  AuthConfigurationError,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  bearerChallenge,
  Failure,
  type HttpRequest,
  OptionalAuth,
  passportStrategy,
  Public,
  protect,
  Realm,
  Roles,
  type SchemeDefinition,
  Schemes,
  Scopes,
  StepUp,
  type StrategyActions,
} from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { users } from 'nestjs-http-auth/passwords';
import { token as apiToken, tokens } from 'nestjs-http-auth/tokens';
import jsonwebtoken from 'jsonwebtoken';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

const secret = 'a secret of thirty-two characters';
const issuer = 'https://issuer.example';
const audience = 'https://api.example';
const sign = (claims: object, key = secret) =>
  jsonwebtoken.sign({ iss: issuer, aud: audience, sub: 'alice', ...claims }, key, {
    algorithm: 'HS256',
    expiresIn: 300,
  });

const valid = sign({ scope: 'a' });
const forged = sign({ scope: 'a' }, 'another key of thirty-two characters');
const expired = jsonwebtoken.sign({ iss: issuer, aud: audience, exp: 1 }, secret, { algorithm: 'HS256' });

const byJwt = jwt({ issuer, audience, secret });
const goodKey = apiToken.create();
const oldKey = apiToken.create();
const byKey = tokens((hash) => {
  const stored = { principal: { name: 'alice' }, scopes: ['a'] };
  if (hash === goodKey.hash) return { ...stored, hash };
  return hash === oldKey.hash ? { ...stored, hash, expiresAt: new Date(0) } : null;
});
const byPassword = users({ alice: 'wonderland' }, { plainText: true });

/** Returns an object with a getter that throws. */
const throwing = (name: string, error: Error): object =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw error;
    },
  });

@Controller()
class MeController {
  @Get('me') me(@Req() request: { user?: unknown; authInfo?: unknown }) {
    return { user: request.user, authInfo: request.authInfo };
  }
  @OptionalAuth() @Get('optional') optional(@Req() { user }: { user?: unknown }) {
    return { user: user ?? null };
  }
  @Scopes('a') @Get('scoped') scoped(@Req() { user }: { user?: unknown }) {
    return { user };
  }
  @Roles('admin') @Get('admin') admin() {}
  @StepUp({ acrValues: ['mfa'] }) @Get('step-up') stepUp(@Req() { user }: { user?: unknown }) {
    return { user };
  }
}

describe.each(adapters)('An outcome on %s', (_name, adapter) => {
  const application = (
    schemes: readonly SchemeDefinition[],
    more: Partial<AuthModuleOptions> = {},
    metadata: ModuleMetadata = {},
  ) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes, ...more })],
      controllers: [MeController],
      ...metadata,
    });

  describe('of a Passport strategy whose validate() calls a verifier of the library', () => {
    /** A strategy that passes a cookie to a verifier, as in many applications. */
    const cookieScheme = (verify: (token: string, request: HttpRequest) => unknown) => {
      class CookieReader {
        readonly name = 'cookie';

        constructor(readonly callback: (request: unknown, done: (error: unknown, user?: unknown) => void) => void) {}

        authenticate(this: CookieReader & StrategyActions, request: unknown): void {
          this.callback(request, (error, user) => {
            if (error !== null) this.error(error);
            else if (user) this.success(user);
            else this.fail(401);
          });
        }
      }

      @Injectable()
      class CookieStrategy extends PassportStrategy(CookieReader, 'cookie') {
        validate(request: HttpRequest) {
          return verify(request.headers.cookie?.replace('sid=', '') ?? '', request);
        }
      }
      const presents = ({ headers }: HttpRequest) => headers.cookie !== undefined;
      return { scheme: passportStrategy(CookieStrategy, { scheme: 'Session', presents }), CookieStrategy };
    };
    const challenged = { status: 401, challenges: ['Session realm="Staging"'] };

    it.each([
      ['a forged JWT', forged, byJwt],
      ['an expired JWT', expired, byJwt],
      ['a string that is not a JWT', 'abc', byJwt],
      ['an expired key', oldKey.token, byKey],
      ['an unknown key', 'abc', byKey],
    ])('is a 401 with the challenge of the scheme for %s', async (_what, cookie, verify) => {
      const { scheme, CookieStrategy } = cookieScheme((token, request) => verify({ token }, request));
      const app = await application([scheme], {}, { providers: [CookieStrategy] });
      for (const path of ['/me', '/optional', '/scoped']) {
        expect(await send(app, path, { headers: { cookie: `sid=${cookie}` } })).toMatchObject(challenged);
      }
    });

    it.each([
      ['a JWT', valid, byJwt, expect.objectContaining({ sub: 'alice' })],
      ['a key', goodKey.token, byKey, { name: 'alice' }],
    ])('is an admission of the principal, with the scopes of %s', async (_what, cookie, verify, user) => {
      const { scheme, CookieStrategy } = cookieScheme((token, request) => verify({ token }, request));
      const app = await application([scheme], {}, { providers: [CookieStrategy] });
      const answer = await send(app, '/scoped', { headers: { cookie: `sid=${cookie}` } });
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ user });
    });
  });

  describe('of a verifier that composes verifiers', () => {
    const any = bearer((credentials, request) =>
      Promise.any([byJwt(credentials, request), byKey(credentials, request)]),
    );
    const renamed = bearer(async (credentials, request) => {
      const admission = await byJwt(credentials, request);
      if (!admission) return null;
      return { name: 'x' };
    });
    const spread = bearer(async (credentials, request) =>
      Object.assign({ role: 'user' }, await byKey(credentials, request)),
    );
    const viaPassword = basic(async (credentials, request) => ({
      ...(await byPassword(credentials, request)),
      role: 'user',
    }));

    it.each([
      ['Promise.any() tries both verifiers', any, bearerAuthorization(forged)],
      ['the verifier checks the result with if', renamed, bearerAuthorization(forged)],
      ['the verifier copies the result with Object.assign()', spread, bearerAuthorization(oldKey.token)],
      ['the verifier spreads the result', viaPassword, basicAuthorization('alice', 'wrong')],
    ])('is a 401 for invalid credentials if %s', async (_how, scheme, headers) => {
      const app = await application([scheme]);
      for (const path of ['/me', '/optional']) expect((await send(app, path, { headers })).status).toBe(401);
    });

    it.each([
      ['the first verifier of Promise.any() accepts them', any, bearerAuthorization(valid)],
      ['the second verifier of Promise.any() accepts them', any, bearerAuthorization(goodKey.token)],
      ['the verifier checks the result with if', renamed, bearerAuthorization(valid)],
      ['the verifier copies the result with Object.assign()', spread, bearerAuthorization(goodKey.token)],
      ['the verifier spreads the result', viaPassword, basicAuthorization('alice', 'wonderland')],
    ])('is a 200 for valid credentials if %s', async (_how, scheme, headers) => {
      expect((await send(await application([scheme]), '/me', { headers })).status).toBe(200);
    });

    it('has the error_description of the first rejection if all verifiers reject the token', async () => {
      const app = await application([any]);
      const { challenges } = await send(app, '/me', { headers: bearerAuthorization(expired) });
      expect(challenges).toEqual([
        'Bearer realm="Staging", error="invalid_token", error_description="The token has expired"',
      ]);
    });

    it('is a 500 if one verifier rejects the token and another one fails', async () => {
      const scheme = bearer((credentials, request) =>
        Promise.any([byJwt(credentials, request), Promise.reject(new Error('the store is down'))]),
      );
      const answer = await send(await application([scheme]), '/me', { headers: bearerAuthorization(forged) });
      expect(answer.status).toBe(500);
      expect(answer.body).not.toContain('store');
    });
  });

  describe('without a principal', () => {
    it('counts as a failure for the limits, so the 11th attempt gets a 429', async () => {
      const check = (username: string, password: string) => (password === 'wonderland' ? { name: username } : null);
      const app = await application([
        basic(({ username, password }) => admit(check(username, password), { acr: 'pwd' })),
      ]);
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 11; attempt++) {
        statuses.push((await send(app, '/me', { headers: basicAuthorization('alice', `wrong ${attempt}`) })).status);
      }
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    });

    it.each([
      ['undefined', undefined],
      ['an object that is not an outcome', { principal: null, info: {} }],
      ['an admission of null', admit(null, {})],
      ['a Failure', new Failure('invalid', 'Own')],
      ['an Error', new Error('no')],
      ['an admission of a Failure', admit(new Failure('invalid'), {})],
    ])('is a 401 or a 500 if a custom scheme returns %s', async (what, outcome) => {
      const own: SchemeDefinition = {
        name: 'Own',
        problem: () => undefined,
        bind: () => ({
          name: 'Own',
          authenticate: async () => outcome as never,
          challenge: (realm) => ({ scheme: 'Own', params: { realm } }),
        }),
      };
      const app = await application([own]);
      const { status } = await send(app, '/me', { headers: { authorization: 'Own x' } });
      expect(status).toBe(what === 'an object that is not an outcome' || what === 'an Error' ? 500 : 401);
    });

    it.each<[string, (error: Error) => unknown]>([
      ['the roles of the principal', (error) => throwing('roles', error)],
      ['the roles of admit()', (error) => admit({ name: 'alice' }, throwing('roles', error))],
      ['the realm of admit()', (error) => admit({ name: 'alice' }, throwing('boundRealm', error))],
    ])('is a 500 without details if %s cannot be read', async (_what, verdict) => {
      const errors = [
        new Error('TOKEN'),
        new HttpException('TOKEN', 200),
        new UnauthorizedException('TOKEN'),
        new ForbiddenException('TOKEN'),
      ];
      for (const error of errors) {
        const logger = new RecordingLogger();
        const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(() => verdict(error))] })];
        const app = await start(adapter(), { imports, controllers: [MeController] }, undefined, { logger });
        const { status, body } = await send(app, '/admin', { headers: bearerAuthorization('TOKEN') });
        expect([status, body]).toEqual([500, '{"message":"Internal Server Error","statusCode":500}']);
        expect(logger.text()).not.toContain('TOKEN');
      }
    });

    it('is a 500 if admit() receives a promise', async () => {
      const app = await application([
        basic(({ password }) => admit(Promise.resolve(password === 'wonderland' && { name: 'alice' }), {})),
      ]);
      for (const password of ['wonderland', 'wrong']) {
        expect((await send(app, '/me', { headers: basicAuthorization('alice', password) })).status).toBe(500);
      }
    });
  });

  it('keeps acr and auth_time of a token if admit() in the option principal does not set them', async () => {
    const token = sign({ acr: 'mfa', auth_time: Math.floor(Date.now() / 1000), scope: 'a b' });
    const scheme = bearer(
      jwt({ issuer, audience, secret, principal: ({ sub }) => admit({ name: sub }, { scopes: ['a'] }) }),
    );
    const app = await application([scheme]);
    expect(await send(app, '/step-up', { headers: bearerAuthorization(token) })).toMatchObject({ status: 200 });
    expect((await send(app, '/me', { headers: bearerAuthorization(token) })).json()).toMatchObject({
      authInfo: { scopes: ['a'], acr: 'mfa' },
    });
  });

  describe('of a verifier that throws a 4xx', () => {
    it.each([
      ['a ForbiddenException', new ForbiddenException('account suspended'), 403],
      ['a BadRequestException', new BadRequestException('no tenant'), 400],
      ['an HttpException', new HttpException('slow down', 429), 429],
    ])('has the status and the message of %s, and no challenge', async (_what, exception, status) => {
      const failing = () => {
        throw exception;
      };
      const strategy = {
        name: 'own',
        authenticate(this: { error(error: unknown): void }) {
          this.error(exception);
        },
      };
      for (const scheme of [basic(failing), passportStrategy(strategy, { scheme: 'Basic' })]) {
        const app = await application([scheme]);
        const answer = await send(app, '/me', { headers: basicAuthorization('alice', 'wonderland') });
        expect(answer).toMatchObject({ status, challenges: [] });
        expect(answer.body).toContain(exception.message);
      }
    });

    it('does not count for the limits, and emits "refused"', async () => {
      const suspended = () => {
        throw new ForbiddenException('account suspended');
      };
      const app = await application([basic(suspended, { limits: { perUserAndAddress: 1 } })]);
      const events: AuthEvent[] = [];
      app.get(AuthEvents).on('refused', (event) => void events.push(event));
      for (let attempt = 0; attempt < 3; attempt++) {
        expect((await send(app, '/me', { headers: basicAuthorization('alice', `${attempt}`) })).status).toBe(403);
      }
      expect(events).toHaveLength(3);
      expect(events[0]).toMatchObject({
        reason: 'forbidden',
        scheme: 'Basic',
        status: 403,
        message: 'account suspended',
      });
    });
  });

  it.each([
    [
      'a string',
      new UnauthorizedException('account locked'),
      { message: 'account locked', error: 'Unauthorized', statusCode: 401 },
    ],
    ['an object', new UnauthorizedException({ code: 'LOCKED' }), { code: 'LOCKED' }],
    ['nothing', new UnauthorizedException(), { message: 'Unauthorized', statusCode: 401 }],
  ])('has the body of an UnauthorizedException with %s, and challenges', async (_what, exception, body) => {
    const app = await application([
      basic(() => {
        throw exception;
      }),
    ]);
    const answer = await send(app, '/me', { headers: basicAuthorization('alice', 'wonderland') });
    expect(answer).toMatchObject({ status: 401, challenges: ['Basic realm="Staging", charset="UTF-8"'] });
    expect(answer.json()).toEqual(body);
  });

  it.each([
    ['jwt expired', expired],
    ['invalid signature', forged],
    ['jwt malformed', 'abc'],
  ])('has the reason of passport-jwt in its event, and not in its body: %s', async (message, token) => {
    @Injectable()
    class UserStrategy extends PassportStrategy(JwtStrategy, 'jwt') {
      constructor() {
        super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret, algorithms: ['HS256'] });
      }
      validate(claims: object) {
        return claims;
      }
    }
    const scheme = passportStrategy(UserStrategy, { scheme: 'Bearer', challenge: bearerChallenge });
    const app = await application([scheme], {}, { providers: [UserStrategy] });
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    const answer = await send(app, '/me', { headers: bearerAuthorization(token) });
    expect(answer).toMatchObject({ status: 401, challenges: ['Bearer realm="Staging", error="invalid_token"'] });
    expect(answer.body).not.toContain(message);
    expect(events).toMatchObject([{ reason: 'invalid', scheme: 'Bearer', message }]);
  });

  describe('of a predicate in the option public', () => {
    it.each([
      ['a promise of false', async () => false],
      ['a promise of true', async () => true],
      ['a rejected promise', async () => Promise.reject(new Error('late'))],
      ['a string', () => 'no'],
      ['undefined', () => undefined],
      ['an object', () => ({})],
    ])('is an AuthConfigurationError at startup if the predicate returns %s', async (_what, predicate) => {
      await expect(application([basic(() => null)], { public: [predicate as never] })).rejects.toThrow(
        expect.objectContaining({
          name: 'AuthConfigurationError',
          code: 'ERR_AUTH_OPTION',
          message: expect.stringMatching(/public: the function did not return a boolean for MeController\.me\(\)/),
        }),
      );
    });

    it('opens a route only if the predicate returns true', async () => {
      const app = await application([basic(() => null)], { public: [({ handler }) => handler.name === 'me'] });
      expect((await send(app, '/me')).status).toBe(200);
      expect((await send(app, '/scoped')).status).toBe(401);
    });
  });

  describe('of decorators on a base class', () => {
    @Public()
    class OpenBase {
      @Get('inherited') inherited() {}
    }

    @Scopes('a')
    @StepUp({ acrValues: ['mfa'] })
    @Schemes('bearer')
    @Realm('Base')
    class RestrictedBase {
      @Get('inherited') inherited() {}
    }

    it('is a 401 for a subclass of a class with @Public(), and for the methods that it inherits', async () => {
      @Controller('admin')
      class AdminController extends OpenBase {
        @Get('secret') secret() {}
      }
      const app = await application([basic(() => null)], {}, { controllers: [AdminController] });
      for (const path of ['/admin/secret', '/admin/inherited']) expect((await send(app, path)).status).toBe(401);
    });

    it('is a closed subclass if the base class has @Public() and the subclass has @Scopes()', async () => {
      @Scopes('a')
      @Controller('admin')
      class AdminController extends OpenBase {
        @Get('secret') secret() {}
      }
      const app = await application([bearer(byJwt)], {}, { controllers: [AdminController] });
      for (const path of ['/admin/secret', '/admin/inherited']) {
        expect((await send(app, path)).status).toBe(401);
        expect((await send(app, path, { headers: bearerAuthorization(sign({})) })).status).toBe(403);
        expect((await send(app, path, { headers: bearerAuthorization(valid) })).status).toBe(200);
      }
    });

    it('applies the realm, schemes, scopes and step-up of the base class to a subclass', async () => {
      @Controller('admin')
      class AdminController extends RestrictedBase {
        @Get('secret') secret() {}
      }
      const app = await application(
        [bearer(byJwt), basic(() => ({ name: 'alice' }))],
        {},
        { controllers: [AdminController] },
      );
      const strong = bearerAuthorization(sign({ scope: 'a', acr: 'mfa' }));
      for (const path of ['/admin/secret', '/admin/inherited']) {
        expect((await send(app, path)).challenges).toEqual(['Bearer realm="Base", scope="a"']);
        expect((await send(app, path, { headers: bearerAuthorization(valid) })).status).toBe(401);
        expect((await send(app, path, { headers: bearerAuthorization(sign({ acr: 'mfa' })) })).status).toBe(403);
        expect((await send(app, path, { headers: basicAuthorization('alice', 'x') })).status).toBe(401);
        expect((await send(app, path, { headers: strong })).status).toBe(200);
      }
    });

    it('is a closed subclass if the base class has @Public(false) and the option public has the subclass', async () => {
      @Public(false)
      class ClosedBase {}

      @Controller('admin')
      class AdminController extends ClosedBase {
        @Get('secret') secret() {}
      }
      const app = await application(
        [basic(() => null)],
        { public: [AdminController] },
        { controllers: [AdminController] },
      );
      expect((await send(app, '/admin/secret')).status).toBe(401);
    });

    it('is an AuthConfigurationError at startup if a subclass with @Public() inherits scopes', async () => {
      @Public()
      @Controller('admin')
      class AdminController extends RestrictedBase {}

      await expect(application([bearer(byJwt)], {}, { controllers: [AdminController] })).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_AUTH_OPEN_ROUTE' }),
      );
    });
  });

  it('is an AuthConfigurationError if protect() receives an unknown access', async () => {
    const app = await application([basic(() => null)]);
    expect(() => protect(app, '/docs', { access: 'public' as never })).toThrow(AuthConfigurationError);
    expect(() => protect(app, '/docs', { access: 'Required' as never })).toThrow(
      /access must be 'required' or 'optional'/,
    );
  });

  it('is the principal of the scheme that the nearest path requires, not of the path above', async () => {
    const key = (scheme: string, field: string, name: string) =>
      passportStrategy(
        {
          name: scheme,
          authenticate(this: StrategyActions) {
            this.success({ name });
          },
        },
        { scheme, presents: ({ headers }) => headers[field] !== undefined },
      );
    @Schemes('user')
    @Controller('own')
    class OwnController {
      @Get() own(@Req() { user }: { user?: unknown }) {
        return { user };
      }
    }
    const own = await application(
      [key('Gateway', 'x-gateway', 'gateway'), key('User', 'x-user', 'alice')],
      {},
      {
        controllers: [OwnController],
      },
    );
    protect(own, '/', { schemes: ['gateway'] });
    const answer = await send(own, '/own', { headers: { 'x-gateway': '1', 'x-user': '1' } });
    expect(answer.json()).toEqual({ user: { name: 'alice' } });
    expect((await send(own, '/own', { headers: { 'x-gateway': '1' } })).status).toBe(401);
  });
});
