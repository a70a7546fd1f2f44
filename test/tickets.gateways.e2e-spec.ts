import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Inject, Post, Query, Req, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  admit,
  AuthModule,
  basic,
  bearer,
  CurrentUser,
  type HttpRequest,
  RouteReport,
  Schemes,
} from 'nestjs-http-auth';
import { type IssuedTicket, ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { WebSocketAuth, WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { io, type Socket } from 'socket.io-client';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { closeWebSockets, connected, open } from './support/websocket.js';

/** The end of alice's token. */
let expiresAt: Date;

const schemes = [
  bearer(({ token }) => {
    if (token === 'bob-token') return { name: 'bob' };
    return token === 'alice-token' ? admit({ name: 'alice' }, { expiresAt }) : null;
  }),
  basic(() => null),
  ticket(),
];

@Controller()
class TicketsController {
  constructor(private readonly tickets: Tickets) {}

  @Post('tickets') issue(@Req() request: HttpRequest, @Query('path') path: string) {
    return this.tickets.issue(request, { path });
  }
}

class Gateway {
  constructor(@Inject(WebSocketAuth) private readonly auth: WebSocketAuth) {}

  @SubscribeMessage('login') async login(@ConnectedSocket() client: object, @MessageBody() authorization: string) {
    return { event: 'login', data: await this.auth.authenticate(client, authorization) };
  }
  @SubscribeMessage('who') who(@CurrentUser('name') name: string) {
    return { event: 'you', data: name };
  }
}

@WebSocketGateway({ path: '/ws' })
class WsGateway extends Gateway {}

@WebSocketGateway({ namespace: 'chat' })
class IoGateway extends Gateway {}

@Schemes('Bearer')
@WebSocketGateway({ namespace: 'tokens' })
class TokenGateway extends Gateway {}

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

const next = (socket: Socket, event: string) => new Promise<unknown>((resolve) => void socket.once(event, resolve));

const sockets: Socket[] = [];

afterEach(() => {
  closeWebSockets();
  for (const socket of sockets.splice(0)) socket.close();
});

describe.each(adapters)('A ticket for a gateway on %s', (_name, adapter) => {
  const application = (gateway: Type | Type[], platform: typeof WsAdapter | typeof IoAdapter) => {
    expiresAt = new Date(Date.now() + 60_000);
    return start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Chat', schemes }), WebSocketAuthModule.forRoot(), TicketsModule],
        controllers: [TicketsController],
        providers: [gateway].flat(),
      },
      (app) => app.useWebSocketAdapter(new platform(app)),
    );
  };

  const issue = async (app: INestApplication, path: string) => {
    const answer = await send(app, `/tickets?path=${path}`, {
      method: 'POST',
      headers: bearerAuthorization('alice-token'),
    });
    return (answer.json() as IssuedTicket).ticket;
  };

  it('opens one connection of ws', async () => {
    const app = await application(WsGateway, WsAdapter);
    const issued = await issue(app, '/ws');
    const client = await connected(portOf(app), `/ws?ticket=${issued}`);
    expect(await client.ask('who')).toEqual({ event: 'you', data: 'alice' });
    expect(await open(portOf(app), `/ws?ticket=${issued}`)).toMatchObject({
      status: 401,
      challenges: [
        'Bearer realm="Chat"',
        'Basic realm="Chat", charset="UTF-8"',
        expect.stringMatching(/^Ticket realm="Chat"/),
      ],
    });
  });

  it('does not open a connection with another path, or without the upgrade', async () => {
    const app = await application(WsGateway, WsAdapter);
    const other = await issue(app, '/other');
    expect(await open(portOf(app), `/ws?ticket=${other}`)).toMatchObject({ status: 401 });
    const issued = await issue(app, '/tickets');
    expect(await send(app, `/tickets?ticket=${issued}`, { method: 'POST' })).toMatchObject({ status: 401 });
  });

  it('can be replaced by other credentials on the open connection', async () => {
    const app = await application(WsGateway, WsAdapter);
    const client = await connected(portOf(app), `/ws?ticket=${await issue(app, '/ws')}`);
    expect(await client.ask('login', 'Bearer bob-token')).toEqual({ event: 'login', data: { name: 'bob' } });
    expect(await client.ask('who')).toEqual({ event: 'you', data: 'bob' });
  });

  it('closes the connection when the token that it was issued for ends', async () => {
    const app = await application(WsGateway, WsAdapter);
    expiresAt = new Date(Date.now() + 1500);
    const client = await connected(portOf(app), `/ws?ticket=${await issue(app, '/ws')}`);
    expect(await client.closed).toMatchObject({ code: 4401 });
  });

  it('opens a connection of socket.io over WebSocket', async () => {
    const app = await application(IoGateway, IoAdapter);
    const connect = async (issued: string) => {
      const socket = io(`http://127.0.0.1:${portOf(app)}/chat`, {
        transports: ['websocket'],
        query: { ticket: issued },
        reconnection: false,
        forceNew: true,
      });
      sockets.push(socket);
      await Promise.race([next(socket, 'connect'), next(socket, 'connect_error')]);
      return socket;
    };
    const issued = await issue(app, '/socket.io/');
    const socket = await connect(issued);
    expect(socket.connected).toBe(true);
    socket.emit('who');
    expect(await next(socket, 'you')).toBe('alice');
    expect((await connect(issued)).connected).toBe(false);
  });

  it.each(['chat', 'unknown'])(
    'opens a server of socket.io whose namespaces have different policies, and counts for each: %s',
    async (name) => {
      const app = await application([IoGateway, TokenGateway], IoAdapter);
      const path = `/socket.io/?EIO=4&transport=websocket&ticket=${await issue(app, '/socket.io/')}`;
      const client = await connected(portOf(app), path);
      await client.next();
      client.socket.send(`40/${name},`);
      expect(await client.next()).toContain(name === 'chat' ? '"sid"' : 'Invalid namespace');
      client.socket.send('40/tokens,');
      expect(await client.next()).toContain('UNAUTHENTICATED');
    },
  );

  it('is in the route report of the gateway, and of no ordinary route', async () => {
    const app = await application(WsGateway, WsAdapter);
    const schemesOf = (path: string) =>
      app
        .get(RouteReport)
        .routes()
        .filter((route) => route.path.startsWith(path))
        .map(({ schemes: names }) => names.includes('Ticket'));
    expect(schemesOf('/ws')).toContain(true);
    expect(schemesOf('/tickets')).toEqual([false]);
  });
});
