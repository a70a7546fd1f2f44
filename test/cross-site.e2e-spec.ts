import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, type INestApplication, type Type } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  admit,
  AuthEvents,
  AuthModule,
  basic,
  bearer,
  CurrentUser,
  type HttpRequest,
  OptionalAuth,
  protect,
  Public,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { ticket } from 'nestjs-http-auth/tickets';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { WebSocket, WebSocketServer } from 'ws';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { closeWebSockets, connected, open } from './support/websocket.js';

const userOf = ({ headers }: HttpRequest) => /sid=(\w+)/.exec(headers.cookie ?? '')?.[1];

/** Sessions in a cookie, which a browser sends with the requests of every page. */
const cookie: SchemeDefinition = {
  name: 'Cookie',
  problem: () => undefined,
  bind: () => ({
    name: 'Cookie',
    presents: (request) => userOf(request) !== undefined,
    authenticate: async (request) => admit({ name: userOf(request) }, {}),
    challenge: (realm) => ({ scheme: 'Cookie', params: { realm } }),
  }),
};

const schemes = [bearer(({ token }) => (token === 'bob' ? { name: 'bob' } : null)), cookie, ticket()];

class Gateway {
  @SubscribeMessage('who') who(@CurrentUser('name') name = 'nobody') {
    return { event: 'you', data: name };
  }
}
@WebSocketGateway({ path: '/ws' })
class ClosedGateway extends Gateway {}
@OptionalAuth()
@WebSocketGateway({ path: '/ws' })
class OptionalGateway extends Gateway {}
@Public()
@WebSocketGateway({ path: '/ws' })
class PublicGateway extends Gateway {}
@WebSocketGateway()
class IoGateway extends Gateway {}

@Controller()
class SlowController {
  @Public() @Get('slow') async slow() {
    await setTimeout(300);
    return 'slow';
  }
}

@Resolver()
class WhoResolver {
  @Query(() => String) who(@CurrentUser('name') name: string) {
    return name;
  }
}

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;
const foreign = { origin: 'https://evil.example' };
const victim = { cookie: 'sid=victim' };
const junk = ['chat', 'bearer.junk'];

afterEach(closeWebSockets);

describe.each(adapters)('A page of another origin, with an application on %s', (_name, adapter) => {
  const begin = (
    gateway: Type,
    prepare: (app: INestApplication) => unknown = () => undefined,
    platform: typeof WsAdapter | typeof IoAdapter = WsAdapter,
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Site', schemes }), WebSocketAuthModule.forRoot()],
        controllers: [SlowController],
        providers: [gateway],
      },
      (app) => {
        app.useWebSocketAdapter(new platform(app));
        return prepare(app);
      },
    );
  const everything = (app: INestApplication) => protect(app, { except: ['/slow'] });

  it.each([ClosedGateway, OptionalGateway, PublicGateway])(
    'cannot use the cookie of a user for a gateway behind protect(): %p',
    async (gateway) => {
      const app = await begin(gateway, everything);
      const statusOf = async (headers: Record<string, string>, protocols?: string[]) =>
        (await open(portOf(app), '/ws', { headers, ...(protocols && { protocols }) })).status;
      expect(await statusOf({ ...foreign, ...victim })).toBe(403);
      // If the page sends its own token or ticket, the cookie still counts.
      expect(await statusOf({ ...foreign, ...victim }, junk)).toBe(403);
      expect(await statusOf(victim, junk)).toBe(400);
      expect(await statusOf({ ...victim, 'sec-fetch-site': 'same-site' })).toBe(403);
      const own = await connected(portOf(app), '/ws', { headers: victim });
      expect(await own.ask('who')).toEqual({ event: 'you', data: 'victim' });
    },
  );

  it('cannot hide the cookie behind a ticket that a protected path does not accept', async () => {
    const app = await begin(ClosedGateway, (nest) => protect(nest, '/ws', { schemes: ['Cookie'] }));
    const { status } = await open(portOf(app), '/ws?ticket=junk', { headers: { ...foreign, ...victim } });
    expect(status).toBe(403);
  });

  it('cannot use the cookie of a user for a WebSocket server behind protect() that Nest does not know', async () => {
    const app = await begin(PublicGateway, (nest) => {
      const server = new WebSocketServer({ noServer: true });
      (nest.getHttpServer() as Server).on('upgrade', (request: IncomingMessage, socket, head) => {
        if (request.url?.startsWith('/ws') === false) server.handleUpgrade(request, socket, head, () => undefined);
      });
      protect(nest, '/raw');
      protect(nest, '/shared', { origins: [foreign.origin] });
    });
    const statusOf = async (path: string, headers: Record<string, string>) =>
      (await open(portOf(app), path, { headers })).status;
    expect(await statusOf('/raw', { ...foreign, ...victim })).toBe(403);
    expect(await statusOf('/raw', { ...victim, origin: `http://127.0.0.1:${portOf(app)}` })).toBe(101);
    expect(await statusOf('/raw', victim)).toBe(101);
    expect(await statusOf('/shared', { ...foreign, ...victim })).toBe(101);
    expect(await statusOf('/shared', { origin: 'https://other.example', ...victim })).toBe(403);
    // A page must know a token to send it.
    expect(await statusOf('/raw', { ...foreign, authorization: 'Bearer bob' })).toBe(101);
  });

  it('causes an event if it cannot open a connection', async () => {
    const events: unknown[] = [];
    const app = await begin(ClosedGateway, (nest) => {
      protect(nest, '/raw');
      nest.get(AuthEvents).on('refused', ({ reason, route, status }) => void events.push({ reason, route, status }));
    });
    for (const path of ['/ws', '/raw']) await open(portOf(app), path, { headers: { ...foreign, ...victim } });
    expect(events).toEqual([
      { reason: 'forbidden', route: 'ClosedGateway.handleConnection', status: 403 },
      { reason: 'forbidden', route: '/raw', status: 403 },
    ]);
  });

  it('matters for the credentials of a proxy, and not for the credentials of a server behind it', async () => {
    const password = basic(() => ({ name: 'alice' }), { limits: false });
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Proxy', schemes: [...schemes, password], proxy: true })] },
      (nest) => {
        const server = new WebSocketServer({ noServer: true });
        (nest.getHttpServer() as Server).on('upgrade', (request: IncomingMessage, socket, head) => {
          server.handleUpgrade(request, socket, head, () => undefined);
        });
        protect(nest, '/raw');
      },
    );
    const statusOf = async (headers: Record<string, string>) =>
      (await open(portOf(app), '/raw', { headers: { ...foreign, ...headers } })).status;
    const upstream = { authorization: 'Basic YTpi' };
    expect(await statusOf({ ...upstream, 'proxy-authorization': 'Bearer bob' })).toBe(101);
    expect(await statusOf({ ...upstream, 'proxy-authorization': 'Basic YTpi' })).toBe(403);
    // There is no adapter for WebSockets that ends the connection before the application closes.
    closeWebSockets();
  });

  it('never gets one user for the cookie of another', async () => {
    const app = await begin(ClosedGateway, everything);
    const { status } = await open(portOf(app), '/ws', {
      headers: { cookie: 'sid=alice' },
      protocols: ['chat', 'bearer.bob'],
    });
    expect(status).toBe(400);
  });

  it('cannot read messages of socket.io by script elements', async () => {
    const app = await begin(IoGateway, undefined, IoAdapter);
    const poll = (query: string, headers: Record<string, string>) =>
      send(app, `/socket.io/?EIO=4&transport=polling${query}`, { headers: { ...victim, ...headers } });
    expect(await poll('&j=0', {})).toMatchObject({ status: 400 });
    expect(await poll('', { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(await poll('', { 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200 });
  });

  it('cannot run operations of GraphQL over a WebSocket, unless it sends credentials itself', async () => {
    const protectGraphQL = (app: INestApplication) => protect(app, '/graphql', { origins: [foreign.origin] });
    for (const prepare of [() => undefined, protectGraphQL]) {
      const app = await start(
        adapter(),
        {
          imports: [
            AuthModule.forRoot({ realm: 'Site', schemes }),
            GraphQLAuthModule,
            GraphQLModule.forRoot<ApolloDriverConfig>({
              driver: ApolloDriver,
              autoSchemaFile: true,
              subscriptions: { 'graphql-ws': true },
            }),
          ],
          providers: [WhoResolver],
        },
        prepare,
      );
      const ask = async (headers: Record<string, string>, payload: object) => {
        const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/graphql`, 'graphql-transport-ws', { headers });
        const received: unknown[] = [];
        socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
        socket.on('message', (data: Buffer) => {
          const message = JSON.parse(data.toString()) as { type: string; payload?: unknown };
          if (message.type === 'connection_ack') {
            socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ who }' } }));
          } else {
            received.push(message.payload);
            socket.close();
          }
        });
        const [code] = (await once(socket, 'close')) as [number];
        return received[0] ?? code;
      };
      const bob = { authorization: 'Bearer bob' };
      expect(await ask({ ...foreign, ...victim }, {})).toBe(4403);
      expect(await ask(victim, {})).toEqual({ data: { who: 'victim' } });
      expect(await ask({ ...foreign, ...victim }, bob)).toEqual({ data: { who: 'bob' } });
      expect(await ask(victim, { authorization: 'Bearer junk' })).toBe(4403);
    }
  });

  it.each<
    [name: string, path: string, gateway: Type, platform: typeof WsAdapter | typeof IoAdapter, isProtected: boolean]
  >([
    ['ws', '/ws', ClosedGateway, WsAdapter, false],
    ['socket.io', '/socket.io/?EIO=4&transport=websocket', IoGateway, IoAdapter, false],
    ['protect()', '/ws', PublicGateway, WsAdapter, true],
  ])(
    'cannot end the process with an upgrade behind a request that waits: %s',
    async (_what, path, gateway, platform, isProtected) => {
      const app = await begin(gateway, isProtected ? everything : undefined, platform);
      const socket = connect(portOf(app), '127.0.0.1');
      socket.on('error', () => undefined);
      const upgrade =
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
      socket.write(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${upgrade}`);
      socket.resume();
      await once(socket, 'close');
      expect(await send(app, '/slow')).toMatchObject({ status: 200, body: 'slow' });
    },
  );
});
