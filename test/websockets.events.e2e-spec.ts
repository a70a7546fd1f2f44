import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AuthEvents, AuthModule, bearer } from 'nestjs-http-auth';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { adapters, start } from './support/application.js';
import { bearerAuthorization } from './support/client.js';
import { closeWebSockets, connected, open } from './support/websocket.js';

class Gateway {
  @SubscribeMessage('who') who() {}
}
@WebSocketGateway({ path: '/ws' })
class WsGateway extends Gateway {}
@WebSocketGateway()
class IoGateway extends Gateway {}

afterEach(closeWebSockets);

describe.each(adapters)('A token that a client sends in the wrong way causes an event on %s', (_name, adapter) => {
  const events: unknown[] = [];
  const begin = async (gateway: Type, platform: typeof WsAdapter | typeof IoAdapter) => {
    events.length = 0;
    const app = await start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Tools', schemes: [bearer(({ token }) => ({ token }))] }),
          WebSocketAuthModule.forRoot(),
        ],
        providers: [gateway],
      },
      (nest) => nest.useWebSocketAdapter(new platform(nest)),
    );
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    return portOf(app);
  };
  const refused = { type: 'refused', reason: 'malformed', scheme: 'Bearer', status: 400 };

  it.each<[string, { headers?: Record<string, string>; protocols: string[] }]>([
    ['credentials in two ways', { headers: bearerAuthorization('a'), protocols: ['chat', 'bearer.a'] }],
    ['several tokens', { protocols: ['chat', 'bearer.a', 'bearer.b'] }],
    ['only a token', { protocols: ['bearer.a'] }],
  ])('for a handshake: %s', async (message, handshake) => {
    const port = await begin(WsGateway, WsAdapter);
    const answer = await open(port, '/ws', handshake);
    expect(answer).toMatchObject({ status: 400, challenges: ['Bearer realm="Tools", error="invalid_request"'] });
    expect(answer.body).toContain(message);
    const expected: unknown = expect.stringContaining(message);
    expect(events).toMatchObject([{ ...refused, route: 'WsGateway.handleConnection', message: expected }]);
  });

  it('for a namespace of socket.io', async () => {
    const port = await begin(IoGateway, IoAdapter);
    const client = await connected(port, '/socket.io/?EIO=4&transport=websocket', {
      headers: bearerAuthorization('a'),
    });
    await client.next();
    for (const auth of [{ token: 'b' }, { token: 1 }]) {
      client.socket.send(`40${JSON.stringify(auth)}`);
      expect(await client.next()).toContain('BAD_REQUEST');
    }
    expect(events).toMatchObject([refused, refused]);
  });
});

function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}
