// A handler as in AWS Lambda: it creates the application at its first event, and the application never listens.
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

interface Event {
  readonly path: string;
  readonly headers: Record<string, string>;
}

let application: Promise<NestFastifyApplication> | undefined;

async function create(): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

export async function handler({ path, headers }: Event): Promise<{ statusCode: number; challenges: string[] }> {
  const app = await (application ??= create());
  const response = await app.inject({ url: path, headers });
  return { statusCode: response.statusCode, challenges: [response.headers['www-authenticate'] ?? []].flat() };
}
