import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AuthModule, CurrentUser, passportStrategy, protect } from 'nestjs-http-auth';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { WebSocketServer } from 'ws';
import { adapters, start } from './support/application.js';
import { closeWebSockets, open } from './support/websocket.js';

afterEach(closeWebSockets);

const strategy = {
  name: 'session',
  authenticate(this: { success(user: unknown): void; fail(): void }, { headers }: { headers: { cookie?: string } }) {
    if (headers.cookie === 'access_token=alice') this.success({ name: 'alice' });
    else this.fail();
  },
};
const presents = ({ headers }: { headers: { cookie?: string } }) => headers.cookie !== undefined;

@WebSocketGateway({ path: '/ws' })
class Gateway {
  @SubscribeMessage('who') who(@CurrentUser() user: unknown) {
    return { event: 'who', data: user };
  }
}

describe.each(adapters)('a strategy of the scheme Bearer that reads a cookie, on %s', (_name, adapter) => {
  const schemes = [passportStrategy(strategy, { scheme: 'Bearer', presents })];
  const headers = { cookie: 'access_token=alice', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };

  it('cannot open a gateway from another site', async () => {
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'x', schemes }), WebSocketAuthModule.forRoot()], providers: [Gateway] },
      (nest) => void nest.useWebSocketAdapter(new WsAdapter(nest)),
    );
    const { status, client } = await open((app.getHttpServer().address() as AddressInfo).port, '/ws', { headers });
    client?.socket.terminate();
    expect(status).toBe(403);
  });

  it('cannot open a protected path from another site', async () => {
    const app = await start(adapter(), { imports: [AuthModule.forRoot({ realm: 'x', schemes })] }, (nest) => {
      protect(nest, '/raw');
      const server = new WebSocketServer({ server: nest.getHttpServer() as never, path: '/raw' });
      server.on('connection', (socket) => socket.close());
    });
    const { status, client } = await open((app.getHttpServer().address() as AddressInfo).port, '/raw', { headers });
    client?.socket.terminate();
    expect(status).toBe(403);
  });
});
