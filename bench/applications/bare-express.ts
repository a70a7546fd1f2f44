import type { Server } from 'node:http';
import express, { type RequestHandler } from 'express';
import basicAuth from 'express-basic-auth';
import { byHash, byPassword } from './alice.js';

function start(...middleware: RequestHandler[]): Promise<Server> {
  const app = express();
  if (middleware.length > 0) app.use(...middleware);
  app.get('/greeting', (_, response) => {
    response.json({ hello: 'world' });
  });
  return new Promise((resolve) => {
    const server: Server = app.listen(0, '127.0.0.1', () => resolve(server));
  });
}

export const unguarded = () => start();

/** express-basic-auth, on Express without Nest. */
export const byBasic = () =>
  start(
    basicAuth({
      challenge: true,
      realm: 'Benchmark',
      authorizer: (username: string, password: string) => byPassword(username, password) !== null,
    }),
  );

export const byBcrypt = () =>
  start(
    basicAuth({
      challenge: true,
      realm: 'Benchmark',
      authorizeAsync: true,
      authorizer: (username: string, password: string, done: (error: unknown, authorized?: boolean) => void) => {
        byHash(username, password).then((user) => done(null, user !== null), done);
      },
    }),
  );
