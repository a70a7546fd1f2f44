import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { AuthModule, bearer, cookie, Public } from 'nestjs-http-auth';
import { userOf, WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import type { Server, ServerOptions, Socket as ServerSocket } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;
const clients: Socket[] = [];
afterEach(() => {
  for (const one of clients.splice(0)) one.close();
});

@Public()
@WebSocketGateway()
class OpenGateway {
  @SubscribeMessage('ping') ping() {
    return 'pong';
  }
}
@WebSocketGateway({ namespace: 'private' })
class PrivateGateway {
  @WebSocketServer() readonly server!: Server;
  seen: unknown[] = [];
  handleConnection(socket: ServerSocket) {
    this.seen.push(userOf(socket));
    socket.emit('hello', 'private data');
  }
  @SubscribeMessage('who') who() {
    return 'in';
  }
}

describe.each(adapters)('socket.io on %s', (_name, adapter) => {
  const begin = (providers: (new () => object)[], schemes: never[], server: Partial<ServerOptions> = {}) => {
    class Adapter extends IoAdapter {
      override createIOServer(port: number, given?: object) {
        return super.createIOServer(port, { ...given, ...server } as never);
      }
    }
    return start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'x', schemes }), WebSocketAuthModule.forRoot()], providers },
      (app) => {
        app.useWebSocketAdapter(new Adapter(app));
      },
    );
  };

  it('does not recover a session of a closed namespace without credentials, beside an open namespace', async () => {
    let isActive = true;
    const app = await begin(
      [OpenGateway, PrivateGateway],
      [bearer(() => (isActive ? { name: 'alice' } : null))] as never,
      { connectionStateRecovery: {} },
    );
    const socket = io(`http://127.0.0.1:${portOf(app)}/private`, {
      forceNew: true,
      reconnection: false,
      extraHeaders: bearerAuthorization('a'),
      transports: ['websocket'],
    });
    clients.push(socket);
    await new Promise((resolve) => socket.once('hello', resolve));
    isActive = false; // the token is revoked
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    socket.io.engine.close();
    await gone;
    await new Promise((resolve) => setTimeout(resolve, 100));
    app.get(PrivateGateway).server.emit('news', 'secret');
    const received: unknown[] = [];
    socket.on('news', (data) => received.push(data));
    // No credentials at all any more.
    socket.io.opts.extraHeaders = {};
    const over = new Promise((resolve) => {
      socket.once('connect_error', resolve);
      socket.once('disconnect', resolve);
    });
    socket.connect();
    await over;
    expect(received).toEqual([]);
  });

  it('refuses JSONP for a closed namespace beside an open one', async () => {
    const app = await begin([OpenGateway, PrivateGateway], [
      cookie(({ token }) => (token === 'alice' ? { name: 'alice' } : null), { name: 'sid' }),
    ] as never);
    // A <script> of another site on plain http, or in Safari < 16.4: neither Origin nor Sec-Fetch-Site.
    const headers = { cookie: 'sid=alice', referer: 'https://evil.example/' };
    const opened = await send(app, '/socket.io/?EIO=4&transport=polling&j=0', { headers });
    expect(opened.status).toBe(400);
  });
});
