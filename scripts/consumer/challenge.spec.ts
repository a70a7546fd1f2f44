// Tests the application of the quick start with Vitest, which `nest new` chooses.
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import 'nestjs-http-auth/testing/vitest';
import { afterAll, beforeAll, expect, it } from 'vitest';

let app: INestApplication;

beforeAll(async () => {
  const file = '../dist/app.module.js';
  const { AppModule } = (await import(file)) as { AppModule: new () => object };
  app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
});

afterAll(() => app.close());

it('responds with a Basic challenge if there are no credentials', async () => {
  const response = await fetch(`${await app.getUrl()}/me`);
  expect(response).toChallenge('Basic', { realm: expect.stringContaining('site') });
  expect(response).not.toChallenge('Digest');
  expect(() => expect(response).toChallenge('Basic', { realm: 'Elsewhere' })).toThrow('Elsewhere');
});
