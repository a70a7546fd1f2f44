import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule.forServer(process.env.KEYCLOAK_URL ?? ''), { logger: false });
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
