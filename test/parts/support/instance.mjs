// One of several processes of an application that share their limits in Redis. It sends its port and its log lines to the parent.
//
//   node instance.mjs '{ "adapter": "Fastify", "client": "redis", "redis": 6379, "limits": {}, "hashes": { "alice": "$scrypt$…" } }'

import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { AuthModule, basic } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';
import { createClient } from 'redis';

const { adapter, client, redis: port, limits, hashes } = JSON.parse(process.argv[2]);
const redis = client === 'redis' ? createClient({ socket: { port } }) : new Redis({ port });
// Both clients need a listener for errors. The library logs them itself.
redis.on('error', () => undefined);
if (client === 'redis') await redis.connect();

class AppController {
  greet() {
    return 'hello';
  }
}
Get()(AppController.prototype, 'greet', Object.getOwnPropertyDescriptor(AppController.prototype, 'greet'));
Controller()(AppController);

class AppModule {}
Module({
  imports: [
    AuthModule.forRoot({ realm: 'Staging', schemes: [basic(users(hashes), { limits: { ...limits, redis } })] }),
  ],
  controllers: [AppController],
})(AppModule);

const express = new ExpressAdapter();
express.set('trust proxy', 'loopback');
const app = await NestFactory.create(
  AppModule,
  adapter === 'Express' ? express : new FastifyAdapter({ trustProxy: 'loopback' }),
  { logger: false },
);
await app.listen(0, '127.0.0.1');
const tell = (text) => process.send({ log: String(text) });
app.useLogger({ log: tell, error: tell, warn: tell });
process.send({ port: app.getHttpServer().address().port });
process.once('disconnect', () => process.exit());
