import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, ServiceUnavailableException, UseGuards } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AuthConfigurationError,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  Failure,
  HttpAuthGuard,
  type HttpRequest,
  OptionalAuth,
  protect,
  Public,
  Realm,
  Schemes,
  Scopes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

/** Depends on the principal, which the guard has set. */
const scopesOf = (request: HttpRequest) => {
  const { user } = request as { user?: { name: string } };
  if (request.url.includes('bug')) throw new TypeError('a bug');
  return user?.name === 'alice' && !request.url.includes('less') ? ['write'] : [];
};

@Controller('articles')
class ArticlesController {
  @Get('mine') mine() {}
  @Public() @Get('public') list() {}
  @OptionalAuth() @Get('read') read() {}
  @UseGuards(HttpAuthGuard) @Get('twice') twice() {}
  @Realm('Administration') @Schemes('basic') @Get('admin') admin() {}
  @Scopes('write') @Get('write') write() {}
  @Scopes.by(scopesOf) @Get('by') by() {}
  @Realm(() => Promise.reject(new Error('no tenant'))) @Get('nowhere') nowhere() {}
}

/** Returns the result of the verifiers for a name or a token. */
async function verify(name: string) {
  switch (name) {
    case 'alice':
      return { name };
    case 'down':
      throw new ServiceUnavailableException();
    case 'bug':
      throw new TypeError('a bug');
    case 'again':
      return new Failure('limited', undefined, 429, { retryAfter: 30 });
    case 'old':
      return new Failure('invalid', undefined, 401, { params: { error_description: 'The token has expired' } });
    default:
      return null;
  }
}

const options: AuthModuleOptions = {
  realm: 'Staging',
  schemes: [bearer(({ token }) => verify(token)), basic(({ username }) => verify(username))],
};

const types = ['authenticated', 'refused', 'locked', 'error'] as const;

/** Records all events of an application. */
function record(app: INestApplication): AuthEvent[] {
  const events: AuthEvent[] = [];
  for (const type of types) app.get(AuthEvents).on(type, (event: AuthEvent) => void events.push(event));
  return events;
}

const other = 'The route does not accept the scheme of the Authorization field';

describe.each(adapters)('AuthEvents on %s', (_name, adapter) => {
  const application = (changes: Partial<AuthModuleOptions> = {}, prepare?: (app: INestApplication) => unknown) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, ...changes })], controllers: [ArticlesController] },
      prepare,
    );

  const here = { address: '127.0.0.1', realm: 'Staging' };
  const mine = { ...here, route: 'ArticlesController.mine' };

  it.each([
    [undefined, { type: 'refused', scheme: undefined, reason: 'missing', status: 401 }],
    [basicAuthorization('alice', 'a'), { type: 'authenticated', scheme: 'Basic' }],
    [bearerAuthorization('alice'), { type: 'authenticated', scheme: 'Bearer' }],
    [basicAuthorization('bob', 'a'), { type: 'refused', scheme: 'Basic', reason: 'invalid', status: 401 }],
    [{ authorization: 'Basic !' }, { type: 'refused', scheme: 'Basic', reason: 'malformed', status: 401 }],
    [{ authorization: 'Bearer !' }, { type: 'refused', scheme: 'Bearer', reason: 'malformed', status: 400 }],
    [{ authorization: '"' }, { type: 'refused', scheme: undefined, reason: 'malformed', status: 401 }],
    [
      { authorization: 'Digest a="b"' },
      { type: 'refused', scheme: undefined, reason: 'invalid', status: 401, message: other },
    ],
    [
      bearerAuthorization('old'),
      { type: 'refused', scheme: 'Bearer', reason: 'invalid', status: 401, message: 'The token has expired' },
    ],
    [bearerAuthorization('again'), { type: 'locked', scheme: 'Bearer', reason: 'limited', status: 429 }],
    [bearerAuthorization('down'), { type: 'error', scheme: 'Bearer', status: 503 }],
    [basicAuthorization('bug', 'a'), { type: 'error', scheme: 'Basic', status: 500 }],
  ])('emits exactly one event for %j', async (headers, event) => {
    const app = await application();
    const events = record(app);
    const answer = await send(app, '/articles/mine?access_token=alice', headers && { headers });
    expect(events).toStrictEqual([{ ...mine, ...event }]);
    expect(answer).toMatchObject({ status: 200, ...('status' in event && { status: event.status }) });
  });

  it.each([
    ['a public route', '/articles/public', { headers: basicAuthorization('bob', 'a') }],
    ['a request without credentials on an optional route', '/articles/read', {}],
    [
      'a preflight',
      '/articles/mine',
      { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
    ],
    ['a path without a route', '/none', {}],
  ])('emits nothing for %s', async (_what, path, ask) => {
    const app = await application();
    const events = record(app);
    await send(app, path, ask);
    expect(events).toEqual([]);
  });

  it('names the method of the class if a decorator has replaced it by a function without a name', async () => {
    const Traced: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
      const { value } = descriptor as { value: () => unknown };
      descriptor.value = (
        () => () =>
          value()
      )();
    };
    @Controller()
    class TracedController {
      @Get() @Traced traced() {
        return 'traced';
      }
    }
    const app = await start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [TracedController] });
    const events = record(app);
    await send(app, '/');
    expect(events).toMatchObject([{ route: 'TracedController.traced' }]);
  });

  it.each([
    ['/articles/by', { type: 'refused', reason: 'insufficient', status: 403 }],
    ['/articles/by?less', { type: 'authenticated' }],
    ['/articles/by?bug', { type: 'error', status: 500 }],
  ])('emits one event for a route with scopes of the request: %s', async (path, event) => {
    const app = await application();
    const events = record(app);
    await send(app, path, { headers: basicAuthorization('alice', 'a') });
    expect(events).toMatchObject([{ route: 'ArticlesController.by', scheme: 'Basic', ...event }]);
    expect(events).toHaveLength(1);
  });

  it('emits one event for a target that must satisfy two protected paths', async () => {
    const app = await application({}, (nest) => {
      protect(nest, '/articles', { schemes: ['basic', 'bearer'] });
      protect(nest, '/articles/mine', { scopes: ['write'] });
    });
    const events = record(app);
    // Some servers decode the path, and others do not.
    await send(app, '/articles/%6dine', { headers: bearerAuthorization('alice') });
    expect(events).toMatchObject([{ type: 'refused', reason: 'insufficient', route: '/articles/mine' }]);
    expect(events).toHaveLength(1);
  });

  it('emits events with the realm of the route, and without a scheme that the route does not offer', async () => {
    const app = await application();
    const events = record(app);
    await send(app, '/articles/admin', { headers: basicAuthorization('alice', 'a') });
    await send(app, '/articles/admin', { headers: bearerAuthorization('alice') });
    const admin = { ...here, realm: 'Administration', route: 'ArticlesController.admin' };
    expect(events).toStrictEqual([
      { ...admin, type: 'authenticated', scheme: 'Basic' },
      { ...admin, type: 'refused', scheme: undefined, reason: 'invalid', status: 401, message: other },
    ]);
  });

  it('emits one event if the guard runs twice, and only "refused" if scopes are insufficient', async () => {
    const app = await application();
    const events = record(app);
    await send(app, '/articles/twice', { headers: bearerAuthorization('alice') });
    await send(app, '/articles/write', { headers: bearerAuthorization('alice') });
    expect(events).toStrictEqual([
      { ...here, route: 'ArticlesController.twice', type: 'authenticated', scheme: 'Bearer' },
      {
        ...here,
        route: 'ArticlesController.write',
        type: 'refused',
        scheme: 'Bearer',
        reason: 'insufficient',
        status: 403,
        message: expect.stringMatching(/^The credentials do not have the scopes: \S+/),
      },
    ]);
  });

  it('emits events without a realm if its function rejects, and "error" instead of "authenticated"', async () => {
    const app = await application();
    const events = record(app);
    const nowhere = { ...here, realm: undefined, route: 'ArticlesController.nowhere' };
    expect(await send(app, '/articles/nowhere', { headers: bearerAuthorization('alice') })).toMatchObject({
      status: 500,
    });
    await send(app, '/articles/nowhere');
    expect(events).toStrictEqual([
      { ...nowhere, type: 'error', scheme: 'Bearer', status: 500 },
      { ...nowhere, type: 'refused', scheme: undefined, reason: 'missing', status: 401 },
    ]);
  });

  it('emits events whose route is the path that was passed to protect()', async () => {
    const app = await application({}, (one) => {
      protect(one, ['/docs', '/queues'], { realm: 'Tools' });
    });
    const events = record(app);
    await send(app, '/docs-json?token=secret');
    await send(app, '/QUEUES/1', { headers: bearerAuthorization('alice') });
    const tools = { ...here, realm: 'Tools' };
    expect(events).toStrictEqual([
      { ...tools, route: '/docs', type: 'refused', scheme: undefined, reason: 'missing', status: 401 },
      { ...tools, route: '/queues', type: 'authenticated', scheme: 'Bearer' },
    ]);
  });

  it('emits one event for each request if early is true', async () => {
    const app = await application({ early: true });
    const events = record(app);
    await send(app, '/articles/mine', { headers: bearerAuthorization('alice') });
    await send(app, '/articles/mine');
    expect(events).toStrictEqual([
      { ...mine, type: 'authenticated', scheme: 'Bearer' },
      { ...mine, type: 'refused', scheme: undefined, reason: 'missing', status: 401 },
    ]);
  });

  it('emits "locked" if there were too many failures', async () => {
    const limited = basic(() => null, { limits: { perUserAndAddress: 2 } });
    const app = await application({ schemes: [limited] });
    const events = record(app);
    for (let attempt = 0; attempt < 3; attempt++) {
      await send(app, '/articles/mine', { headers: basicAuthorization('alice', `guess ${attempt}`) });
    }
    const refused = { ...mine, type: 'refused', scheme: 'Basic', reason: 'invalid', status: 401 };
    const limit = 'perUserAndAddress';
    const locked = { ...mine, type: 'locked', scheme: 'Basic', reason: 'limited', limit, status: 429 };
    expect(events).toStrictEqual([refused, refused, locked]);
  });

  it('emits events with status 407 if proxy is true', async () => {
    const app = await application({ proxy: true });
    const events = record(app);
    await send(app, '/articles/mine');
    expect(events).toStrictEqual([{ ...mine, type: 'refused', scheme: undefined, reason: 'missing', status: 407 }]);
  });

  it('emits events with the address of the connection if X-Forwarded-For is not trusted', async () => {
    const app = await application();
    const events = record(app);
    await send(app, '/articles/mine', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(events).toMatchObject([{ address: '127.0.0.1' }]);
  });

  it('calls the listeners of a type in order, until they are removed', async () => {
    const app = await application();
    const heard: string[] = [];
    const off = app.get(AuthEvents).on('refused', ({ reason }) => void heard.push(`first ${reason}`));
    app.get(AuthEvents).on('refused', ({ reason }) => void heard.push(`second ${reason}`));
    app.get(AuthEvents).on('authenticated', ({ scheme }) => void heard.push(scheme));
    await send(app, '/articles/mine');
    off();
    await send(app, '/articles/mine');
    expect(heard).toEqual(['first missing', 'second missing', 'second missing']);
  });

  it('logs the error and leaves the response as it is if a listener throws or rejects', async () => {
    const log = new RecordingLogger();
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot(options)], controllers: [ArticlesController] },
      undefined,
      { logger: log },
    );
    const events = app.get(AuthEvents);
    events.on('refused', () => {
      throw new Error('the listener is broken');
    });
    events.on('refused', () => Promise.reject(new Error('the promise is broken')));
    const heard = record(app);
    expect(await send(app, '/articles/mine')).toMatchObject({ status: 401, challenges: { length: 2 } });
    expect(heard).toHaveLength(1);
    expect(log.text()).toMatch(/AuthEvents: a listener of 'refused' failed[^]*the listener is broken/);
    expect(log.text()).toMatch(/the promise is broken/);
  });

  it('throws AuthConfigurationError if a listener is added for an unknown type', async () => {
    const app = await application();
    const listen = () => app.get(AuthEvents).on('refuse' as never, () => undefined);
    expect(listen).toThrow(AuthConfigurationError);
    expect(listen).toThrow(
      "AuthEvents.on(): the event 'refuse' does not exist; use one of authenticated, refused, locked, error",
    );
  });
});

describe('AuthEvents behind a proxy', () => {
  const express = new ExpressAdapter();
  express.set('trust proxy', 'loopback');

  it.each([
    ['Express', express],
    ['Fastify', new FastifyAdapter({ trustProxy: 'loopback' })],
  ])('emits events with the address of the client if %s trusts the proxy', async (_name, adapter) => {
    const metadata = { imports: [AuthModule.forRoot({ ...options, early: true })], controllers: [ArticlesController] };
    const app = await start(adapter, metadata, (one) => {
      protect(one, '/docs');
    });
    const events = record(app);
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    for (const path of ['/articles/mine', '/docs']) await send(app, path, { headers });
    expect(events).toMatchObject([{ address: '192.0.2.1' }, { address: '192.0.2.1' }]);
  });
});
