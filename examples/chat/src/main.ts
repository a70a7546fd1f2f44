import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['fatal', 'error', 'warn'], forceCloseConnections: true });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
const url = await app.getUrl();
console.log(`Open ${url} in two browsers, as alice (wonder:land) and as bob (builder), or run

  curl -i ${url}/me
  curl -i -u alice:wonder:land ${url}/me
  curl -i -u alice:wonder:land -X POST ${url}/tickets`);
