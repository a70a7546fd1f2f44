import { afterEach } from '@jest/globals';
import {
  type DynamicModule,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
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

/** Returns a root module, because Nest 11 does not accept metadata or a dynamic module as the root. */
export function rootModule(metadata: ModuleMetadata | DynamicModule): Type {
  @Module('module' in metadata ? { imports: [metadata] } : metadata)
  class RootModule {}
  return RootModule;
}

/** Starts an application on a free port. It is closed after the test. */
export async function start(
  adapter: AbstractHttpAdapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => unknown = () => undefined,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  const app = await NestFactory.create(rootModule(metadata), adapter, {
    logger: false,
    abortOnError: false,
    ...options,
  });
  running.push(app);
  await prepare(app);
  await app.listen(0, '127.0.0.1');
  return app;
}
