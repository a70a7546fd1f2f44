// The processes of `npm run bench:scale`:
//   boot <adapter> <guarded> <routes>   says how long an application takes to listen, and what is on its heap then
//   users <adapter> <scheme> <count> <secret>  listens, for so many principals
//   bcrypt <adapter> <contender>        listens, and verifies by bcrypt at cost 10
//   shared <adapter> <path> <prefix>    listens, and counts wrong passwords in the Redis on that UNIX socket

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hashSync, verify } from '@node-rs/bcrypt';
import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { AuthModule, basic, bearer, type SchemeDefinition } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { Redis } from 'ioredis';
import { BasicStrategy } from 'passport-http';
import { byPassword, PASSWORD } from './applications/alice.js';
import { type Adapter, start } from './applications/nest.js';
import type { Boot } from './results.js';
import { LIBRARY } from './subjects.js';
import { AUDIENCE, ISSUER } from './tokens.js';

const [task, adapter, ...rest] = process.argv.slice(2) as [string, Adapter, ...string[]];
const ROUTES_OF_A_CONTROLLER = 10;
const delay = monitorEventLoopDelay({ resolution: 1 });

if (task === 'boot') {
  const controllers = controllersWith(Number(rest[1]));
  const imports =
    rest[0] === 'guarded' ? [guardedBy(basic((given) => byPassword(given.username, given.password)))] : [];
  const begin = performance.now();
  const server = await start(adapter, { controllers, imports });
  const milliseconds = performance.now() - begin;
  process.send?.({ milliseconds, megabytes: heap() } satisfies Boot);
  answerQuestions(server);
} else {
  const server = await { users, bcrypt, shared }[task as 'users' | 'bcrypt' | 'shared']();
  server.keepAliveTimeout = 3_600_000;
  answerQuestions(server);
  process.send?.((server.address() as AddressInfo).port);
}

function answerQuestions(server: Server): void {
  process.on('message', (question) => {
    if (question === 'cpu') process.send?.(process.cpuUsage());
    if (question === 'heap') process.send?.(heap());
    if (question === 'watch') {
      delay.reset();
      delay.enable();
      process.send?.(null);
    }
    if (question === 'delay') {
      delay.disable();
      process.send?.(delay.percentile(99) / 1e6);
    }
  });
  process.on('disconnect', () => {
    server.close();
    process.exit();
  });
}

/** The heap in use, in megabytes. */
function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function guardedBy(...schemes: SchemeDefinition[]) {
  return AuthModule.forRoot({ realm: 'Benchmark', schemes });
}

/** Controllers with so many routes. */
function controllersWith(routes: number): Type[] {
  return Array.from({ length: routes / ROUTES_OF_A_CONTROLLER }, (_, index) => {
    // oxlint-disable-next-line typescript/no-extraneous-class -- its methods are added below
    class Routes {}
    for (let route = 0; route < ROUTES_OF_A_CONTROLLER; route++) {
      const name = `route${route}`;
      const descriptor = { value: () => ({ hello: 'world' }), configurable: true, writable: true };
      Object.defineProperty(Routes.prototype, name, descriptor);
      Get(name)(Routes.prototype, name, descriptor);
    }
    Controller(`controller${index}`)(Routes);
    return Routes;
  });
}

function users(): Promise<Server> {
  const [scheme, count, secret] = rest as [string, string, string];
  if (scheme.startsWith('JWT')) {
    return start(adapter, { imports: [guardedBy(bearer(jwt({ issuer: ISSUER, audience: AUDIENCE, secret })))] });
  }
  const known = new Map(Array.from({ length: Number(count) }, (_, index) => [`user-${index}`, { id: index }]));
  return start(adapter, {
    imports: [
      scheme === 'Basic'
        ? guardedBy(basic(({ username, password }) => (password === PASSWORD ? (known.get(username) ?? null) : null)))
        : guardedBy(bearer(({ token }) => known.get(token) ?? null)),
    ],
  });
}

function shared(): Promise<Server> {
  const [path, prefix] = rest as [string, string];
  const limits = { redis: new Redis(path), prefix, perAddress: 1e9 };
  return start(adapter, {
    imports: [guardedBy(basic(({ username, password }) => byPassword(username, password), { limits }))],
  });
}

function bcrypt(): Promise<Server> {
  const hash = hashSync(PASSWORD, 10);
  const judge = async (username: string, password: string) =>
    (await verify(password, hash)) ? { name: username } : null;
  if (rest[0] === LIBRARY) {
    return start(adapter, { imports: [guardedBy(basic(({ username, password }) => judge(username, password)))] });
  }
  @Injectable()
  class Strategy extends PassportStrategy(BasicStrategy) {
    validate(username: string, password: string) {
      return judge(username, password);
    }
  }
  const Guard = AuthGuard('basic');
  return start(adapter, { providers: [Strategy] }, (app) => app.useGlobalGuards(new Guard()));
}
