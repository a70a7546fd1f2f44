import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplication, Inject, type Provider, UseGuards } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { Test } from '@nestjs/testing';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthInfo,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  protect,
  Public,
  Realm,
  RouteReport,
  type SchemeDefinition,
  Schemes,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import {
  authOf,
  userOf,
  WebSocketAuth,
  WebSocketAuthModule,
  type WebSocketAuthOptions,
} from 'nestjs-http-auth/websockets';
import type { WebSocket } from 'ws';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization } from './support/client.js';
import { freePort } from './support/free-port.js';
import { RecordingLogger } from './support/logger.js';
import { challenges, options, type User } from './support/schemes.js';
import { closeWebSockets, connected, open } from './support/websocket.js';

const password = basicAuthorization('alice', 'wonder:land');
const token = bearerAuthorization('alice-token');

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

afterEach(closeWebSockets);

@WebSocketGateway({ path: '/ws' })
class ChatGateway {
  readonly connections: unknown[] = [];
  readonly disconnections: unknown[] = [];

  handleConnection(client: WebSocket, request: { user?: unknown }) {
    this.connections.push([userOf(client), authOf(client)?.scheme, request.user]);
  }
  handleDisconnect(client: WebSocket) {
    this.disconnections.push(userOf(client));
  }
  @SubscribeMessage('who') who(@CurrentUser() user: User, @CurrentAuth() auth: AuthInfo) {
    return { event: 'you', data: [user, auth.scheme, auth.realm] };
  }
  @Scopes('chat:admin') @SubscribeMessage('admin') admin() {
    return { event: 'admin', data: 'in' };
  }
  @Scopes('chat:write') @SubscribeMessage('write') write() {
    return { event: 'write', data: 'in' };
  }
  @StepUp({ acrValues: ['mfa'] }) @SubscribeMessage('mfa') mfa() {
    return { event: 'mfa', data: 'in' };
  }
  @Scopes.by((request) => [`room:${(request.body as { room: string }).room}`]) @SubscribeMessage('room') room() {
    return { event: 'room', data: 'in' };
  }
  @Public() @SubscribeMessage('public') public() {
    return { event: 'public', data: 'in' };
  }
  @SubscribeMessage('fail') fail() {
    throw new WsException('of the application');
  }
}

@WebSocketGateway({ path: '/ws' })
class BasicGateway {
  @Schemes('basic') @SubscribeMessage('basic') basic() {
    return { event: 'basic', data: 'in' };
  }
}

@Public()
@WebSocketGateway({ path: '/open' })
class OpenGateway {
  constructor(@Inject(WebSocketAuth) private readonly auth: WebSocketAuth) {}

  @SubscribeMessage('who') who(@CurrentUser() user: User | undefined) {
    return { event: 'you', data: user ?? null };
  }
  @Public(false) @SubscribeMessage('closed') closed() {
    return { event: 'closed', data: 'in' };
  }
  @SubscribeMessage('login') async login(@ConnectedSocket() client: WebSocket, @MessageBody() authorization: string) {
    return { event: 'login', data: await this.auth.authenticate(client, authorization) };
  }
}

/** Tokens with the facts that a test needs: `name` or `name:fact`. */
const scheme = (expiresIn?: () => number): SchemeDefinition =>
  bearer<User>(({ token: text }) => {
    if (!text.startsWith('alice')) return null;
    const expiresAt = expiresIn && new Date(Date.now() + expiresIn());
    return admit({ name: text }, { scopes: ['chat:write', 'room:1'], ...(expiresAt && { expiresAt }) });
  });

describe.each(adapters)('WebSocketAuthModule with ws on %s', (_name, adapter) => {
  const begin = (
    providers: Provider[] = [ChatGateway, OpenGateway],
    more: WebSocketAuthOptions = {},
    auth: object = {},
    prepare: (app: INestApplication) => unknown = () => undefined,
    nest: object = {},
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ ...options, ...auth }), WebSocketAuthModule.forRoot(more)],
        providers,
      },
      (app) => {
        app.useWebSocketAdapter(new WsAdapter(app));
        return prepare(app);
      },
      nest,
    );

  describe('the handshake', () => {
    it('is refused with a complete 401 before 101', async () => {
      const app = await begin();
      expect(await open(portOf(app), '/ws')).toMatchObject({
        status: 401,
        challenges,
        body: JSON.stringify({ message: 'Unauthorized', statusCode: 401 }),
      });
      const wrong = await open(portOf(app), '/ws', { headers: bearerAuthorization('wrong') });
      expect(wrong).toMatchObject({
        status: 401,
        challenges: ['Bearer realm="Staging", error="invalid_token"', challenges[1]],
      });
      expect(app.get(ChatGateway).connections).toEqual([]);
    });

    it('is accepted with credentials, and handleConnection(), messages and handleDisconnect() have the principal', async () => {
      const app = await begin();
      const client = await connected(portOf(app), '/ws', { headers: password });
      expect(await client.ask('who')).toEqual({ event: 'you', data: [{ name: 'alice' }, 'Basic', 'Staging'] });
      client.socket.close();
      await client.closed;
      const { connections, disconnections } = app.get(ChatGateway);
      expect(connections).toEqual([[{ name: 'alice' }, 'Basic', { name: 'alice' }]]);
      await until(() => disconnections.length > 0);
      expect(disconnections).toEqual([{ name: 'alice' }]);
    });

    it('is open if the gateway is public, and ignores credentials there', async () => {
      const app = await begin();
      const client = await connected(portOf(app), '/open', { headers: bearerAuthorization('wrong') });
      expect(await client.ask('who')).toEqual({ event: 'you', data: null });
    });

    it('applies decorators of the class and of handleConnection()', async () => {
      @Realm('Chat')
      @Schemes('bearer')
      @WebSocketGateway({ path: '/class' })
      class ClassGateway {}
      @WebSocketGateway({ path: '/method' })
      class MethodGateway {
        @Scopes('chat:admin') handleConnection() {}
      }
      @OptionalAuth()
      @WebSocketGateway({ path: '/optional' })
      class OptionalGateway {}
      const app = await begin([ClassGateway, MethodGateway, OptionalGateway]);
      const port = portOf(app);
      expect(await open(port, '/class')).toMatchObject({ status: 401, challenges: ['Bearer realm="Chat"'] });
      expect(await open(port, '/class', { headers: password })).toMatchObject({ status: 401 });
      expect(await open(port, '/method', { headers: token })).toMatchObject({
        status: 403,
        challenges: ['Bearer realm="Staging", error="insufficient_scope", scope="chat:admin"'],
      });
      expect(await open(port, '/optional')).toMatchObject({ status: 101 });
      expect(await open(port, '/optional', { headers: bearerAuthorization('wrong') })).toMatchObject({ status: 401 });
    });

    it('never accepts a token in the query', async () => {
      const app = await begin();
      for (const query of ['access_token=alice-token', 'token=alice-token', 'authorization=Bearer%20alice-token']) {
        expect(await open(portOf(app), `/ws?${query}`)).toMatchObject({ status: 401 });
      }
    });

    it('accepts a scheme that reads the query of the upgrade', async () => {
      const ticket: SchemeDefinition = {
        name: 'Ticket',
        problem: () => undefined,
        bind: () => ({
          name: 'Ticket',
          ambient: false,
          presents: ({ url }) => url.includes('ticket='),
          authenticate: async ({ url }) => admit({ name: new URL(url, 'http://h').searchParams.get('ticket') }, {}),
          challenge: (realm) => ({ scheme: 'Ticket', params: { realm } }),
        }),
      };
      const app = await begin([ChatGateway], {}, { schemes: [ticket] });
      const headers = { origin: 'https://elsewhere.example' };
      const client = await connected(portOf(app), '/ws?ticket=one', { headers });
      expect(await client.ask('who')).toMatchObject({ data: [{ name: 'one' }, 'Ticket', 'Staging'] });
    });

    it('is verified once if protect() holds the path too', async () => {
      const verify = jest.fn(({ username }: { username: string }) => ({ name: username }));
      const app = await begin([ChatGateway, OpenGateway], {}, { schemes: [basic(verify)] }, (nest) => protect(nest));
      const client = await connected(portOf(app), '/ws', { headers: password });
      expect(await client.ask('who')).toMatchObject({ data: [{ name: 'alice' }, 'Basic', 'Staging'] });
      expect(verify).toHaveBeenCalledTimes(1);
      expect(await open(portOf(app), '/open')).toMatchObject({ status: 401 });
      const other = await connected(portOf(app), '/open', { headers: password });
      expect(await other.ask('who')).toEqual({ event: 'you', data: { name: 'alice' } });
    });

    it('gives the verifier the address behind a trusted proxy', async () => {
      const addresses: (string | undefined)[] = [];
      const remember = bearer((_credentials, request) => {
        addresses.push(request.ip);
        return { name: 'alice' };
      });
      const using = adapter();
      const app = await start(
        using.getType() === 'fastify' ? new FastifyAdapter({ trustProxy: true }) : using,
        {
          imports: [AuthModule.forRoot({ ...options, schemes: [remember] }), WebSocketAuthModule.forRoot()],
          providers: [ChatGateway],
        },
        (nest) => {
          nest.useWebSocketAdapter(new WsAdapter(nest));
          const instance: { set?(name: string, value: boolean): void } = using.getInstance();
          instance.set?.('trust proxy', true);
        },
      );
      await connected(portOf(app), '/ws', { headers: { ...token, 'x-forwarded-for': '203.0.113.7' } });
      expect(addresses).toEqual(['203.0.113.7']);
    });

    it('drops a client that has gone while the verifier ran', async () => {
      let finish: (user: object) => void = () => undefined;
      let called: () => void = () => undefined;
      const verified = new Promise<object>((resolve) => (finish = resolve));
      const verifying = new Promise<void>((resolve) => (called = resolve));
      const slow = bearer(() => (called(), verified));
      const app = await begin([ChatGateway], {}, { schemes: [slow] });
      const socket = connect(portOf(app), '127.0.0.1');
      socket.write(
        'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer x\r\n\r\n',
      );
      await verifying;
      socket.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      finish({ name: 'alice' });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(app.get(ChatGateway).connections).toEqual([]);
    });

    it('responds with 500 if the verifier fails, and does not tell why', async () => {
      const log = new RecordingLogger();
      const failing = bearer(() => {
        throw new Error('the database is down');
      });
      const app = await begin([ChatGateway], {}, { schemes: [failing] }, undefined, { logger: log });
      const answer = await open(portOf(app), '/ws', { headers: token });
      expect(answer.status).toBe(500);
      expect(answer.body).not.toContain('database');
      expect(log.text()).toContain('the database is down');
    });
  });

  describe('a token in a subprotocol', () => {
    it('authenticates, and the server selects another subprotocol', async () => {
      const app = await begin();
      const client = await connected(portOf(app), '/ws', { protocols: ['chat', 'bearer.alice-token'] });
      expect(client.socket.protocol).toBe('chat');
      expect(await client.ask('who')).toMatchObject({ data: [{ name: 'alice' }, 'Bearer', 'Staging'] });
      const first = await connected(portOf(app), '/ws', { protocols: ['bearer.alice-token', 'chat'] });
      expect(first.socket.protocol).toBe('chat');
      expect(await open(portOf(app), '/ws', { protocols: ['chat', 'bearer.wrong'] })).toMatchObject({ status: 401 });
    });

    it.each<[string, string[], Record<string, string>]>([
      ['it is the only one', ['bearer.alice-token'], {}],
      ['there are two', ['chat', 'bearer.alice-token', 'bearer.other'], {}],
      ['Authorization has credentials too', ['chat', 'bearer.alice-token'], token],
    ])('is refused with 400 if %s', async (_what, protocols, headers) => {
      const app = await begin();
      expect(await open(portOf(app), '/ws', { protocols, headers })).toMatchObject({ status: 400 });
    });

    it('has the start that the option names, and is not read if the option is false', async () => {
      const app = await begin([ChatGateway], { subprotocol: 'auth.v1.' });
      expect(await open(portOf(app), '/ws', { protocols: ['a', 'auth.v1.alice-token'] })).toMatchObject({
        status: 101,
      });
      expect(await open(portOf(app), '/ws', { protocols: ['a', 'bearer.alice-token'] })).toMatchObject({ status: 401 });
      const without = await begin([ChatGateway], { subprotocol: false });
      expect(await open(portOf(without), '/ws', { protocols: ['a', 'bearer.alice-token'] })).toMatchObject({
        status: 401,
      });
    });

    it('is not visible to the gateway', async () => {
      const seen: unknown[] = [];
      @WebSocketGateway({ path: '/seen' })
      class SeenGateway {
        handleConnection(_client: unknown, { headers, rawHeaders }: { headers: object; rawHeaders: string[] }) {
          seen.push(headers, rawHeaders);
        }
      }
      const app = await begin([SeenGateway]);
      await connected(portOf(app), '/seen', { protocols: ['chat', 'bearer.alice-token'] });
      expect(seen[0]).toMatchObject({ 'sec-websocket-protocol': 'chat' });
      expect(JSON.stringify(seen[1])).toContain('"Sec-WebSocket-Protocol","chat"');
      expect(JSON.stringify(seen)).not.toContain('alice-token');
    });
  });

  describe('Origin', () => {
    const from = (origin: string, more: Record<string, string> = password) => ({ headers: { origin, ...more } });

    it('must be the own origin if the credentials are ambient', async () => {
      const app = await begin();
      const port = portOf(app);
      expect(await open(port, '/ws', from('https://evil.example'))).toMatchObject({ status: 403, challenges: [] });
      for (const origin of ['null', 'http://127.0.0.1:1', `http://localhost:${port}`, 'file://', 'x']) {
        expect(await open(port, '/ws', from(origin))).toMatchObject({ status: 403 });
      }
      expect(await open(port, '/ws', from(`http://127.0.0.1:${port}`))).toMatchObject({ status: 101 });
      expect(await open(port, '/ws', from(`https://127.0.0.1:${port}`))).toMatchObject({ status: 101 });
    });

    it('does not matter for a token, for an open gateway, and for a client that is not a browser', async () => {
      const app = await begin();
      const port = portOf(app);
      expect(await open(port, '/ws', from('https://evil.example', token))).toMatchObject({ status: 101 });
      expect(
        await open(port, '/ws', { ...from('https://spa.example', {}), protocols: ['a', 'bearer.alice-token'] }),
      ).toMatchObject({ status: 101 });
      expect(await open(port, '/open', from('https://evil.example'))).toMatchObject({ status: 101 });
      expect(await open(port, '/ws', { headers: password })).toMatchObject({ status: 101 });
      expect(await open(port, '/ws', from('https://evil.example', {}))).toMatchObject({ status: 401 });
    });

    it('may be in a list, or be accepted by a function that returns true', async () => {
      const list = portOf(await begin([ChatGateway], { origins: ['https://app.example'] }));
      expect(await open(list, '/ws', from('https://app.example'))).toMatchObject({ status: 101 });
      expect(await open(list, '/ws', from('https://app.example.evil'))).toMatchObject({ status: 403 });
      expect(await open(list, '/ws', from(`http://127.0.0.1:${list}`))).toMatchObject({ status: 403 });
      const origins = (origin: string) =>
        (origin === 'https://a.example' || (Promise.resolve(true) as never)) as boolean;
      const judged = portOf(await begin([ChatGateway], { origins }));
      expect(await open(judged, '/ws', from('https://a.example'))).toMatchObject({ status: 101 });
      expect(await open(judged, '/ws', from('https://b.example'))).toMatchObject({ status: 403 });
    });
  });

  describe('a message', () => {
    const refused = (code: string, statusCode: number, message: string, pattern: string, more: object = {}) => ({
      event: 'exception',
      data: { status: 'error', code, statusCode, message, ...more, cause: { pattern } },
    });

    it('satisfies the policy of its handler or is refused', async () => {
      const log = new RecordingLogger();
      const app = await begin([ChatGateway], {}, { schemes: [scheme(), options.schemes[1]] }, undefined, {
        logger: log,
      });
      const client = await connected(portOf(app), '/ws', { headers: token });
      expect(await client.ask('write')).toEqual({ event: 'write', data: 'in' });
      expect(await client.ask('admin')).toEqual(
        refused('FORBIDDEN', 403, 'Forbidden', 'admin', {
          challenges: ['Bearer realm="Staging", error="insufficient_scope", scope="chat:admin"'],
        }),
      );
      expect(await client.ask('mfa')).toMatchObject({
        event: 'exception',
        data: {
          code: 'UNAUTHENTICATED',
          challenges: [expect.stringContaining('insufficient_user_authentication'), expect.any(String)],
        },
      });
      expect(await client.ask('room', { room: '1' })).toEqual({ event: 'room', data: 'in' });
      expect(await client.ask('room', { room: '2' })).toMatchObject({ data: { code: 'FORBIDDEN' } });
      expect(await client.ask('public')).toEqual({ event: 'public', data: 'in' });
      expect(log.text()).not.toMatch(/Exception|Forbidden/);
    });

    it('refuses a message with the challenges of its own schemes', async () => {
      const client = await connected(portOf(await begin([BasicGateway])), '/ws', { headers: token });
      expect(await client.ask('basic')).toEqual(
        refused('UNAUTHENTICATED', 401, 'Unauthorized', 'basic', { challenges: [challenges[1]] }),
      );
    });

    it('is refused on an open gateway until the client authenticates', async () => {
      const app = await begin();
      const client = await connected(portOf(app), '/open', { headers: token });
      const answer = await client.ask('closed', { secret: 'data' });
      expect(answer).toEqual(refused('UNAUTHENTICATED', 401, 'Unauthorized', 'closed', { challenges }));
      expect(await client.ask('login', 'Bearer wrong')).toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
      expect(await client.ask('closed')).toMatchObject({ event: 'exception' });
      expect(await client.ask('login', 'Bearer alice-token')).toEqual({ event: 'login', data: { name: 'alice' } });
      expect(await client.ask('closed')).toEqual({ event: 'closed', data: 'in' });
      expect(await client.ask('who')).toEqual({ event: 'you', data: { name: 'alice' } });
    });

    it('is reported as an event, like the handshake', async () => {
      const app = await begin();
      const events: string[] = [];
      const note = ({ type, route, scheme: name }: AuthEvent) => void events.push(`${type} ${route} ${name}`);
      for (const type of ['authenticated', 'refused'] as const) app.get(AuthEvents).on(type, note);
      await open(portOf(app), '/ws');
      const client = await connected(portOf(app), '/ws', { headers: token });
      await client.ask('admin');
      await client.ask('who');
      expect(events).toEqual([
        'refused ChatGateway.handleConnection undefined',
        'authenticated ChatGateway.handleConnection Bearer',
        'refused ChatGateway.admin Bearer',
      ]);
    });

    it('leaves the exceptions of the application as they are', async () => {
      const app = await begin();
      const client = await connected(portOf(app), '/ws', { headers: token });
      client.send('fail');
      // Nest 11 does not send it.
      expect([
        { event: 'exception', data: { status: 'error', message: 'of the application', cause: expect.anything() } },
        { event: 'you', data: expect.anything() },
      ]).toContainEqual(await client.ask('who'));
    });
  });

  describe('expiry', () => {
    it('closes the connection with 4401', async () => {
      const app = await begin([ChatGateway], {}, { schemes: [scheme(() => 300)] });
      const client = await connected(portOf(app), '/ws', { headers: token });
      expect(await client.ask('who')).toMatchObject({ event: 'you' });
      expect(await client.closed).toEqual({ code: 4401, reason: 'Token expired' });
    });

    it('refuses messages of a client that does not close', async () => {
      const app = await begin([ChatGateway], {}, { schemes: [scheme(() => 300)] });
      const client = await connected(portOf(app), '/ws', { headers: token });
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1000);
      try {
        expect(await client.ask('public')).toMatchObject({
          event: 'exception',
          data: { code: 'UNAUTHENTICATED', message: 'Token expired' },
        });
      } finally {
        jest.restoreAllMocks();
      }
    });

    it('does not close the connection if the option is ignore, or if the time is far away', async () => {
      const ignoring = await begin([ChatGateway], { expiry: 'ignore' }, { schemes: [scheme(() => 100)] });
      const client = await connected(portOf(ignoring), '/ws', { headers: token });
      const far = await begin([ChatGateway], {}, { schemes: [scheme(() => 2 ** 33)] });
      const other = await connected(portOf(far), '/ws', { headers: token });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await client.ask('who')).toMatchObject({ event: 'you' });
      expect(await other.ask('who')).toMatchObject({ event: 'you' });
    });

    it('is later if the client authenticates again, and the principal is the new one', async () => {
      let lifetime = 300;
      @WebSocketGateway({ path: '/again' })
      class AgainGateway {
        constructor(@Inject(WebSocketAuth) private readonly auth: WebSocketAuth) {}
        @Public() @SubscribeMessage('again') async again(
          @ConnectedSocket() client: WebSocket,
          @MessageBody() text: string,
        ) {
          return { event: 'again', data: await this.auth.authenticate(client, `Bearer ${text}`) };
        }
        @SubscribeMessage('who') who(@CurrentUser() user: User) {
          return { event: 'you', data: user };
        }
      }
      const app = await begin([AgainGateway], {}, { schemes: [scheme(() => lifetime)] });
      const client = await connected(portOf(app), '/again', { headers: token });
      lifetime = 60_000;
      expect(await client.ask('again', 'bob')).toMatchObject({ event: 'exception' });
      expect(await client.ask('again', 'alice-2')).toEqual({ event: 'again', data: { name: 'alice-2' } });
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await client.ask('who')).toEqual({ event: 'you', data: { name: 'alice-2' } });
    });
  });

  it('closes the connections of a principal with 1008', async () => {
    const app = await begin([ChatGateway, OpenGateway], {}, { schemes: [scheme()] });
    const [one, two] = await Promise.all(
      ['alice-1', 'alice-2'].map((name) => connected(portOf(app), '/ws', { headers: bearerAuthorization(name) })),
    );
    await connected(portOf(app), '/open');
    expect(app.get(WebSocketAuth).disconnect<User>(({ name }) => name === 'alice-1')).toBe(1);
    expect(await one?.closed).toEqual({ code: 1008, reason: 'Access revoked' });
    expect(await two?.ask('who')).toMatchObject({ event: 'you' });
  });

  describe('a separate port', () => {
    it.each([undefined, '/own'])('authenticates its clients too, with the path %s', async (path) => {
      const port = await freePort();
      @WebSocketGateway(port, { ...(path && { path }) })
      class OwnGateway {
        @SubscribeMessage('who') who(@CurrentUser() user: User) {
          return { event: 'you', data: user };
        }
      }
      await begin([OwnGateway]);
      expect(await open(port, path ?? '/')).toMatchObject({ status: 401, challenges });
      const client = await connected(port, path ?? '/', { headers: token });
      expect(await client.ask('who')).toEqual({ event: 'you', data: { name: 'alice' } });
    });
  });

  describe('startup', () => {
    const failure = (code: string, message: string) => expect.objectContaining({ code, message });

    it('stops if gateways share a place with unequal policies', async () => {
      @Public()
      @WebSocketGateway({ path: '/ws' })
      class OtherGateway {}
      await expect(begin([ChatGateway, OtherGateway])).rejects.toEqual(
        failure(
          'ERR_AUTH_TRANSPORT',
          'OtherGateway: has the same port, path and namespace as ChatGateway, but another policy; give both classes the same decorators, or one of them another path or namespace',
        ),
      );
    });

    it('stops if the adapter creates an unknown server, unless the gateways are open', async () => {
      class StrangeAdapter extends WsAdapter {
        override create() {
          return { on: () => undefined, clients: [], close: (done: () => void) => done() } as never;
        }
      }
      const strange = (app: INestApplication) => app.useWebSocketAdapter(new StrangeAdapter(app));
      await expect(begin([ChatGateway], {}, {}, strange)).rejects.toEqual(
        failure(
          'ERR_AUTH_TRANSPORT',
          'ChatGateway: StrangeAdapter creates a server that is neither of ws nor of socket.io, so nothing authenticates its clients; extend WsAdapter or IoAdapter, or mark the gateway @Public()',
        ),
      );
      await expect(begin([OpenGateway], {}, {}, strange)).resolves.toBeDefined();
    });

    it.each<[unknown, string]>([
      [{ origin: [] }, 'origin is not an option; the options are'],
      [{ origins: '*' }, "origins must be 'same', a list of origins, or a function"],
      [{ origins: ['https://a.example/'] }, "origins: 'https://a.example/' is not an origin"],
      [{ origins: ['*'] }, "origins: '*' is not an origin"],
      [{ subprotocol: 'a b' }, 'subprotocol must be'],
      [{ subprotocol: '' }, 'subprotocol must be'],
      [{ expiry: true }, "expiry must be 'close' or 'ignore'"],
      [{ handshake: 'later' }, "handshake must be 'http' or 'connect'"],
    ])('refuses the options %j', (wrong, message) => {
      expect(() => WebSocketAuthModule.forRoot(wrong as WebSocketAuthOptions)).toThrow(
        `WebSocketAuthModule: ${message}`,
      );
    });

    it('stops if a decorator of a message is invalid', async () => {
      @Public()
      @WebSocketGateway()
      class ScopedGateway {
        @Scopes('x') @SubscribeMessage('closed') closed() {}
      }
      @WebSocketGateway()
      class UnknownGateway {
        @Schemes('digest') @SubscribeMessage('unknown') unknown() {}
      }
      await expect(begin([ScopedGateway])).rejects.toMatchObject({
        code: 'ERR_AUTH_OPEN_ROUTE',
        message: expect.stringContaining('ScopedGateway.closed(): scopes: the route is public'),
      });
      await expect(begin([UnknownGateway])).rejects.toMatchObject({ code: 'ERR_AUTH_SCHEME_UNKNOWN' });
    });

    it('refuses the module twice', async () => {
      await expect(
        start(adapter(), {
          imports: [
            AuthModule.forRoot(options),
            WebSocketAuthModule.forRoot(),
            WebSocketAuthModule.forRoot({ expiry: 'ignore' }),
          ],
        }),
      ).rejects.toMatchObject({ code: 'ERR_AUTH_MODULE_TWICE' });
    });
  });

  it('holds only gateways with the guard if globalGuard is false', async () => {
    @WebSocketGateway({ path: '/unguarded' })
    class UnguardedGateway {}
    @UseGuards(HttpAuthGuard)
    @WebSocketGateway({ path: '/guarded' })
    class GuardedGateway {
      @SubscribeMessage('who') who(@CurrentUser() user: User) {
        return { event: 'you', data: user };
      }
    }
    const app = await begin([UnguardedGateway, GuardedGateway], {}, { globalGuard: false });
    expect(await open(portOf(app), '/unguarded')).toMatchObject({ status: 101 });
    expect(await open(portOf(app), '/guarded')).toMatchObject({ status: 401 });
    const client = await connected(portOf(app), '/guarded', { headers: token });
    expect(await client.ask('who')).toEqual({ event: 'you', data: { name: 'alice' } });
  });

  it('lists the handshakes and the messages in the route report', async () => {
    const app = await begin();
    const rows = app
      .get(RouteReport)
      .routes()
      .map(({ method, path, access, controller, handler }) => {
        return `${method} ${path} ${access} ${controller}.${handler}`;
      });
    expect(rows).toEqual(
      expect.arrayContaining([
        'WS /ws required ChatGateway.handleConnection',
        'MESSAGE admin required ChatGateway.admin',
        'MESSAGE public public ChatGateway.public',
        'WS /open public OpenGateway.handleConnection',
        'MESSAGE closed required OpenGateway.closed',
      ]),
    );
  });

  it('refuses the messages of a client that came in another way', async () => {
    const app = await begin();
    const gateway = app.get(ChatGateway);
    const who = app
      .get(ExternalContextCreator)
      .create(gateway, gateway.who as never, 'who', undefined, undefined, undefined, undefined, undefined, 'ws');
    await expect(who({}, null, 'who')).rejects.toMatchObject({ message: 'Unauthorized' });
  });

  it('accepts test users in a handshake', async () => {
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot(options), WebSocketAuthModule.forRoot()],
        providers: [ChatGateway],
      }),
    ).compile();
    const app = module.createNestApplication(adapter(), { logger: false });
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    try {
      expect(await open(portOf(app), '/ws')).toMatchObject({ status: 401 });
      const headers = { ...asUser({ name: 'bob' }, { scopes: ['chat:admin'] }) };
      const client = await connected(portOf(app), '/ws', { headers });
      expect(await client.ask('who')).toEqual({ event: 'you', data: [{ name: 'bob' }, 'Bearer', 'Staging'] });
      expect(await client.ask('admin')).toEqual({ event: 'admin', data: 'in' });
      expect(await client.ask('write')).toMatchObject({ data: { code: 'FORBIDDEN' } });
    } finally {
      closeWebSockets();
      await app.close();
    }
  });
});

/** Waits until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
}
