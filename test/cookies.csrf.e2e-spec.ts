import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { All, Controller, HttpException, type INestApplication, Post, Req, Sse } from '@nestjs/common';
import { Mutation, Query, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  type AuthEvent,
  AuthEvents,
  AuthModule,
  bearer,
  cookie,
  type CookieOptions,
  CurrentUser,
  type HttpRequest,
  OptionalAuth,
  protect,
  Public,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { WebSocketAuthModule, type WebSocketAuthOptions } from 'nestjs-http-auth/websockets';
import { WebSocketServer } from 'ws';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { closeListeners, Listener, Source, urlOf } from './support/event.streams.js';
import { ask, engines } from './support/graphql.js';
import { closeWebSockets, connected, open } from './support/websocket.js';

/** The values that the verifier has seen. */
let verified: string[] = [];

beforeEach(() => {
  verified = [];
});

afterEach(closeWebSockets);

const session = (options: Partial<CookieOptions> = {}) =>
  cookie(
    ({ token }) => {
      verified.push(token);
      return token === 'alice' ? { name: 'alice' } : null;
    },
    { name: 'sid', ...options },
  );
const robot = bearer(({ token }) => (token === 'robot' ? { name: 'robot' } : null));
const alice = { cookie: 'sid=alice' };
const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

@Controller()
class AccountController {
  @All('account') account(@CurrentUser('name') name: string) {
    return name;
  }
  @OptionalAuth() @All('optional') optional(@CurrentUser('name') name = 'nobody') {
    return name;
  }
  @Public() @All('public') open() {
    return 'open';
  }
}

describe.each(adapters)('An unsafe request with a cookie on %s', (_name, adapter) => {
  const application = (
    options: Partial<CookieOptions> = {},
    prepare?: (app: INestApplication) => unknown,
    framework = adapter(),
  ) =>
    start(
      framework,
      {
        imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [session(options), robot] })],
        controllers: [AccountController],
      },
      prepare,
    );
  const host = { host: 'shop.example' };
  const post = (app: INestApplication, headers: Record<string, string>, path = '/account', method = 'POST') =>
    send(app, path, { method, headers: { ...host, ...alice, ...headers } });

  it.each<[what: string, headers: Record<string, string>, accepted: boolean]>([
    ['a client that is not a browser', {}, true],
    ['the own page', { origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' }, true],
    ['the own page without Fetch Metadata', { origin: 'https://shop.example' }, true],
    ['the own page without TLS', { origin: 'http://shop.example' }, true],
    ['the own page with Referrer-Policy: no-referrer', { origin: 'null', 'sec-fetch-site': 'same-origin' }, true],
    // With a proxy that changes Host, the browser still knows that it is the same.
    ['the own page behind a proxy', { origin: 'https://front.example', 'sec-fetch-site': 'same-origin' }, true],
    ['the user', { 'sec-fetch-site': 'none' }, true],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, false],
    ['another site without Fetch Metadata', { origin: 'https://evil.example' }, false],
    ['another site without Origin', { 'sec-fetch-site': 'cross-site' }, false],
    ['a subdomain', { origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' }, false],
    ['a subdomain without Fetch Metadata', { origin: 'https://blog.shop.example' }, false],
    ['a site whose name begins the same', { origin: 'https://shop.example.evil.example' }, false],
    ['another port', { origin: 'https://shop.example:8443' }, false],
    [
      'the own host without TLS, which an attacker may change',
      {
        origin: 'http://shop.example',
        'sec-fetch-site': 'cross-site',
      },
      false,
    ],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }, false],
    ['a sandboxed frame without Fetch Metadata', { origin: 'null' }, false],
    ['an Origin that is not valid', { origin: 'shop.example' }, false],
    ['an empty Origin', { origin: '' }, false],
    ['two origins', { origin: 'https://shop.example, https://evil.example' }, false],
    ['an unknown relation', { origin: 'https://shop.example', 'sec-fetch-site': 'same-origin, cross-site' }, false],
  ])('of %s', async (_what, headers, accepted) => {
    const app = await application();
    expect((await post(app, headers)).status).toBe(accepted ? 200 : 403);
    expect(verified).toEqual(accepted ? ['alice'] : []);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'])('is refused from another site: %s', async (method) => {
    const app = await application({}, (nest) => protect(nest, '/'));
    expect((await post(app, { origin: 'https://evil.example' }, '/account', method)).status).toBe(403);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])(
    'is not a safe request, which is accepted from another site: %s',
    async (method) => {
      const app = await application();
      expect((await post(app, { origin: 'https://evil.example' }, '/account', method)).status).toBe(200);
    },
  );

  it('gets 403 without a challenge, and an event with the reason forbidden', async () => {
    const app = await application();
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    const answer = await post(app, { origin: 'https://evil.example' });
    expect(answer).toMatchObject({ status: 403, challenges: [] });
    expect(answer.json()).toEqual({ statusCode: 403, message: 'Forbidden' });
    expect(events).toMatchObject([
      {
        reason: 'forbidden',
        scheme: 'Cookie',
        status: 403,
        route: 'AccountController.account',
        message: 'The request comes from a page of another site',
      },
    ]);
  });

  it('gets the same answer for every value of the cookie', async () => {
    const app = await application();
    const answers = await Promise.all(
      ['sid=alice', 'sid=wrong', 'sid=', 'sid=alice; sid=alice'].map(async (field) => {
        const { status, body } = await post(app, { cookie: field, origin: 'https://evil.example' });
        return [status, body];
      }),
    );
    expect(answers).toEqual(Array(4).fill(answers[0]));
    expect(verified).toEqual([]);
  });

  it('is refused on optional routes and on protected paths, but not on public routes, which ignore the cookie', async () => {
    const app = await application({}, (nest) => protect(nest, '/public'));
    const unprotected = await application();
    const foreign = { origin: 'https://evil.example' };
    expect((await post(app, foreign, '/optional')).status).toBe(403);
    expect((await post(app, foreign, '/public')).status).toBe(403);
    expect(await post(unprotected, foreign, '/public')).toMatchObject({ status: 200, body: 'open' });
    const anonymous = { method: 'POST', headers: { ...host, ...foreign } };
    expect(await send(app, '/optional', anonymous)).toMatchObject({ status: 200, body: 'nobody' });
  });

  it('is refused if a middleware makes it unsafe after a protected path has accepted it', async () => {
    const app = await application({}, (nest) => {
      protect(nest, '/account');
      nest.use((request: { method: string }, _response: unknown, next: () => void) => {
        request.method = 'DELETE';
        next();
      });
    });
    const own = { 'sec-fetch-site': 'same-origin' };
    expect(await post(app, own, '/account', 'GET')).toMatchObject({ status: 200, body: 'alice' });
    expect((await post(app, { 'sec-fetch-site': 'cross-site' }, '/account', 'GET')).status).toBe(403);
  });

  it('is not concerned if Authorization counts instead', async () => {
    const app = await application();
    const answer = await post(app, { origin: 'https://evil.example', ...bearerAuthorization('robot') });
    expect(answer).toMatchObject({ status: 200, body: 'robot' });
  });

  it('is accepted from the origins of a list, which replaces the own origin', async () => {
    const app = await application({ origins: ['https://app.example'] });
    const statusOf = async (headers: Record<string, string>) => (await post(app, headers)).status;
    expect(await statusOf({ origin: 'https://app.example', 'sec-fetch-site': 'cross-site' })).toBe(200);
    expect(await statusOf({ origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' })).toBe(403);
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({ origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(403);
    expect(await statusOf({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await statusOf({})).toBe(200);
  });

  it('is accepted from the origins that a function returns true for', async () => {
    const asked: unknown[] = [];
    const app = await application({
      origins: (origin, { headers }) => {
        asked.push([origin, headers.host]);
        return origin === 'https://app.example';
      },
    });
    expect((await post(app, { origin: 'https://app.example' })).status).toBe(200);
    expect((await post(app, { origin: 'https://evil.example' })).status).toBe(403);
    expect(asked).toEqual([
      ['https://app.example', 'shop.example'],
      ['https://evil.example', 'shop.example'],
    ]);
  });

  it.each<[what: string, origins: CookieOptions['origins'], status: number]>([
    ['a promise', (() => Promise.resolve(true)) as never, 403],
    ['a truthy value', (() => 'yes') as never, 403],
    ['an error', () => JSON.parse('{') as never, 500],
  ])('is refused if the function returns %s', async (_what, origins, status) => {
    const app = await application({ origins: origins as 'same' });
    expect((await post(app, { origin: 'https://app.example' })).status).toBe(status);
    expect(verified).toEqual([]);
  });

  it('is accepted from every site with allowCrossSite', async () => {
    const app = await application({ allowCrossSite: true });
    expect((await post(app, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  it('compares the host that a trusted proxy reports, also on protected paths', async () => {
    const forwarded = { host: 'internal', 'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https' };
    for (const path of ['/other', '/account']) {
      const isExpress = adapter() instanceof ExpressAdapter;
      const trusting = isExpress ? adapter() : new FastifyAdapter({ trustProxy: true });
      const app = await application(
        {},
        (nest) => {
          const instance = nest.getHttpAdapter().getInstance() as { set(name: string, value: unknown): void };
          if (isExpress) instance.set('trust proxy', true);
          return protect(nest, path);
        },
        trusting,
      );
      expect((await post(app, { ...forwarded, origin: 'https://shop.example' })).status).toBe(200);
      expect((await post(app, { ...forwarded, origin: 'http://shop.example' })).status).toBe(403);
      expect((await post(app, { ...forwarded, origin: 'https://internal' })).status).toBe(403);
    }
    const careful = await application();
    expect((await post(careful, { ...forwarded, origin: 'https://shop.example' })).status).toBe(403);
  });
});

@WebSocketGateway({ path: '/ws' })
class WhoGateway {
  @SubscribeMessage('who') who(@CurrentUser('name') name: string) {
    return { event: 'you', data: name };
  }
}

describe.each(adapters)('A browser with a cookie on %s', (_name, adapter) => {
  const gateway = (options: Partial<CookieOptions> = {}, more: WebSocketAuthOptions = {}) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Shop', schemes: [session(options)] }),
          WebSocketAuthModule.forRoot(more),
        ],
        providers: [WhoGateway],
      },
      (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    );
  const foreign = { origin: 'https://app.example' };

  it('opens a WebSocket from the own page', async () => {
    const app = await gateway();
    const origin = `http://127.0.0.1:${portOf(app)}`;
    const client = await connected(portOf(app), '/ws', { headers: { ...alice, origin } });
    expect(await client.ask('who')).toEqual({ event: 'you', data: 'alice' });
    expect(await open(portOf(app), '/ws', { headers: { cookie: 'sid=wrong' } })).toMatchObject({
      status: 401,
      challenges: ['Cookie realm="Shop", cookie-name="sid"'],
    });
  });

  it('opens a WebSocket from another origin only if both modules allow it', async () => {
    const origins = ['https://app.example'];
    const statusOf = async (app: INestApplication) =>
      (await open(portOf(app), '/ws', { headers: { ...alice, ...foreign } })).status;
    expect(await statusOf(await gateway())).toBe(403);
    expect(await statusOf(await gateway({}, { origins }))).toBe(403);
    expect(await statusOf(await gateway({ origins }))).toBe(403);
    expect(await statusOf(await gateway({ origins }, { origins }))).toBe(101);
  });

  it('does not open a WebSocket if the function of the origins throws, whatever it throws', async () => {
    const origins = () => {
      throw new HttpException('alice', 200);
    };
    const app = await gateway({}, { origins });
    expect(await open(portOf(app), '/ws', { headers: { ...alice, ...foreign } })).toMatchObject({ status: 500 });
  });

  it('does not open a WebSocket of another library from another origin, if protect() holds it', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [session()] })] },
      (nest) => {
        protect(nest, '/raw');
        (nest.getHttpServer() as Server).on('upgrade', (request, socket, head) => {
          sockets.handleUpgrade(request, socket, head, (client) => client.close(1000, 'done'));
        });
      },
    );
    expect((await open(portOf(app), '/raw', { headers: { ...alice, ...foreign } })).status).toBe(403);
    expect((await open(portOf(app), '/raw', { headers: alice })).status).toBe(101);
  });

  describe('and EventSource', () => {
    const source = new Source();

    @Controller()
    class StreamController {
      constructor(private readonly tickets: Tickets) {}
      @Sse('events') events(@CurrentUser() user: object) {
        return source.events(user);
      }
      @Post('ticket') issue(@Req() request: HttpRequest) {
        return this.tickets.issue(request, { path: '/events' });
      }
    }

    afterEach(closeListeners);

    it('opens a stream', async () => {
      const app = await start(adapter(), {
        imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [session(), ticket()] }), TicketsModule],
        controllers: [StreamController],
      });
      const listener = new Listener(urlOf(app, '/events'), alice);
      await listener.next('message');
      expect(listener.events).toEqual([{ name: 'alice' }]);
      const answer = await send(app, '/events', { headers: { accept: 'text/event-stream', cookie: 'sid=wrong' } });
      expect(answer).toMatchObject({ status: 401, challenges: ['Ticket realm="Shop"'] });
    });

    it('opens a stream with a ticket, which counts instead of the cookie', async () => {
      const app = await start(adapter(), {
        imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [session(), ticket()] }), TicketsModule],
        controllers: [StreamController],
      });
      const issued = await send(app, '/ticket', { method: 'POST', headers: alice });
      const { ticket: text } = issued.json() as { ticket: string };
      const listener = new Listener(urlOf(app, `/events?ticket=${text}`), { cookie: 'sid=wrong' });
      await listener.next('message');
      expect([listener.events, verified]).toEqual([[{ name: 'alice' }], ['alice']]);
    });
  });
});

@Resolver()
class AccountResolver {
  @Query(() => String) me(@CurrentUser('name') name: string) {
    return name;
  }
  @Mutation(() => String) rename(@CurrentUser('name') name: string) {
    return `${name}2`;
  }
}

describe.each(engines)('GraphQL with a cookie, with %s', (_name, engine) => {
  const begin = () =>
    start(engine.adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [session()] }), GraphQLAuthModule, engine.module()],
      providers: [AccountResolver],
    });

  it('accepts operations of the own page', async () => {
    const app = await begin();
    const own = { ...alice, origin: `http://127.0.0.1:${portOf(app)}` };
    expect((await ask(app, '{ me }', own)).result).toEqual({ data: { me: 'alice' } });
    expect((await ask(app, 'mutation { rename }', own)).result).toEqual({ data: { rename: 'alice2' } });
  });

  it('refuses operations of another site', async () => {
    const app = await begin();
    const foreign = { ...alice, origin: 'https://evil.example' };
    for (const operation of ['{ me }', 'mutation { rename }']) {
      const { codes, status } = await ask(app, operation, foreign);
      expect([codes, status]).toEqual([['FORBIDDEN'], 403]);
    }
    expect(verified).toEqual([]);
  });

  it('does not run a mutation by GET', async () => {
    const app = await begin();
    const query = encodeURIComponent('mutation { rename }');
    const headers = { ...alice, origin: 'https://evil.example', 'apollo-require-preflight': '1' };
    const answer = await send(app, `/graphql?query=${query}`, { headers });
    expect(answer.status).toBe(405);
    expect(answer.body).not.toContain('alice2');
  });
});
