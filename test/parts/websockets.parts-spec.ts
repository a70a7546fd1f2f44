import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { AuthModule, CurrentUser } from 'nestjs-http-auth';
import { WebSocketAuth, WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { io, type Socket } from 'socket.io-client';
import { adapters, start } from '../support/application.js';
import { bearerAuthorization } from '../support/client.js';
import { options, type User } from '../support/schemes.js';
import { RedisServer } from './support/redis.js';

@WebSocketGateway({ namespace: 'chat' })
class ChatGateway {
  @WebSocketServer() server!: {
    emit(event: string, data: unknown): void;
    fetchSockets(): Promise<{ data: unknown }[]>;
  };

  @SubscribeMessage('say') say(@CurrentUser() user: User) {
    this.server.emit('said', user.name);
  }
  @SubscribeMessage('sockets') async sockets() {
    return (await this.server.fetchSockets()).map(({ data }) => data);
  }
}

let redis: RedisServer;
const clients: Socket[] = [];
const connections: Redis[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

// The adapters unsubscribe when the applications close, which is after each test.
afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await redis.kill();
});

const heard = (socket: Socket, event: string) =>
  new Promise<unknown>((resolve) => socket.once(event, (data: unknown) => resolve(data)));

describe.each(adapters)('Two instances on %s with the Redis adapter of socket.io', (_name, adapter) => {
  const instance = async () => {
    const publisher = new Redis({ port: redis.port });
    const subscriber = publisher.duplicate();
    for (const connection of [publisher, subscriber]) connection.on('error', () => undefined);
    connections.push(publisher, subscriber);
    class RedisIoAdapter extends IoAdapter {
      override createIOServer(port: number, given?: object) {
        const server = super.createIOServer(port, given as never) as { adapter(of: unknown): unknown };
        server.adapter(createAdapter(publisher, subscriber));
        return server as never;
      }
    }
    return start(
      adapter(),
      { imports: [AuthModule.forRoot(options), WebSocketAuthModule.forRoot()], providers: [ChatGateway] },
      (app) => app.useWebSocketAdapter(new RedisIoAdapter(app)),
    );
  };

  const connect = (app: INestApplication, headers: Record<string, string> = {}): Socket => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = io(`http://127.0.0.1:${port}/chat`, { forceNew: true, reconnection: false, extraHeaders: headers });
    clients.push(socket);
    return socket;
  };

  it('authenticate their own clients, and share no principal', async () => {
    const [one, two] = [await instance(), await instance()];
    for (const app of [one, two]) await heard(connect(app), 'connect_error');
    const token = bearerAuthorization('alice-token');
    const sockets = [connect(one, token), connect(two, token)];
    await Promise.all(sockets.map((socket) => heard(socket, 'connect')));
    const said = sockets.map((socket) => heard(socket, 'said'));
    sockets[0]?.emit('say');
    expect(await Promise.all(said)).toEqual(['alice', 'alice']);
    expect(await sockets[1]?.emitWithAck('sockets')).toEqual([{}, {}]);
    const gone = heard(sockets[0] as Socket, 'disconnect');
    expect(one.get(WebSocketAuth).disconnect(() => true)).toBe(1);
    expect(await gone).toBe('io server disconnect');
    expect(sockets[1]?.connected).toBe(true);
  });
});
