// One of the processes of instances.ts. All of them share their limits in Redis. A message asks for the CPU time since the start.
import type { AddressInfo, Server } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { AuthModule, basic } from 'nestjs-http-auth';
import { GreetingController } from './subjects.js';
import { findUser } from './users.js';

const [limited, port] = process.argv.slice(2) as [string, string];
const redis = new Redis({ port: Number(port) });
const limits = limited === 'limited' ? { perAddress: Infinity, redis } : false;

@Module({
  imports: [
    // The verifier compares plain text, so that the cost of the limits can be seen.
    AuthModule.forRoot({
      realm: 'Bench',
      schemes: [basic(({ username, password }) => findUser(username, password), { limits })],
    }),
  ],
  controllers: [GreetingController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter({ trustProxy: 'loopback' }), { logger: false });
await app.listen(0, '127.0.0.1');
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit());
process.send?.(((app.getHttpServer() as Server).address() as AddressInfo).port);
