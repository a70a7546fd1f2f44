import { NestFactory } from '@nestjs/core';
import { AppModule, buildWall } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['fatal', 'error', 'warn'] });
buildWall(app);
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
const url = await app.getUrl();
console.log(`Open ${url} as alice with the password wonder:land, or run

  curl -i ${url}/
  curl -i -u alice:wonder:land ${url}/me
  curl -i ${url}/health`);
