import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  AuthModule,
  basic,
  BasicStrategy,
  bearer,
  bearerChallenge,
  BearerStrategy,
  CurrentAuth,
  CurrentUser,
  OptionalAuth,
  parseChallenges,
  PASSPORT,
  type PassportRegistry,
  passportStrategy,
  Public,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import jwt from 'jsonwebtoken';
import globalPassport, { Passport } from 'passport';
import { BasicStrategy as PassportHttpBasicStrategy, DigestStrategy } from 'passport-http';
import { Strategy as PassportHttpBearerStrategy } from 'passport-http-bearer';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { challenges, options, schemes } from './support/schemes.js';

@Controller()
class MeController {
  @Get()
  me(@CurrentUser() user: unknown, @CurrentAuth() auth: unknown) {
    return { user, auth };
  }

  @OptionalAuth()
  @Get('optional')
  optional(@CurrentUser() user?: unknown) {
    return { user: user ?? null };
  }
}

type VerifyDone = (error: unknown, user?: unknown, info?: object) => void;

const secret = 'a secret of thirty-two characters';
const sign = (claims: object, key = secret) => jwt.sign(claims, key, { algorithm: 'HS256' });

@Injectable()
class JwtUsersStrategy extends PassportStrategy(JwtStrategy, 'jwt-of-the-test') {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secret, algorithms: ['HS256'] });
  }
  validate({ sub }: { sub: string }) {
    return sub === 'mallory' ? null : { name: sub };
  }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe.each(adapters)('A Passport strategy on %s', (_name, adapter) => {
  const application = (scheme: SchemeDefinition, providers: Type[] = []) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [scheme, ...schemes.slice(1)] })],
      controllers: [MeController],
      providers,
    });

  describe('passport-jwt', () => {
    const scheme = passportStrategy(JwtUsersStrategy, { scheme: 'Bearer', challenge: bearerChallenge });

    it('is a scheme if Nest provides its class', async () => {
      const app = await application(scheme, [JwtUsersStrategy]);
      const answer = await send(app, '/', { headers: bearerAuthorization(sign({ sub: 'alice' })) });
      expect(answer.json()).toEqual({ user: { name: 'alice' }, auth: { scheme: 'Bearer', realm: 'Staging' } });
      expect((await send(app, '/')).challenges).toEqual(challenges);
    });

    it.each([
      ['signed with another key', sign({ sub: 'alice' }, 'another key of thirty-two characters')],
      ['expired', sign({ sub: 'alice', exp: 1 })],
      ['unsigned', jwt.sign({ sub: 'alice' }, '', { algorithm: 'none' })],
      ['not a JWT', 'abc'],
      ['valid, but validate() returns null', sign({ sub: 'mallory' })],
    ])('rejects a token that is %s', async (_what, token) => {
      const app = await application(scheme, [JwtUsersStrategy]);
      for (const path of ['/', '/optional']) {
        expect(await send(app, path, { headers: bearerAuthorization(token) })).toMatchObject({
          status: 401,
          challenges: ['Bearer realm="Staging", error="invalid_token"', challenges[1]],
        });
      }
    });

    it("works with @nestjs/passport's AuthGuard, whose 401 gets challenges", async () => {
      @Public()
      @UseGuards(AuthGuard('jwt-of-the-test'))
      @Controller('stock')
      class StockController {
        @Get() stock(@CurrentUser() user: unknown) {
          return { user };
        }
      }
      const app = await start(adapter(), {
        imports: [AuthModule.forRoot(options)],
        controllers: [StockController],
        providers: [JwtUsersStrategy],
      });
      const good = bearerAuthorization(sign({ sub: 'alice' }));
      expect(await send(app, '/stock')).toMatchObject({ status: 401, challenges });
      expect(await send(app, '/stock', { headers: bearerAuthorization('x') })).toMatchObject({
        status: 401,
        challenges,
      });
      expect(await send(app, '/stock', { headers: good })).toMatchObject({ status: 200, challenges: [] });
    });
  });

  describe('passport-http-bearer', () => {
    const strategy = new PassportHttpBearerStrategy({ realm: 'Its own' }, (token: string, done: VerifyDone) => {
      if (token === 'broken') done(new Error('the store is down'));
      else if (token === 'good') done(null, { name: 'alice' }, { scope: 'all', message: 'hello' });
      else done(null, false);
    });
    const scheme = passportStrategy(strategy, { scheme: 'Bearer' });

    it('is a scheme that keeps its own challenge and info', async () => {
      const app = await application(scheme);
      expect((await send(app, '/', { headers: bearerAuthorization('good') })).json()).toEqual({
        user: { name: 'alice' },
        auth: { scheme: 'Bearer', realm: 'Staging', scope: 'all', message: 'hello' },
      });
      expect((await send(app, '/')).challenges).toEqual(['Bearer realm="Its own"', challenges[1]]);
      expect((await send(app, '/', { headers: bearerAuthorization('bad') })).challenges).toEqual([
        'Bearer realm="Its own", error="invalid_token"',
        challenges[1],
      ]);
      expect(await send(app, '/', { headers: { authorization: 'Bearer a b c' } })).toMatchObject({
        status: 400,
        challenges: ['Bearer realm="Its own"', challenges[1]],
      });
    });

    it('does not read a token from the query string if the Authorization field is missing', async () => {
      expect((await send(await application(scheme), '/?access_token=good')).status).toBe(401);
    });

    it('causes a 500 if its verify callback reports an error', async () => {
      const answer = await send(await application(scheme), '/', { headers: bearerAuthorization('broken') });
      expect(answer).toMatchObject({ status: 500, challenges: [] });
      expect(answer.body).not.toContain('store');
    });
  });

  describe("passport-http's Digest strategy", () => {
    const strategy = new DigestStrategy({ realm: 'Digest realm', qop: 'auth' }, (username, done) =>
      username === 'alice' ? done(null, { name: 'alice' }, 'wonderland') : done(null, false),
    );
    const scheme = passportStrategy(strategy, { scheme: 'Digest' });

    function answerTo(challenge: string, password: string): string {
      const { realm, nonce } = parseChallenges(challenge)?.[0]?.params ?? {};
      const [ha1, ha2] = [md5(`alice:${realm}:${password}`), md5('GET:/')];
      const response = md5(`${ha1}:${nonce}:00000001:abc:auth:${ha2}`);
      return (
        `Digest username="alice", realm="${realm}", nonce="${nonce}", uri="/", response="${response}", ` +
        'qop=auth, nc=00000001, cnonce="abc"'
      );
    }

    it('accepts the response to its challenge, which has a new nonce for each request', async () => {
      const app = await application(scheme);
      const [first, second] = [await send(app, '/'), await send(app, '/')];
      expect(first.challenges).toEqual([
        expect.stringMatching(/^Digest realm="Digest realm", nonce="\w+", qop="auth"$/),
        challenges[1],
      ]);
      expect(first.challenges[0]).not.toBe(second.challenges[0]);
      const authorization = answerTo(first.challenges[0] as string, 'wonderland');
      expect((await send(app, '/', { headers: { authorization } })).json()).toEqual({
        user: { name: 'alice' },
        auth: { scheme: 'Digest', realm: 'Staging' },
      });
    });

    it('sends a new challenge if the response to the first one is wrong', async () => {
      const app = await application(scheme);
      const [challenge] = (await send(app, '/')).challenges;
      const authorization = answerTo(challenge as string, 'wrong');
      const answer = await send(app, '/', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.challenges[0]).toMatch(/^Digest realm="Digest realm", nonce="\w+"/);
    });
  });

  describe('that is written by hand', () => {
    /** A strategy with the given `authenticate()`. */
    const doing = (action: (this: never) => unknown) => ({ name: 'doing', authenticate: action });
    const ask = { headers: { authorization: 'Doing x' } };

    it.each([
      [
        'pass()',
        doing(function (this: { pass(): void }) {
          this.pass();
        }),
      ],
      [
        'success() without a user',
        doing(function (this: { success(user?: unknown): void }) {
          this.success();
        }),
      ],
      [
        'fail() with a line break in the challenge',
        doing(function (this: { fail(text: string): void }) {
          this.fail('Doing realm="a\r\nb"');
        }),
      ],
      [
        'fail() with a challenge without a realm',
        doing(function (this: { fail(text: string): void }) {
          this.fail('Doing error="x"');
        }),
      ],
      [
        "fail() with another scheme's challenge",
        doing(function (this: { fail(text: string): void }) {
          this.fail('Basic realm="x"');
        }),
      ],
      [
        'fail() with a param outside ASCII',
        doing(function (this: { fail(text: string): void }) {
          this.fail('Doing realm="api", error_description="caf\u00e9"');
        }),
      ],
    ])('causes a 401 with the default challenge if it calls %s', async (_what, strategy) => {
      const app = await application(passportStrategy(strategy, { scheme: 'Doing' }));
      for (const path of ['/', '/optional']) {
        expect(await send(app, path, ask)).toMatchObject({
          status: 401,
          challenges: ['Doing realm="Staging"', challenges[1]],
        });
      }
    });

    it('causes a 500 if it calls redirect()', async () => {
      const strategy = doing(function (this: { redirect(url: string): void }) {
        this.redirect('https://example.com');
      });
      expect(await send(await application(passportStrategy(strategy, { scheme: 'Doing' })), '/', ask)).toMatchObject({
        status: 500,
        challenges: [],
      });
    });

    it('reads credentials outside Authorization if presents() returns true', async () => {
      const strategy = doing(function (this: { success(user: unknown): void; fail(): void }, ...args: unknown[]) {
        const { headers } = args[0] as { headers: Record<string, string> };
        if (headers['x-api-key'] === 'k') this.success({ name: 'alice' });
        else this.fail();
      });
      const presents = ({ headers }: { headers: Record<string, unknown> }) => headers['x-api-key'] !== undefined;
      const app = await application(passportStrategy(strategy, { scheme: 'ApiKey', presents }));
      expect(await send(app, '/', { headers: { 'x-api-key': 'k' } })).toMatchObject({ status: 200 });
      expect(await send(app, '/', { headers: { 'x-api-key': 'other' } })).toMatchObject({ status: 401 });
      expect(await send(app, '/')).toMatchObject({
        status: 401,
        challenges: ['ApiKey realm="Staging"', challenges[1]],
      });
    });
  });
});

describe.each(adapters)("AuthModule's own Passport strategies on %s", (_name, adapter) => {
  const good = { headers: basicAuthorization('alice', 'wonder:land') };

  it('are registered in the Passport instance of the application, not in the global instance', async () => {
    const instance = new Passport();
    const app = await start(adapter(), { imports: [AuthModule.forRoot({ ...options, passport: instance })] });
    expect(app.get<PassportRegistry>(PASSPORT)).toBe(instance);
    const own = await start(adapter(), { imports: [AuthModule.forRoot(options)] });
    expect(own.get<PassportRegistry>(PASSPORT)).not.toBe(globalPassport);
    const registered = (passport: unknown, name: string) =>
      (passport as Record<'_strategy', (name: string) => unknown>)['_strategy'](name);
    for (const passport of [instance, own.get<PassportRegistry>(PASSPORT)]) {
      expect(registered(passport, 'basic')).toBeInstanceOf(BasicStrategy);
      expect(registered(passport, 'basic')).toBeInstanceOf(PassportHttpBasicStrategy);
      expect(registered(passport, 'bearer')).toBeInstanceOf(BearerStrategy);
    }
    expect(registered(globalPassport, 'basic')).toBeUndefined();
  });

  it("work with AuthGuard('basic') and AuthGuard('bearer') if the option passport is the global instance", async () => {
    @Public()
    @UseGuards(AuthGuard(['basic', 'bearer']))
    @Controller()
    class StockController {
      @Get() stock(@CurrentUser() user: unknown) {
        return { user };
      }
    }
    const imports = [AuthModule.forRoot({ ...options, passport: globalPassport })];
    const app = await start(adapter(), { imports, controllers: [StockController] });
    try {
      for (const headers of [good.headers, bearerAuthorization('alice-token')]) {
        expect(await send(app, '/', { headers })).toMatchObject({ status: 200, body: '{"user":{"name":"alice"}}' });
      }
      for (const headers of [
        {},
        basicAuthorization('alice', 'no'),
        bearerAuthorization('no'),
        { authorization: 'Basic' },
      ]) {
        expect(await send(app, '/', { headers })).toMatchObject({ status: 401, challenges });
      }
    } finally {
      globalPassport.unuse('basic');
      globalPassport.unuse('bearer');
    }
  });

  it('may be subclassed', async () => {
    class BobStrategy extends BasicStrategy {
      constructor() {
        super(() => null);
      }
      override validate({ username }: { username: string }) {
        return username === 'bob' && { name: username };
      }
    }
    const scheme = passportStrategy(new BobStrategy(), { scheme: 'Basic' });
    const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [scheme] })];
    const app = await start(adapter(), { imports, controllers: [MeController] });
    expect(await send(app, '/', { headers: basicAuthorization('bob', '') })).toMatchObject({ status: 200 });
    expect(await send(app, '/', good)).toMatchObject({ status: 401, challenges: ['Basic realm="Staging"'] });
  });
});

describe.each(adapters)('Two applications in one process on %s', (_name, adapter) => {
  const only = (name: string) =>
    start(adapter(), {
      imports: [
        AuthModule.forRoot({
          realm: name,
          schemes: [
            bearer(({ token }) => (token === name ? { name } : null)),
            basic(({ username }) => (username === name ? { name } : null)),
          ],
        }),
      ],
      controllers: [MeController],
    });

  it('never share users', async () => {
    const apps = { alice: await only('alice'), bob: await only('bob') };
    for (const [owner, app] of Object.entries(apps)) {
      for (const user of ['alice', 'bob']) {
        for (const headers of [basicAuthorization(user, 'p'), bearerAuthorization(user)]) {
          const answer = await send(app, '/', { headers });
          expect(answer.status).toBe(user === owner ? 200 : 401);
          expect(answer.challenges.every((challenge) => challenge.includes(`realm="${owner}"`))).toBe(true);
        }
      }
    }
  });

  it('never share users even if they use the same scheme definitions', async () => {
    @Injectable()
    class OwnVerifier {
      constructor(@Inject('OWNER') private readonly owner: string) {}
      verify({ token }: { token: string }) {
        return token === this.owner && { name: token };
      }
    }
    const definitions = [bearer(OwnVerifier)];
    const own = (owner: string) =>
      start(adapter(), {
        imports: [AuthModule.forRoot({ realm: owner, schemes: definitions })],
        controllers: [MeController],
        providers: [OwnVerifier, { provide: 'OWNER', useValue: owner }],
      });
    const [alice, bob] = [await own('alice'), await own('bob')];
    expect((await send(alice, '/', { headers: bearerAuthorization('alice') })).status).toBe(200);
    expect((await send(alice, '/', { headers: bearerAuthorization('bob') })).status).toBe(401);
    expect((await send(bob, '/', { headers: bearerAuthorization('bob') })).status).toBe(200);
    expect((await send(bob, '/', { headers: bearerAuthorization('alice') })).status).toBe(401);
  });
});

describe('An application that is mounted in another application on Express', () => {
  it('has its own users and challenges', async () => {
    const only = (realm: string) => ({
      imports: [
        AuthModule.forRoot({
          realm,
          schemes: [basic(({ username }) => (username === realm ? { name: username } : null))],
        }),
      ],
      controllers: [MeController],
    });
    const inner = await start(new ExpressAdapter(), only('inner'));
    const outer = await start(new ExpressAdapter(), only('outer'), (app) => {
      app.use('/inner', (request: Request, response: Response, next: NextFunction) => {
        (inner.getHttpAdapter().getInstance() as RequestHandler)(request, response, next);
      });
    });
    for (const [path, realm, other] of [
      ['/', 'outer', 'inner'],
      ['/inner/', 'inner', 'outer'],
    ] as const) {
      const challenged = { status: 401, challenges: [`Basic realm="${realm}", charset="UTF-8"`] };
      expect(await send(outer, path)).toMatchObject(challenged);
      expect(await send(outer, path, { headers: basicAuthorization(other, 'p') })).toMatchObject(challenged);
      expect((await send(outer, path, { headers: basicAuthorization(realm, 'p') })).json()).toMatchObject({
        user: { name: realm },
        auth: { realm },
      });
    }
  });
});
