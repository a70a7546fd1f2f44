import type { Server } from 'node:http';
import basicAuth from '@fastify/basic-auth';
import bearerAuth from '@fastify/bearer-auth';
import { fastify, type FastifyInstance, type onRequestHookHandler } from 'fastify';
import { byHash, byPassword, TOKEN } from './alice.js';

async function start(protect: (app: FastifyInstance) => Promise<unknown>): Promise<Server> {
  const app = fastify();
  await protect(app);
  app.get('/greeting', async () => ({ hello: 'world' }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
}

type Validate = Parameters<typeof basicAuth>[1]['validate'];

const basic = (validate: Validate) =>
  start(async (app) => {
    await app.register(basicAuth, { authenticate: { realm: 'Benchmark' }, validate });
    app.addHook('onRequest', app.basicAuth as onRequestHookHandler);
  });

export const unguarded = () => start(async () => undefined);

/** @fastify/basic-auth, on Fastify without Nest. */
export const byBasic = () =>
  basic((username, password, _request, _reply, done) => {
    done(byPassword(username, password) === null ? new Error('Unauthorized') : undefined);
  });
export const byBcrypt = () =>
  basic(async (username, password) => {
    if ((await byHash(username, password)) === null) throw new Error('Unauthorized');
  });

/** @fastify/bearer-auth, likewise. */
export const byBearer = () => start(async (app) => app.register(bearerAuth, { keys: new Set([TOKEN]) }));
