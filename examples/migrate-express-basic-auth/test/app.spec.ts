import { describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { start } from '../../../test/support/application.js';
import { basicAuthorization, send } from '../../../test/support/client.js';
import * as after from '../after/app.module.js';
import * as before from '../before/app.module.js';

const alice = basicAuthorization('alice', 'wonder:land');

/** express-basic-auth is a middleware of Express. The challenge gets a charset after the migration. */
const stages = [
  {
    stage: 'before',
    ...before,
    adapter: () => new ExpressAdapter(),
    challenge: 'Basic realm="Administration"',
    json: false,
  },
  ...[() => new ExpressAdapter(), () => new FastifyAdapter()].map((adapter) => ({
    stage: 'after',
    ...after,
    adapter,
    challenge: 'Basic realm="Administration", charset="UTF-8"',
    json: true,
  })),
];

describe.each(stages)('The application $stage the migration', ({ AppModule, configure, adapter, challenge, json }) => {
  const application = (): Promise<INestApplication> => start(adapter(), { imports: [AppModule] }, configure);

  it('accepts the password below the path', async () => {
    const app = await application();
    expect((await send(app, '/admin', { headers: alice })).json()).toEqual({ user: 'alice' });
    expect((await send(app, '/admin/users', { headers: alice })).json()).toEqual(['alice']);
  });

  it('refuses missing and wrong passwords below the path', async () => {
    const app = await application();
    for (const headers of [{}, basicAuthorization('alice', 'wonder'), basicAuthorization('carol', 'wonder:land')]) {
      for (const path of ['/admin', '/admin/users', '/admin/nowhere']) {
        expect(await send(app, path, { headers })).toMatchObject({ status: 401, challenges: [challenge] });
      }
    }
  });

  it('leaves other paths open', async () => {
    expect(await send(await application(), '/health')).toMatchObject({ status: 200 });
  });

  it('responds in the format of the application, but not before the migration', async () => {
    const { headers } = await send(await application(), '/admin');
    expect(headers['content-type']?.includes('json') ?? false).toBe(json);
  });
});

describe('The request after the migration', () => {
  it('does not have the password, which express-basic-auth leaves in request.auth', async () => {
    const seen: unknown[] = [];
    const record = (app: INestApplication) =>
      app.use('/admin', (request: { auth?: unknown }, _response: unknown, next: () => void) => {
        seen.push(request.auth);
        next();
      });
    for (const { AppModule, configure } of [before, after]) {
      const app = await start(new ExpressAdapter(), { imports: [AppModule] }, (one) => {
        configure(one);
        record(one);
      });
      await send(app, '/admin', { headers: alice });
    }
    expect(seen).toEqual([{ user: 'alice', password: 'wonder:land' }, undefined]);
  });
});
