import { afterEach, describe, expect, it } from '@jest/globals';
import { type CanActivate, Controller, Get, type INestApplication, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import {
  type AuthInfo,
  AuthModule,
  type AuthModuleOptions,
  CurrentAuth,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
  Schemes,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { asUser, type TestCredentials, withTestUsers } from 'nestjs-http-auth/testing';
import 'nestjs-http-auth/testing/jest';
import { adapters } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { options, type User } from './support/schemes.js';

/** Rejects every request by returning `false`, as many guards of applications do. */
class NoGuard implements CanActivate {
  canActivate() {
    return false;
  }
}

@Controller()
class RoutesController {
  @Get('me')
  me(@CurrentUser() user: User, @CurrentAuth() auth: AuthInfo) {
    return { user, auth };
  }

  @Public()
  @Get('open')
  open(@CurrentUser() user?: User) {
    return { user: user ?? null };
  }

  @OptionalAuth()
  @Get('greeting')
  greeting(@CurrentUser<User>('name') name = 'stranger') {
    return { hello: name };
  }

  @Realm('Administration')
  @Schemes('basic')
  @Get('admin')
  admin(@CurrentAuth() auth: AuthInfo) {
    return auth;
  }

  @UseGuards(HttpAuthGuard)
  @Scopes('read')
  @StepUp({ maxAge: 300 })
  @Get('scoped')
  scoped() {}

  @UseGuards(NoGuard)
  @Get('never')
  never() {}

  @UseGuards(HttpAuthGuard)
  @Get('guarded')
  guarded(@CurrentUser() user: User) {
    return user;
  }
}

const alice: User = { name: 'alice' };
const bob: User = { name: 'bob' };

const running: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

describe.each(adapters)('A testing module on %s', (_name, adapter) => {
  const builder = (more: Partial<AuthModuleOptions> = {}, providers: object[] = []) =>
    Test.createTestingModule({
      imports: [AuthModule.forRoot({ ...options, ...more })],
      controllers: [RoutesController],
      providers: providers as [],
    });

  async function serve(testing: ReturnType<typeof builder>): Promise<INestApplication> {
    const app = (await testing.compile()).createNestApplication(adapter(), { logger: false });
    running.push(app);
    await app.listen(0, '127.0.0.1');
    return app;
  }

  const getFrom =
    (app: INestApplication) =>
    (path: string, headers: Record<string, string> = {}) =>
      supertest(app.getHttpServer()).get(path).set(headers);

  it('authenticates each request as its own user of asUser()', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    const asAlice = asUser(alice);
    const answers = await Promise.all([get('/me', asAlice), get('/me', asUser(bob)), get('/me'), get('/me', asAlice)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 200]);
    expect(answers.map(({ body }) => (body as { user?: User }).user)).toEqual([alice, bob, undefined, alice]);
  });

  it('sets the same user and auth info on the request as HttpAuthGuard', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    const real = await get('/me', basicAuthorization('alice', 'wonder:land'));
    expect((await get('/me', asUser(alice, { scheme: 'basic' }))).body).toEqual(real.body);
    expect((await get('/me', asUser(alice))).body).toEqual({
      user: alice,
      auth: { scheme: 'Bearer', realm: 'Staging' },
    });
    const more = asUser(alice, { scope: 'articles:write', realm: 'Elsewhere' });
    expect((await get('/me', more)).body).toEqual({
      user: alice,
      auth: { scope: 'articles:write', scheme: 'Bearer', realm: 'Staging' },
    });
  });

  it('applies the scopes and the step-up of a route to test users', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    expect((await get('/scoped', asUser(alice))).status).toBe(401);
    const recent = { authTime: Date.now() / 1000 };
    expect(await get('/scoped', asUser(alice, recent))).toChallenge('Bearer', { error: 'insufficient_scope' });
    expect((await get('/scoped', asUser(alice, { ...recent, scopes: ['read'] }))).status).toBe(200);
    expect((await get('/scoped', asUser({ ...alice, scope: 'read' }, recent))).status).toBe(200);
  });

  it('accepts the header of asUser() from fetch()', async () => {
    const app = await serve(withTestUsers(builder()));
    const response = await fetch(`${await app.getUrl()}/me`, { headers: asUser(bob) });
    expect(await response.json()).toMatchObject({ user: bob });
    expect(await fetch(`${await app.getUrl()}/me`)).toChallenge('Basic', { realm: 'Staging' });
  });

  it('keeps the policies of the routes', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    expect((await get('/open', asUser(alice))).body).toEqual({ user: null });
    expect((await get('/greeting')).body).toEqual({ hello: 'stranger' });
    expect((await get('/greeting', asUser(alice))).body).toEqual({ hello: 'alice' });
    expect((await get('/admin', asUser(alice))).body).toEqual({ scheme: 'Basic', realm: 'Administration' });
    const refused = await get('/admin', asUser(alice, { scheme: 'Bearer' }));
    expect(refused.status).toBe(401);
    expect(refused).toChallenge('Basic', { realm: 'Administration' });
    expect(refused).not.toChallenge('Bearer');
  });

  it('still verifies real credentials, and challenges requests without credentials', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    await get('/me', basicAuthorization('alice', 'wonder:land')).expect(200);
    const wrong = await get('/me', basicAuthorization('alice', 'wrong')).expect(401);
    expect(wrong).toChallenge('Basic', { realm: 'Staging', charset: 'UTF-8' });
    expect(wrong).toChallenge('Bearer', { realm: 'Staging', error: undefined });
    const unknown = await get('/me', { authorization: asUser(alice).authorization.slice(0, -1) }).expect(401);
    expect(unknown).toChallenge('Basic');
  });

  it('authenticates every request as the given user, unless the request has its own credentials', async () => {
    const get = getFrom(await serve(withTestUsers(builder(), asUser(alice))));
    expect((await get('/me')).body).toMatchObject({ user: alice });
    expect((await get('/admin')).body).toEqual({ scheme: 'Basic', realm: 'Administration' });
    expect((await get('/greeting')).body).toEqual({ hello: 'alice' });
    expect((await get('/open')).body).toEqual({ user: null });
    expect((await get('/me', asUser(bob))).body).toMatchObject({ user: bob });
    expect(await get('/me', basicAuthorization('alice', 'wrong')).expect(401)).toChallenge('Basic');
  });

  it.each<[string, Partial<AuthModuleOptions>, object[]]>([
    ['of the module', {}, []],
    ['in @UseGuards()', { globalGuard: false }, []],
    ['as APP_GUARD', { globalGuard: false }, [{ provide: APP_GUARD, useExisting: HttpAuthGuard }]],
  ])('overrides the guard %s', async (_where, more, providers) => {
    const get = getFrom(await serve(withTestUsers(builder(more, providers))));
    expect((await get('/guarded', asUser(alice)).expect(200)).body).toEqual(alice);
    expect(await get('/guarded').expect(401)).toChallenge('Basic', { realm: 'Staging' });
  });

  it('explains in toChallenge() that a 403 may come from a guard that returns false', async () => {
    const get = getFrom(await serve(withTestUsers(builder())));
    expect(await get('/never').expect(401)).toChallenge();
    const response = await get('/never', asUser(alice)).expect(403);
    expect(response).not.toChallenge();
    expect(() => expect(response).toChallenge('Basic')).toThrow(/guard returns false/);
  });

  it('rejects test users if withTestUsers() is not called', async () => {
    const real = await serve(builder());
    expect(await getFrom(real)('/me', asUser(alice)).expect(401)).toChallenge('Basic');
    expect(await getFrom(real)('/greeting', asUser(alice)).expect(401)).toChallenge('Basic');
  });

  it('rejects a request with two Authorization fields', async () => {
    const app = await serve(withTestUsers(builder(), asUser(bob)));
    const twice = ['Authorization', asUser(alice).authorization, 'Authorization', asUser(bob).authorization];
    expect(await send(app, '/me', { headers: ['Host', 'localhost', ...twice] })).toChallenge('Basic');
  });

  it('rejects credentials that asUser() did not create, and an empty user', async () => {
    const nobody: TestCredentials = { authorization: 'Testing alice' };
    const get = getFrom(await serve(withTestUsers(builder(), nobody)));
    for (const headers of [{}, nobody, asUser('')]) expect(await get('/me', headers).expect(401)).toChallenge();
  });
});

it("accepts the header of asUser() from Fastify's inject(), and checks its response with toChallenge()", async () => {
  const testing = Test.createTestingModule({ imports: [AuthModule.forRoot(options)], controllers: [RoutesController] });
  const module = await withTestUsers(testing).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  running.push(app);
  await app.init();
  expect((await app.inject({ url: '/me', headers: asUser(bob) })).json()).toMatchObject({ user: bob });
  const response = await app.inject('/me');
  expect(response).toChallenge('Basic', { realm: 'Staging' });
  expect(response).not.toChallenge('Digest');
});
