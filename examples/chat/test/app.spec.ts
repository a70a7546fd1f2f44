import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { WsAdapter } from '@nestjs/platform-ws';
import { adapters, start } from '../../../test/support/application.js';
import { basicAuthorization, send } from '../../../test/support/client.js';
import { open } from '../../../test/support/websocket.js';
import { AppModule } from '../src/app.module.js';

const alice = basicAuthorization('alice', 'wonder:land');
const bob = basicAuthorization('bob', 'builder');

describe.each(adapters)('The chat on %s', (_, adapter) => {
  async function application() {
    const app = await start(adapter(), { imports: [AppModule] }, (one) => one.useWebSocketAdapter(new WsAdapter(one)));
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { app, port };
  }

  it('refuses a handshake without credentials with 401 and a challenge', async () => {
    const { port } = await application();
    expect(await open(port, '/chat')).toMatchObject({
      status: 401,
      challenges: expect.arrayContaining(['Basic realm="Chat", charset="UTF-8"']),
    });
  });

  it('sends a message to all users', async () => {
    const { port } = await application();
    const first = (await open(port, '/chat', { headers: alice })).client;
    expect(await first?.next()).toEqual({ event: 'said', data: 'alice has joined' });
    const second = (await open(port, '/chat', { headers: bob })).client;
    expect(await first?.next()).toEqual({ event: 'said', data: 'bob has joined' });
    second?.send('say', 'hello');
    expect(await first?.next()).toEqual({ event: 'said', data: 'bob: hello' });
  });

  it('lets a page connect once with a ticket', async () => {
    const { app, port } = await application();
    const answer = await send(app, '/tickets', { method: 'POST', headers: alice });
    const { ticket } = answer.json() as { ticket: string };
    const { status, client } = await open(port, `/chat?ticket=${ticket}`);
    expect([status, await client?.next()]).toEqual([101, { event: 'said', data: 'alice has joined' }]);
    expect(await open(port, `/chat?ticket=${ticket}`)).toMatchObject({ status: 401 });
  });

  it('serves the page to anonymous clients, and tickets to users only', async () => {
    const { app } = await application();
    expect(await send(app, '/')).toMatchObject({ status: 200, body: expect.stringContaining('<title>Chat') });
    expect(await send(app, '/tickets', { method: 'POST' })).toMatchObject({
      status: 401,
      challenges: ['Basic realm="Chat", charset="UTF-8"'],
    });
  });
});
