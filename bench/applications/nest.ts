import type { Server } from 'node:http';
import { Controller, Get, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export type Adapter = 'express' | 'fastify';

/** The route that is asked of every application. */
@Controller()
export class GreetingController {
  @Get('greeting')
  greet() {
    return { hello: 'world' };
  }
}

/** Starts a Nest application. */
export async function start(
  adapter: Adapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<Server> {
  const httpAdapter = adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create({ controllers: [GreetingController], ...metadata }, httpAdapter, {
    logger: false,
    abortOnError: false,
  });
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer() as Server;
}
