// The server of `npm run bench:websockets`. It responds to the messages of its parent.
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { admit, AuthModule, bearer } from 'nestjs-http-auth';
import { userOf, WebSocketAuthModule } from 'nestjs-http-auth/websockets';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The timers that have neither run nor been cleared. */
const timers = new Set<NodeJS.Timeout>();
const { setTimeout: set, clearTimeout: clear } = globalThis;
globalThis.setTimeout = ((run: (...args: unknown[]) => void, time?: number, ...args: unknown[]) => {
  const timer = set(() => {
    timers.delete(timer);
    run(...args);
  }, time);
  timers.add(timer);
  return timer;
}) as typeof setTimeout;
globalThis.clearTimeout = (timer) => {
  timers.delete(timer as NodeJS.Timeout);
  clear(timer);
};

let expiresAt = Infinity;
let open = 0;
let strangers = 0;

@WebSocketGateway({ path: '/ws' })
class LoadGateway {
  handleConnection(client: object) {
    open++;
    if (userOf(client) === undefined) strangers++;
  }
  handleDisconnect() {
    open--;
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Load',
      schemes: [
        bearer(({ token }) => (token === 'good' ? admit({ name: token }, { expiresAt: new Date(expiresAt) }) : null)),
      ],
    }),
    WebSocketAuthModule.forRoot(),
  ],
  providers: [LoadGateway],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');

process.on('message', (message: { expiresAt?: number }) => {
  if (message.expiresAt !== undefined) ({ expiresAt } = message);
  for (let round = 0; round < 3; round++) collect();
  process.send?.({ open, strangers, timers: timers.size, heap: process.memoryUsage().heapUsed });
});
process.send?.({ port: (app.getHttpServer().address() as AddressInfo).port });
