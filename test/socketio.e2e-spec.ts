import type { EventEmitter as Emitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type INestApplication, Inject, type Provider } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  admit,
  AuthModule,
  bearer,
  CurrentUser,
  protect,
  Public,
  RouteReport,
  type SchemeDefinition,
  Scopes,
} from 'nestjs-http-auth';
import { userOf, WebSocketAuth, WebSocketAuthModule, type WebSocketAuthOptions } from 'nestjs-http-auth/websockets';
import type { Server, ServerOptions, Socket as ServerSocket } from 'socket.io';
import { io, Manager, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { challenges, options, type User } from './support/schemes.js';
import { closeWebSockets, open } from './support/websocket.js';

const password = basicAuthorization('alice', 'wonder:land');
const token = bearerAuthorization('alice-token');
const refused = { status: 401, challenges };

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

const clients: Socket[] = [];

afterEach(() => {
  for (const one of clients.splice(0)) one.close();
  closeWebSockets();
});

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** The error of a refused connection: the status of the HTTP response, and the data of a refused namespace. */
type Refusal = Error & { data?: unknown; context?: { status?: number; responseText?: string } };

function client(port: number, namespace = '/', more: ClientOptions = {}): Socket {
  const socket = io(`http://127.0.0.1:${port}${namespace}`, { forceNew: true, reconnection: false, ...more });
  clients.push(socket);
  return socket;
}

/** Waits for an event of a client, which is not an `EventEmitter`. */
const heard = <T = unknown>(socket: Socket, event: string) =>
  new Promise<T>((resolve) => socket.once(event, (data: T) => resolve(data)));

async function connected(port: number, namespace?: string, more?: ClientOptions): Promise<Socket> {
  const socket = client(port, namespace, more);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

const refusal = (port: number, namespace?: string, more?: ClientOptions): Promise<Refusal> =>
  connected(port, namespace, more).then(
    () => Promise.reject(new Error('The client was accepted')),
    (error: Refusal) => error,
  );

@WebSocketGateway()
class ChatGateway {
  @WebSocketServer() readonly server!: Server;
  readonly connections: unknown[] = [];
  handleConnection(socket: ServerSocket) {
    this.connections.push(userOf(socket));
  }
  @SubscribeMessage('who') who(@CurrentUser() user: User) {
    return user;
  }
  @Scopes('chat:admin') @SubscribeMessage('admin') admin() {
    return 'in';
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {
  @SubscribeMessage('who') who(@CurrentUser() user: User) {
    return user;
  }
}

@Public()
@WebSocketGateway({ namespace: '/open' })
class OpenGateway {
  constructor(@Inject(WebSocketAuth) private readonly auth: WebSocketAuth) {}

  @SubscribeMessage('who') who(@CurrentUser() user: User | undefined) {
    return user ?? 'nobody';
  }
  @SubscribeMessage('login') login(@ConnectedSocket() socket: ServerSocket, @MessageBody() authorization: string) {
    return this.auth.authenticate(socket, authorization);
  }
  @Public(false) @SubscribeMessage('closed') closed() {
    return 'in';
  }
}

@WebSocketGateway({ namespace: /^\/room-\d+$/ as never })
class RoomGateway {
  @SubscribeMessage('who') who(@CurrentUser() user: User) {
    return user;
  }
}

/** Accepts tokens that begin with a name, for some time. */
const expiring = (lifetime: () => number): SchemeDefinition =>
  bearer<User>(({ token: name }) =>
    name.startsWith('alice') || name.startsWith('bob')
      ? admit({ name }, { expiresAt: new Date(Date.now() + lifetime()) })
      : null,
  );

describe.each(adapters)('WebSocketAuthModule with socket.io on %s', (_name, adapter) => {
  const begin = (
    providers: Provider[] = [ChatGateway],
    more: WebSocketAuthOptions = {},
    auth: object = {},
    server: Partial<ServerOptions> = {},
    prepare: (app: INestApplication) => unknown = () => undefined,
  ) => {
    class Adapter extends IoAdapter {
      override createIOServer(port: number, given?: object) {
        return super.createIOServer(port, { ...given, ...server } as never);
      }
    }
    return start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, ...auth }), WebSocketAuthModule.forRoot(more)], providers },
      (app) => {
        app.useWebSocketAdapter(new Adapter(app));
        return prepare(app);
      },
    );
  };

  describe('the handshake', () => {
    it('is refused with a complete 401 before 101, and polling too', async () => {
      const app = await begin();
      const port = portOf(app);
      expect(await send(app, '/socket.io/?EIO=4&transport=polling')).toMatchObject({
        ...refused,
        body: JSON.stringify({ message: 'Unauthorized', statusCode: 401 }),
      });
      expect(await open(port, '/socket.io/?EIO=4&transport=websocket')).toMatchObject(refused);
      expect(await send(app, '/socket.io/?EIO=4&transport=polling&sid=')).toMatchObject(refused);
      for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
        await refusal(port, '/', { transports });
      }
      const polling = await refusal(port, '/', { transports: ['polling'], extraHeaders: bearerAuthorization('wrong') });
      expect(polling.context?.status).toBe(401);
      expect(app.get(ChatGateway).connections).toEqual([]);
    });

    it.each([[['polling']], [['websocket']], [['polling', 'websocket']]])(
      'is accepted with credentials by %s, and the principal is known',
      async (transports) => {
        const app = await begin();
        const socket = await connected(portOf(app), '/', { transports, extraHeaders: password });
        expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
        expect(app.get(ChatGateway).connections).toEqual([{ name: 'alice' }]);
      },
    );

    it('accepts no session id that engine.io does not know', async () => {
      const app = await begin();
      const answer = await send(app, '/socket.io/?EIO=4&transport=polling&sid=unknown');
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('Session ID unknown') });
      expect(await open(portOf(app), '/socket.io/?EIO=4&transport=websocket&sid=unknown')).toMatchObject({
        status: 400,
      });
    });

    it('keeps the fields of CORS on a refusal', async () => {
      const app = await begin([ChatGateway], {}, {}, { cors: { origin: 'https://app.example', credentials: true } });
      const headers = { origin: 'https://app.example' };
      const answer = await send(app, '/socket.io/?EIO=4&transport=polling', { headers });
      expect(answer).toMatchObject(refused);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-expose-headers': 'WWW-Authenticate',
      });
      const preflight = await send(app, '/socket.io/?EIO=4&transport=polling', {
        method: 'OPTIONS',
        headers: { ...headers, 'access-control-request-method': 'GET' },
      });
      expect(preflight).toMatchObject({ status: 204, challenges: [] });
    });

    it('checks the Origin if the credentials are ambient, for polling and WebSockets', async () => {
      const app = await begin([ChatGateway], { origins: ['https://app.example'] });
      const at = (origin: string) => ({ headers: { origin, ...password } });
      for (const [origin, status] of [
        ['https://app.example', 200],
        ['https://evil.example', 403],
      ] as const) {
        expect(await send(app, '/socket.io/?EIO=4&transport=polling', at(origin))).toMatchObject({ status });
        const upgraded = await open(portOf(app), '/socket.io/?EIO=4&transport=websocket', at(origin));
        expect(upgraded.status).toBe(status === 200 ? 101 : 403);
      }
    });

    it('is authenticated on a separate port and path too', async () => {
      const port = await freePort();
      @WebSocketGateway(port, { path: '/io' })
      class OwnGateway extends AdminGateway {}
      await begin([OwnGateway]);
      expect(await open(port, '/io/?EIO=4&transport=websocket')).toMatchObject(refused);
      const socket = await connected(port, '/', { path: '/io', extraHeaders: token });
      expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
    });

    it('is authenticated with the adapter that Nest uses by default', async () => {
      const app = await start(adapter(), {
        imports: [AuthModule.forRoot(options), WebSocketAuthModule.forRoot()],
        providers: [ChatGateway],
      });
      expect(await send(app, '/socket.io/?EIO=4&transport=polling')).toMatchObject(refused);
      const socket = await connected(portOf(app), '/', { extraHeaders: token });
      expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
      const exception = heard(socket, 'exception');
      socket.emit('admin');
      expect(await exception).toMatchObject({ code: 'FORBIDDEN' });
    });

    it('is verified once if protect() holds the path too', async () => {
      let calls = 0;
      const counting = bearer(() => (calls++, { name: 'alice' }));
      const app = await begin([ChatGateway], {}, { schemes: [counting] }, {}, (nest) => protect(nest, '/socket.io'));
      for (const transports of [['websocket'], ['polling']]) {
        calls = 0;
        const socket = await connected(portOf(app), '/', { transports, extraHeaders: token });
        expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
        // protect() verifies each request of polling.
        expect(calls).toBeLessThanOrEqual(transports[0] === 'websocket' ? 1 : 10);
      }
    });
  });

  describe('a namespace', () => {
    it('has the policy of its gateway', async () => {
      const app = await begin([ChatGateway, AdminGateway, OpenGateway, RoomGateway]);
      const port = portOf(app);
      const data = { status: 'error', code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized', challenges };
      for (const namespace of ['/', '/admin', '/room-1']) {
        const error = await refusal(port, namespace);
        expect(error).toMatchObject({ message: 'Unauthorized', data });
        const socket = await connected(port, namespace, { extraHeaders: token });
        expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
      }
      const nobody = await connected(port, '/open');
      expect(await nobody.emitWithAck('who')).toBe('nobody');
    });

    it('is closed if no gateway has it', async () => {
      const port = portOf(await begin([AdminGateway, OpenGateway]));
      await refusal(port, '/');
      expect((await refusal(port, '/elsewhere')).message).toBe('Invalid namespace');
    });

    it('is closed if the application creates it', async () => {
      @Public()
      @WebSocketGateway()
      class PublicGateway {}
      @WebSocketGateway({ namespace: 'admin' })
      class CreatingGateway {
        afterInit(server: { server: Server }) {
          server.server.of('/own');
        }
      }
      const port = portOf(await begin([PublicGateway, CreatingGateway]));
      await connected(port, '/');
      await refusal(port, '/own');
      expect(await connected(port, '/own', { extraHeaders: token })).toMatchObject({ connected: true });
    });

    it('is open if all gateways of the server are open', async () => {
      const port = portOf(await begin([OpenGateway]));
      await connected(port, '/');
      const socket = await connected(port, '/open');
      expect(await socket.emitWithAck('who')).toBe('nobody');
    });
  });

  describe('auth: { token }', () => {
    it('authenticates in a namespace, without credentials in the HTTP request', async () => {
      const port = portOf(await begin([ChatGateway, AdminGateway], { handshake: 'connect' }));
      const socket = await connected(port, '/', { auth: { token: 'alice-token' } });
      expect(await socket.emitWithAck('who')).toEqual({ name: 'alice' });
      const wrong = await refusal(port, '/', { auth: { token: 'wrong' } });
      expect(wrong.data).toMatchObject({
        code: 'UNAUTHENTICATED',
        challenges: ['Bearer realm="Staging", error="invalid_token"', challenges[1]],
      });
      expect((await refusal(port)).data).toMatchObject({ code: 'UNAUTHENTICATED' });
      const bad = await refusal(port, '/', { extraHeaders: bearerAuthorization('wrong'), transports: ['polling'] });
      expect(bad.context?.status).toBe(401);
    });

    it.each<[string, ClientOptions]>([
      ['Authorization has credentials too', { auth: { token: 'alice-token' }, extraHeaders: token }],
      [
        'a subprotocol has a token too',
        { auth: { token: 'alice-token' }, transports: ['websocket'], protocols: ['a', 'bearer.alice-token'] },
      ],
      ['it is not a string', { auth: { token: ['alice-token'] } }],
      ['it is not a token', { auth: { token: 'alice token' } }],
    ])('is refused if %s', async (_what, more) => {
      const port = portOf(await begin([ChatGateway], { handshake: 'connect' }));
      expect((await refusal(port, '/', more)).data).toMatchObject({ code: 'BAD_REQUEST', statusCode: 400 });
    });

    it('gives each namespace of a connection its own principal', async () => {
      const schemes = [expiring(() => 60_000)];
      const port = portOf(await begin([ChatGateway, AdminGateway], { handshake: 'connect' }, { schemes }));
      const alice = await connected(port, '/', { auth: { token: 'alice' } });
      const bob = alice.io.socket('/admin', { auth: { token: 'bob' } });
      clients.push(bob);
      await heard(bob, 'connect');
      expect(await bob.emitWithAck('who')).toEqual({ name: 'bob' });
      expect(await alice.emitWithAck('who')).toEqual({ name: 'alice' });
    });
  });

  it('tells the client of a refused message, and calls its acknowledgement', async () => {
    const port = portOf(await begin());
    const socket = await connected(port, '/', { extraHeaders: token });
    const exception = heard(socket, 'exception');
    const data = {
      status: 'error',
      code: 'FORBIDDEN',
      statusCode: 403,
      message: 'Forbidden',
      challenges: ['Bearer realm="Staging", error="insufficient_scope", scope="chat:admin"'],
      cause: { pattern: 'admin' },
    };
    expect(await socket.emitWithAck('admin', 'secret')).toEqual(data);
    expect(await exception).toEqual(data);
  });

  it('authenticates an open connection again', async () => {
    const port = portOf(await begin([OpenGateway]));
    const socket = await connected(port, '/open');
    expect(await socket.emitWithAck('closed')).toMatchObject({ code: 'UNAUTHENTICATED' });
    const exception = heard(socket, 'exception');
    socket.emit('login', 'Bearer wrong');
    expect(await exception).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await socket.emitWithAck('login', token.authorization)).toEqual({ name: 'alice' });
    expect(await socket.emitWithAck('closed')).toBe('in');
  });

  describe('the end of a connection', () => {
    const end = (message: string, closeCode: number) => ({
      status: 'error',
      code: 'UNAUTHENTICATED',
      statusCode: 401,
      message,
      closeCode,
    });

    it('comes when the credentials expire', async () => {
      const schemes = [expiring(() => 400)];
      const port = portOf(await begin([ChatGateway], {}, { schemes }));
      for (const transports of [['websocket'], ['polling']]) {
        const socket = await connected(port, '/', { transports, extraHeaders: token });
        const exception = heard(socket, 'exception');
        const reason = heard(socket, 'disconnect');
        expect(await exception).toEqual(end('Token expired', 4401));
        expect(await reason).toBe('io server disconnect');
      }
    });

    it('concerns only the namespace whose token has expired', async () => {
      const lifetimes = [60_000, 300];
      const schemes = [expiring(() => lifetimes.shift() ?? 0)];
      const port = portOf(await begin([ChatGateway, AdminGateway], { handshake: 'connect' }, { schemes }));
      const alice = await connected(port, '/', { auth: { token: 'alice' } });
      const bob = alice.io.socket('/admin', { auth: { token: 'bob' } });
      clients.push(bob);
      await heard(bob, 'connect');
      expect(await heard(bob, 'disconnect')).toBe('io server disconnect');
      expect(await alice.emitWithAck('who')).toEqual({ name: 'alice' });
    });

    it('comes when the application disconnects the principal, and its session is not recovered without credentials', async () => {
      let isActive = true;
      const schemes = [bearer<User>(() => (isActive ? { name: 'alice' } : null))];
      const recovery = { connectionStateRecovery: {} };
      const app = await begin([ChatGateway], { handshake: 'connect' }, { schemes }, recovery);
      const socket = await connected(portOf(app), '/', { auth: { token: 'alice' } });
      const exception = heard(socket, 'exception');
      const gone = heard(socket, 'disconnect');
      isActive = false;
      expect(app.get(WebSocketAuth).disconnect<User>(({ name }) => name === 'alice')).toBe(1);
      expect(await exception).toEqual(end('Access revoked', 1008));
      await gone;
      const error = heard<Refusal>(socket, 'connect_error');
      socket.connect();
      expect((await error).data).toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    it('is not undone by connectionStateRecovery', async () => {
      let isActive = true;
      const schemes = [bearer<User>(() => (isActive ? { name: 'alice' } : null))];
      const recovery = { connectionStateRecovery: { skipMiddlewares: true } };
      const app = await begin([ChatGateway], { handshake: 'connect' }, { schemes }, recovery);
      const socket = await connected(portOf(app), '/', { auth: { token: 'alice' } });
      // A client can recover its session only after it has received a message.
      const exception = heard(socket, 'exception');
      socket.emit('admin');
      await exception;
      isActive = false;
      const gone = heard(socket, 'disconnect');
      socket.io.engine.close();
      await gone;
      // socket.io keeps this message for the lost session, and would send it before it calls any middleware.
      app.get(ChatGateway).server.emit('news', 'secret');
      const received: unknown[] = [];
      (socket.io as unknown as Emitter).on('packet', ({ data }: { data: unknown }) => received.push(data));
      const error = heard<Refusal>(socket, 'connect_error');
      socket.connect();
      expect((await error).data).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(socket.recovered).not.toBe(true);
      expect(received).toEqual([expect.objectContaining({ message: expect.any(String) })]);
    });

    it('comes when the application disconnects the principal of a client that has not named a namespace', async () => {
      const app = await begin([ChatGateway]);
      const manager = new Manager(`http://127.0.0.1:${portOf(app)}`, { reconnection: false, extraHeaders: token });
      const [isOpen, isClosed] = (['open', 'close'] as const).map(
        (event) => new Promise<void>((resolve) => void manager.once(event, () => resolve())),
      );
      manager.open();
      await isOpen;
      expect(app.get(WebSocketAuth).disconnect<User>(({ name }) => name === 'bob')).toBe(0);
      expect(app.get(WebSocketAuth).disconnect<User>(({ name }) => name === 'alice')).toBe(1);
      await isClosed;
    });
  });

  it('lists the namespaces in the route report', async () => {
    const app = await begin([ChatGateway, AdminGateway]);
    const rows = app.get(RouteReport).routes();
    expect(rows.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'WS /',
      'MESSAGE who',
      'MESSAGE admin',
      'WS /socket.io (namespace /admin)',
      'MESSAGE who',
    ]);
  });
});
