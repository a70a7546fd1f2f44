// One of the processes of instances.ts. All of them share their limits in Redis. A message asks for the CPU time since the start.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { AuthModule, basic } from 'nestjs-http-auth';
import { serve } from './serve.js';
import { GreetingController } from './subjects.js';
import { findUser } from './users.js';

const [limited, port] = process.argv.slice(2) as [string, string];
const redis = new Redis({ port: Number(port) });
const limits = limited === 'limited' ? { perAddress: Infinity, redis } : false;

@Module({
  imports: [
    // The verifier compares plain text, because a hash would hide the cost of the limits.
    AuthModule.forRoot({
      realm: 'Bench',
      schemes: [basic(({ username, password }) => findUser(username, password), { limits })],
    }),
  ],
  controllers: [GreetingController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter({ trustProxy: 'loopback' }), { logger: false });
await serve(app);
