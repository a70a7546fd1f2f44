import { afterEach } from '@jest/globals';
import type { INestApplication, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The two adapters that every end-to-end test runs on. */
export const adapters: [name: string, create: () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

const running: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

/** Starts an application on a free port. It is closed after the test. */
export async function start(
  adapter: AbstractHttpAdapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => unknown = () => undefined,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  const app = await NestFactory.create(metadata, adapter, { logger: false, abortOnError: false, ...options });
  running.push(app);
  await prepare(app);
  await app.listen(0, '127.0.0.1');
  return app;
}
