import dns from 'node:dns';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  Post,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { AuthModule, type AuthModuleOptions, basic, protect, Public } from 'nestjs-http-auth';
import { io, type Socket as Client } from 'socket.io-client';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { adapters, start, rootModule } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

const password = basicAuthorization('alice', 'wonder:land');

@Public()
@WebSocketGateway({ path: '/ws' })
class EchoGateway {
  @SubscribeMessage('echo') echo() {
    return { event: 'echo', data: 'hello' };
  }
}

@Public()
@WebSocketGateway()
class SocketIoGateway {
  @SubscribeMessage('echo') echo() {
    return 'hello';
  }
}

@Public()
@Controller()
class OpenController {
  @Get('open') open() {
    return 'open';
  }
  @Post('docs/echo') echo(@Body() body: unknown) {
    return body;
  }
  @Post('docs/upload') upload() {
    return 'uploaded';
  }
  @Get('docs/user') user(@Req() request: { user?: unknown }) {
    return { user: request.user };
  }
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

/** Opens a WebSocket. Returns the status and the challenges of a refusal, or the first message after `send`. */
async function webSocket(port: number, path: string, headers: Record<string, string> = {}, message?: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  try {
    return await new Promise<{ status: number; challenges?: string[]; connection?: string; message?: string }>(
      (resolve, reject) => {
        socket.on('unexpected-response', (_request, response: IncomingMessage) => {
          const { statusCode: status = 0, headersDistinct, headers: fields } = response;
          response.resume();
          resolve({
            status,
            challenges: headersDistinct['www-authenticate'] ?? [],
            ...(fields.connection !== undefined && { connection: fields.connection }),
          });
        });
        socket.on('open', () => (message === undefined ? resolve({ status: 101 }) : socket.send(message)));
        socket.on('message', (data: RawData) => resolve({ status: 101, message: (data as Buffer).toString() }));
        socket.on('error', reject);
      },
    );
  } finally {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

const refused = { status: 401, challenges, connection: 'close' };

/** Sends text over a connection, and returns everything that the server sends until it closes the connection. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let received = '';
  socket.on('data', (data) => (received += data.toString()));
  await once(socket, 'close');
  return received;
}

/** Waits for an event of a client of socket.io, which is not an `EventEmitter`. */
const heard = (client: Client, event: 'connect' | 'connect_error') =>
  new Promise<void>((resolve) => client.once(event, () => resolve()));

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.each(adapters)('The front door on %s', (_name, adapter) => {
  const application = (
    prepare: (app: INestApplication) => unknown,
    more: Partial<AuthModuleOptions> = {},
    using: AbstractHttpAdapter = adapter(),
    providers: object[] = [],
  ) =>
    start(
      using,
      {
        imports: [AuthModule.forRoot({ ...options, ...more })],
        controllers: [OpenController],
        providers: providers as never,
      },
      prepare,
    );

  describe('upgrades', () => {
    it('[B5] refuses a WebSocket of a gateway with a complete response, and accepts it with credentials', async () => {
      const app = await application(
        (nest) => {
          nest.useWebSocketAdapter(new WsAdapter(nest));
          protect(nest, '/ws');
        },
        {},
        undefined,
        [EchoGateway],
      );
      const port = portOf(app.getHttpServer());
      expect(await webSocket(port, '/ws')).toEqual(refused);
      expect(await webSocket(port, '/WS')).toMatchObject({ status: 401 });
      expect(await webSocket(port, '/ws', basicAuthorization('alice', 'no'))).toEqual(refused);
      expect(await webSocket(port, '/ws', password, '{"event":"echo"}')).toEqual({
        status: 101,
        message: '{"event":"echo","data":"hello"}',
      });
    });

    it('[B6] refuses polling and WebSockets of socket.io, and accepts them with credentials', async () => {
      const app = await application(
        (nest) => {
          nest.useWebSocketAdapter(new IoAdapter(nest));
          protect(nest, '/socket.io');
        },
        {},
        undefined,
        [SocketIoGateway],
      );
      const port = portOf(app.getHttpServer());
      expect(await send(app, '/socket.io/?EIO=4&transport=polling')).toMatchObject({ status: 401, challenges });
      expect(await webSocket(port, '/socket.io/?EIO=4&transport=websocket')).toEqual(refused);
      for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
        const url = `http://127.0.0.1:${port}`;
        const stranger = io(url, { transports, reconnection: false });
        closing.push(() => stranger.close());
        await heard(stranger, 'connect_error');
        const alice = io(url, { transports, reconnection: false, extraHeaders: password });
        closing.push(() => alice.close());
        await heard(alice, 'connect');
        expect(await alice.emitWithAck('echo', '')).toBe('hello');
      }
    });

    it('sees the WebSockets of a server that is attached after listen(), and its handshake has the principal', async () => {
      const app = await application((nest) => protect(nest, '/late'));
      const server = new WebSocketServer({ server: app.getHttpServer() as Server });
      closing.push(() => server.close());
      server.on('connection', (socket, request: IncomingMessage & { user?: unknown; authInfo?: unknown }) => {
        socket.on('message', () => socket.send(JSON.stringify([request.user, request.authInfo])));
      });
      const port = portOf(app.getHttpServer());
      expect(await webSocket(port, '/late')).toEqual(refused);
      expect(await webSocket(port, '/elsewhere')).toEqual({ status: 101 });
      const { message = '' } = await webSocket(port, '/late', password, 'who');
      expect(JSON.parse(message)).toEqual([{ name: 'alice' }, { scheme: 'Basic', realm: 'Staging' }]);
    });

    it('holds the WebSockets of graphql-ws', async () => {
      const app = await application((nest) => protect(nest, '/graphql'));
      const sockets = new WebSocketServer({ server: app.getHttpServer() as Server, path: '/graphql' });
      closing.push(() => sockets.close());
      useServer(
        { schema: buildSchema('type Query { hello: String }'), roots: { query: { hello: () => 'world' } } },
        sockets,
      );
      const ask = async (headers: Record<string, string>) => {
        class WithHeaders extends WebSocket {
          constructor(url: string, protocols: string) {
            super(url, protocols, { headers });
          }
        }
        const url = `ws://127.0.0.1:${portOf(app.getHttpServer())}/graphql`;
        const client = createClient({ url, webSocketImpl: WithHeaders, retryAttempts: 0 });
        closing.push(() => client.dispose());
        return new Promise((resolve, reject) => {
          client.subscribe({ query: '{ hello }' }, { next: resolve, error: reject, complete: () => undefined });
        });
      };
      await expect(ask({})).rejects.toMatchObject({ message: 'Unexpected server response: 401' });
      expect(await ask(password)).toEqual({ data: { hello: 'world' } });
    });

    it('holds the upgrades that http-proxy-middleware passes on', async () => {
      const behind = new WebSocketServer({ port: 0 });
      closing.push(() => behind.close());
      const target = `http://127.0.0.1:${portOf(behind)}`;
      const proxy = createProxyMiddleware({
        target,
        ws: true,
        pathFilter: '/proxied',
      });
      const app = await application((nest) => {
        nest.use(proxy);
        protect(nest, '/proxied');
      });
      const port = portOf(app.getHttpServer());
      // The middleware attaches its listener at its first request.
      await send(app, '/proxied', { headers: password });
      expect(await webSocket(port, '/proxied')).toEqual(refused);
      expect(await webSocket(port, '/proxied', password)).toEqual({ status: 101 });
    });

    it('applies no exception to upgrades', async () => {
      const app = await application((nest) => protect(nest, { except: ['/open'] }));
      const server = new WebSocketServer({ server: app.getHttpServer() as Server });
      closing.push(() => server.close());
      expect(await send(app, '/open')).toMatchObject({ status: 200 });
      expect(await webSocket(portOf(app.getHttpServer()), '/open')).toEqual(refused);
    });

    it('holds CONNECT if the whole server is protected', async () => {
      const app = await application((nest) => protect(nest));
      const server = app.getHttpServer() as Server;
      server.on('connect', (_request, socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\ntunnel'));
      const text = 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n';
      const answer = await raw(portOf(server), `${text}\r\n`);
      expect(answer).toContain('401 Unauthorized');
      for (const challenge of challenges) expect(answer).toContain(`WWW-Authenticate: ${challenge}`);
      const { authorization } = password;
      expect(await raw(portOf(server), `${text}Authorization: ${authorization}\r\n\r\n`)).toContain('tunnel');
    });

    it('drops an upgrade whose client has gone while the verifier ran', async () => {
      let finish: (principal: object) => void = () => undefined;
      const verified = new Promise<object>((resolve) => (finish = resolve));
      let called: () => void = () => undefined;
      const verifying = new Promise<void>((resolve) => (called = resolve));
      const slow = basic(() => (called(), verified), { limits: false });
      const app = await application((nest) => protect(nest, '/ws'), { schemes: [slow] });
      let upgrades = 0;
      (app.getHttpServer() as Server).on('upgrade', () => upgrades++);
      const socket = connect(portOf(app.getHttpServer()), '127.0.0.1');
      const { authorization } = password;
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: ${authorization}\r\n\r\n`,
      );
      await verifying;
      socket.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      finish({ name: 'alice' });
      await new Promise(setImmediate);
      expect(upgrades).toBe(0);
      expect(await send(app, '/open')).toMatchObject({ status: 200 });
    });
  });

  describe('servers', () => {
    it('sees the requests of a server that the application creates itself', async () => {
      const app = await application((nest) => protect(nest, '/docs'));
      const instance = app.getHttpAdapter().getInstance() as { routing?: never };
      const listener = (instance.routing ?? instance) as Parameters<typeof createServer>[1];
      const server = createServer(listener).listen(0, '127.0.0.1');
      closing.push(() => server.close());
      await once(server, 'listening');
      const response = await fetch(`http://127.0.0.1:${portOf(server)}/docs`);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(challenges.join(', '));
      const sockets = new WebSocketServer({ server });
      closing.push(() => sockets.close());
      expect(await webSocket(portOf(server), '/docs')).toEqual(refused);
      expect(await webSocket(portOf(server), '/docs', password)).toEqual({ status: 101 });
    });

    it('checks requests that no server announces', async () => {
      const app = await application((nest) => protect(nest, '/docs'));
      const instance = app.getHttpAdapter().getInstance() as { routing?: never };
      const listener = (instance.routing ?? instance) as (request: IncomingMessage, response: ServerResponse) => void;
      const server = createServer((request, response) => listener(request, response)).listen(0, '127.0.0.1');
      closing.push(() => server.close());
      await once(server, 'listening');
      const url = `http://127.0.0.1:${portOf(server)}/docs/user`;
      expect((await fetch(url)).status).toBe(401);
      const response = await fetch(url, { headers: password });
      expect(await response.json()).toEqual({ user: { name: 'alice' } });
    });
  });

  describe('the response of a refusal', () => {
    it('is written by the exception filters of the application', async () => {
      @Catch(UnauthorizedException)
      class Filter implements ExceptionFilter {
        catch(_exception: unknown, host: ArgumentsHost) {
          const body = { error: 'by the filter' };
          const response = host.switchToHttp().getResponse<{ status(code: number): { send(body: unknown): void } }>();
          response.status(401).send(body);
        }
      }
      const app = await application((nest) => {
        nest.useGlobalFilters(new Filter());
        protect(nest, '/docs');
      });
      const answer = await send(app, '/docs');
      expect(answer).toMatchObject({ status: 401, challenges });
      expect(answer.json()).toEqual({ error: 'by the filter' });
      expect(answer.headers['cache-control']).toBe('private, no-cache');
    });

    it.each<[string, Partial<AuthModuleOptions>, (app: INestApplication) => unknown]>([
      ['a protected path', {}, (app) => protect(app, '/docs')],
      ['early', { early: true, public: [] }, () => undefined],
    ])('[B8] has the fields of CORS: %s', async (_what, more, prepare) => {
      @Controller()
      class ClosedController {
        @Get('docs') docs() {
          return 'docs';
        }
      }
      const app = await start(
        adapter(),
        { imports: [AuthModule.forRoot({ ...options, ...more })], controllers: [ClosedController] },
        (nest) => {
          nest.enableCors({ origin: 'https://spa.example', credentials: true });
          prepare(nest);
        },
      );
      const origin = 'https://spa.example';
      const answer = await send(app, '/docs', { headers: { origin } });
      expect(answer).toMatchObject({ status: 401, challenges });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'WWW-Authenticate',
      });
      const preflight = await send(app, '/docs', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(preflight).toMatchObject({ status: 204, challenges: [] });
      expect(preflight.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'authorization',
      });
      const good = await send(app, '/docs', { headers: { origin, ...password } });
      expect(good).toMatchObject({ status: 200 });
      expect(good.headers).toMatchObject({ 'access-control-allow-origin': origin });
    });

    const upload = (port: number, path: string, headers: Record<string, string> = {}) =>
      new Promise<string[]>((resolve, reject) => {
        const events: string[] = [];
        const request = httpRequest({
          port,
          path,
          method: 'POST',
          headers: {
            ...headers,
            expect: '100-continue',
            'content-type': 'application/json',
            'content-length': '2',
          },
        });
        request.on('continue', () => {
          events.push('continue');
          request.end('{}');
        });
        request.on('response', (response) => {
          events.push(String(response.statusCode));
          response.resume();
          request.destroy();
          resolve(events);
        });
        request.on('error', reject);
        request.flushHeaders();
      });

    it.each<[string, Partial<AuthModuleOptions>, (app: INestApplication) => unknown]>([
      ['a protected path', {}, (app) => protect(app, '/docs')],
      ['early', { early: true }, () => undefined],
    ])('[B10] comes before any 100 Continue: %s', async (_what, more, prepare) => {
      @Controller()
      class UploadController {
        @Post('docs') docs() {
          return 'docs';
        }
        @Public() @Post('open') open() {
          return 'open';
        }
      }
      const app = await start(
        adapter(),
        { imports: [AuthModule.forRoot({ ...options, ...more })], controllers: [UploadController] },
        prepare,
      );
      const port = portOf(app.getHttpServer());
      expect(await upload(port, '/docs')).toEqual(['401']);
      expect(await upload(port, '/open')).toEqual(['continue', '201']);
      expect(await upload(port, '/docs', password)).toEqual(['continue', '201']);
    });
  });

  describe('requests that are held', () => {
    const later = basic(
      async ({ password: word }) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return word === 'wonder:land' ? { name: 'alice' } : null;
      },
      { limits: false },
    );
    const { authorization } = password;
    const slow = (prepare: (app: INestApplication) => unknown = (nest) => protect(nest, '/docs')) =>
      application(prepare, { schemes: [later] });

    it('keep their body', async () => {
      const body = JSON.stringify({ text: 'x'.repeat(90_000) });
      const app = await slow();
      const headers = { ...password, 'content-type': 'application/json' };
      expect(await send(app, '/docs/echo', { method: 'POST', headers, body })).toMatchObject({ status: 201, body });
    });

    it('keep the order of pipelined requests, and the connection', async () => {
      const app = await slow();
      const of = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
      const upload = 'POST /docs/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello';
      const text = await raw(
        portOf(app.getHttpServer()),
        of('/docs/user', `Authorization: ${authorization}\r\n`) +
          of('/open') +
          upload +
          of('/open', 'Connection: close\r\n'),
      );
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
      expect(text.indexOf('alice')).toBeLessThan(text.indexOf('open'));
    });

    it('keep what the client sends after an upgrade, before it is accepted', async () => {
      const app = await slow();
      const server = app.getHttpServer() as Server;
      server.on('upgrade', (_request, socket: Socket, head: Buffer) => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${head.toString()}`,
        );
        socket.on('data', (data) => {
          socket.write(data);
          if (data.toString().includes('end')) socket.end();
        });
      });
      const socket = connect(portOf(server), '127.0.0.1');
      socket.write(
        `GET /docs HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\nAuthorization: ${authorization}\r\n\r\nhead `,
      );
      setTimeout(() => socket.write('while it waits '), 10);
      setTimeout(() => socket.write('end'), 100);
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      await once(socket, 'close');
      expect(text).toContain('101 Switching Protocols');
      expect(text).toContain('head while it waits end');
    });

    it('are dropped if the client is gone, and do not disturb close()', async () => {
      const app = await slow();
      const port = portOf(app.getHttpServer());
      const fields = `Host: h\r\nAuthorization: ${authorization}\r\n`;
      for (const [head, end] of [
        [`POST /docs/upload HTTP/1.1\r\n${fields}Content-Length: 100\r\n\r\npart`, 'reset'],
        [`GET /docs/user HTTP/1.1\r\n${fields}\r\n`, 'reset'],
        [`GET /docs/user HTTP/1.1\r\n${fields}\r\n`, 'end'],
        [`POST /docs/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\npart`, 'reset'],
      ] as const) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(head);
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (end === 'reset') socket.resetAndDestroy();
        else socket.end();
      }
      const pending = send(app, '/docs/user', { headers: password });
      await new Promise((resolve) => setTimeout(resolve, 10));
      await Promise.all([app.close(), pending.catch(() => undefined)]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect((app.getHttpServer() as Server).listening).toBe(false);
    });
  });

  it('accepts dot segments with the option dotSegments, if the policies of both paths are satisfied', async () => {
    const prepare = (app: INestApplication) => {
      protect(app, '/docs');
      protect(app, '/docs/lax', { access: 'optional' });
    };
    const strict = await application(prepare);
    const lax = await application(prepare, { dotSegments: true });
    for (const path of ['/open/../open', '/docs/../open', '/open/%2e%2e/docs']) {
      expect(await send(strict, path, { headers: password })).toMatchObject({ status: 400 });
    }
    for (const path of ['/docs/../open', '/open/../docs', '/docs/lax/../user', '/docs/%2e%2e/open']) {
      expect(await send(lax, path)).toMatchObject({ status: 401, challenges });
      expect((await send(lax, path, { headers: password })).status).not.toBe(400);
    }
    expect((await send(lax, '/open/../open')).status).not.toBe(400);
  });

  it('[B13] responds with 500 if a request hook of the application rejects', async () => {
    const app = await application((nest) => {
      protect(nest, '/docs');
      (nest.getHttpAdapter() as unknown as { setOnRequestHook(hook: () => Promise<void>): void }).setOnRequestHook(() =>
        Promise.reject(new Error('of the hook')),
      );
    });
    expect(await send(app, '/open')).toMatchObject({ status: 500 });
    expect(await send(app, '/docs')).toMatchObject({ status: 401 });
  });

  it('responds with 503 if the verifier does not answer', async () => {
    const never = basic(() => new Promise<null>(() => undefined), { limits: false });
    const app = await application((nest) => protect(nest, '/docs'), { schemes: [never], verifierTimeout: 50 });
    expect(await send(app, '/docs', { headers: password })).toMatchObject({ status: 503 });
    const server = app.getHttpServer() as Server;
    server.on('upgrade', (_request, socket: Socket) => socket.destroy());
    expect(await webSocket(portOf(server), '/docs', password)).toMatchObject({ status: 503 });
  });
});

describe('The front door on Express', () => {
  const metadata = { imports: [AuthModule.forRoot(options)], controllers: [OpenController] };

  it('[B7] holds routes that an instance had before Nest', async () => {
    const instance = express();
    instance.get('/legacy', (_request, response) => void response.send('legacy'));
    const app = await start(new ExpressAdapter(instance), metadata, (nest) => protect(nest, '/legacy'));
    expect(await send(app, '/legacy')).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/legacy', { headers: password })).toMatchObject({ status: 200, body: 'legacy' });
    // Without a server, the layers of Express are checked.
    const bare = createServer((request, response) => void instance(request, response)).listen(0, '127.0.0.1');
    closing.push(() => bare.close());
    await once(bare, 'listening');
    const url = `http://127.0.0.1:${portOf(bare)}/legacy`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: password })).status).toBe(200);
  });

  it('applies the policy to a URL that a middleware has rewritten', async () => {
    const app = await start(new ExpressAdapter(), metadata, (nest) => {
      nest.use((request: IncomingMessage & { originalUrl: string }, _response: unknown, next: () => void) => {
        if (request.url?.startsWith('/alias') === true) {
          request.url = request.url.replace('/alias', '/files');
          request.originalUrl = request.url;
        }
        if (request.url === '/filesa') request.url = '/files/a';
        next();
      });
      const router = express.Router();
      router.use((request, response) => void response.send(`file ${request.url}`));
      nest.use('/files', router);
      protect(nest, '/files');
    });
    // The middleware makes `/files/a` of `/filesa`, so a router below `/files` sees both in the same way.
    for (const path of ['/alias', '/alias/a', '/alias?x', '/files', '/files/a?x=1', '/filesa']) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges });
      expect(await send(app, path, { headers: password })).toMatchObject({ status: 200 });
    }
  });

  it('keeps the exceptions of mounted routers', async () => {
    const app = await start(new ExpressAdapter(), metadata, (nest) => {
      const router = express.Router();
      router.use((request, response) => void response.send(request.baseUrl));
      nest.use('/health', router);
      protect(nest, { except: ['/health'] });
    });
    for (const path of ['/health', '/health?x=1']) {
      expect(await send(app, path)).toMatchObject({ status: 200, body: '/health' });
    }
    expect(await send(app, '/health/')).toMatchObject({ status: 401 });
  });

  it('reads the targets of an application that is mounted in another one relative to it', async () => {
    const instance = express();
    await start(new ExpressAdapter(instance), metadata, (nest) => {
      const router = express.Router();
      router.use((_request, response) => void response.send('inside'));
      nest.use('/docs', router);
      protect(nest, '/docs');
    });
    const outer = express();
    outer.use('/sub', instance);
    const server = outer.listen(0, '127.0.0.1');
    closing.push(() => server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${portOf(server)}/sub`;
    expect((await fetch(`${url}/open`)).status).toBe(200);
    expect((await fetch(`${url}/docs`)).status).toBe(401);
    expect((await fetch(`${url}/docs/a?x`, { headers: password })).status).toBe(200);
  });
});

describe('The front door on Fastify', () => {
  const metadata = { imports: [AuthModule.forRoot(options)], controllers: [OpenController] };

  it('[B11] sees the second server that listens on the other address of localhost', async () => {
    // As on most machines. Here, localhost may have one address only.
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
    const real = dns.lookup as (...args: unknown[]) => void;
    const lookup = jest.spyOn(dns, 'lookup');
    lookup.mockImplementation(((...args: [string, { all?: boolean }, (error: null, all: object) => void]) => {
      if (args[1].all === true) args[2](null, addresses);
      else real(...args);
    }) as never);
    closing.push(() => lookup.mockRestore());
    const app = await NestFactory.create(rootModule(metadata), new FastifyAdapter(), {
      logger: false,
    });
    closing.push(() => app.close());
    app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      if (request.url === '/middleware') response.writeHead(401).end();
      else next();
    });
    protect(app, '/docs');
    await app.listen(0, 'localhost');
    const port = portOf(app.getHttpServer());
    for (const host of ['127.0.0.1', '[::1]']) {
      for (const path of ['/middleware', '/docs']) {
        const response = await fetch(`http://${host}:${port}${path}`);
        expect([host, path, response.status, response.headers.get('www-authenticate')]).toEqual([
          host,
          path,
          401,
          challenges.join(', '),
        ]);
      }
    }
  });

  it('applies the policy to a URL that rewriteUrl has rewritten', async () => {
    const adapter = new FastifyAdapter({
      rewriteUrl: ({ url = '' }) => url.replace('/alias', '/docs'),
    } as never);
    const app = await start(adapter, metadata, (nest) => protect(nest, '/docs'));
    expect(await send(app, '/alias/user')).toMatchObject({ status: 401, challenges });
    const answer = await send(app, '/alias/user', { headers: password });
    expect(answer.json()).toEqual({ user: { name: 'alice' } });
  });

  it('sees HTTP/2', async () => {
    const adapter = new FastifyAdapter({ http2: true } as never);
    const app = await start(adapter as never, metadata, (nest) => protect(nest, '/docs'));
    const session = connectHttp2(`http://127.0.0.1:${portOf(app.getHttpServer())}`);
    const ask = async (path: string, headers: object = {}) => {
      const stream = session.request({ ':path': path, ...headers });
      const [fields] = (await once(stream, 'response')) as [Record<string, unknown>];
      let body = '';
      for await (const chunk of stream) body += String(chunk);
      return { status: fields[':status'], challenges: fields['www-authenticate'], body };
    };
    try {
      expect(await ask('/docs/user')).toMatchObject({ status: 401, challenges: challenges.join(', ') });
      expect(await ask('/docs/user', password)).toMatchObject({ status: 200, body: '{"user":{"name":"alice"}}' });
      expect(await ask('/docs/../open')).toMatchObject({ status: 400 });
      expect(await ask('/open')).toMatchObject({ status: 200, body: 'open' });
    } finally {
      session.close();
    }
  });

  it('checks inject()', async () => {
    const app = await start(new FastifyAdapter(), metadata, (nest) => protect(nest, '/docs'));
    const instance = app.getHttpAdapter().getInstance() as FastifyInstance;
    const refusal = await instance.inject('/docs/user');
    expect(refusal.statusCode).toBe(401);
    expect(refusal.headers['www-authenticate']).toEqual(challenges);
    const answer = await instance.inject({ url: '/docs/user', headers: password });
    expect(answer.json()).toEqual({ user: { name: 'alice' } });
  });
});
