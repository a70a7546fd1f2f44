// npm run bench:micro   what single calls cost: time and allocation, without a network

import { getHeapStatistics } from 'node:v8';
import { Controller, Get, type ExecutionContext } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { do_not_optimize, measure } from 'mitata';
import {
  AuthModule,
  basic,
  bearer,
  formatChallenge,
  HttpAuthGuard,
  parseCredentials,
  Public,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { jwtVerify, importSPKI } from 'jose';
import { jwt } from 'nestjs-http-auth/jwt';
import { byPassword, byToken, PASSWORD, TOKEN } from './applications/alice.js';
import { writeJson } from './files.js';
import type { MicroResults } from './results.js';
import { type Algorithm, algorithms, AUDIENCE, ISSUER, Issuer } from './tokens.js';

@Controller()
class GreetingController {
  @Get('greeting') greet(this: void) {}
  @Public() @Get('public') open(this: void) {}
}

const { greet, open } = GreetingController.prototype;

/** What a guard is given: new with each pass, as for each request. */
function contextOf(handler: Function, authorization: string | undefined): ExecutionContext {
  const headers = authorization === undefined ? {} : { authorization };
  const rawHeaders = authorization === undefined ? [] : ['Authorization', authorization];
  const parts = [{ method: 'GET', url: '/', headers, rawHeaders }, { statusCode: 200 }] as const;
  const context = {
    getType: () => 'http',
    getArgs: () => parts,
    getClass: () => GreetingController,
    getHandler: () => handler,
    switchToHttp: () => ({ getRequest: () => parts[0], getResponse: () => parts[1] }),
  } as unknown as ExecutionContext;
  // Else the compiler would leave out what the empty guard does not look at.
  do_not_optimize(context);
  return context;
}

async function applicationWith(...schemes: SchemeDefinition[]) {
  const imports = [AuthModule.forRoot({ realm: 'Benchmark', schemes })];
  const app = await NestFactory.create({ imports, controllers: [GreetingController] }, { logger: false });
  return app.init();
}

/** The library's own lookup of policies, which it does not export. */
interface Policies {
  of(controller: Function, handler: Function): unknown;
}

const plain = basic(({ username, password }) => byPassword(username, password));
/** Nobody guesses for so long, but a bench. */
const unlimited = basic(({ username, password }) => byPassword(username, password), { limits: false });
const opaque = bearer(({ token }) => byToken(token));
const ofBasic = await applicationWith(plain);
const ofBearer = await applicationWith(opaque);
const ofBoth = await applicationWith(opaque, plain);
const ofUnlimited = await applicationWith(unlimited);
const [basicGuard, bearerGuard, bothGuard, unlimitedGuard] = [ofBasic, ofBearer, ofBoth, ofUnlimited].map((app) =>
  app.get(HttpAuthGuard),
);
const policies = [...ofBasic.get(ModulesContainer).values()]
  .flatMap(({ providers }) => [...providers.values()])
  .find(({ name }) => name === 'Policies')?.instance as Policies | undefined;
if (!basicGuard || !bearerGuard || !bothGuard || !unlimitedGuard || !policies) {
  throw new Error('The library is not built as this bench expects it');
}

const byBasic = `Basic ${Buffer.from(`alice:${PASSWORD}`).toString('base64')}`;
const byBearer = `Bearer ${TOKEN}`;
const wrong = `Basic ${Buffer.from('alice:looking-glass').toString('base64')}`;
const empty = { canActivate: () => true };
const challenge = { scheme: 'Basic', params: { realm: 'Benchmark', charset: 'UTF-8' } };

/** A pass of a guard that may throw. */
const pass = (guard: Pick<HttpAuthGuard, 'canActivate'>, handler: Function, authorization?: string) => () => {
  try {
    return guard.canActivate(contextOf(handler, authorization));
  } catch (error) {
    return error;
  }
};

const issuer = new Issuer();
const keys = issuer.keys();
const jwtOptions = { issuer: ISSUER, audience: AUDIENCE };

/** A token that was not seen before: of two, by a verifier that remembers one. */
async function callsOf(algorithm: Algorithm): Promise<[string, () => unknown][]> {
  const tokens = [issuer.issue(algorithm), issuer.issue(algorithm)] as const;
  const key =
    algorithm === 'HS256'
      ? await crypto.subtle.importKey('raw', Buffer.from(keys.HS256), { name: 'HMAC', hash: 'SHA-256' }, false, [
          'verify',
        ])
      : await importSPKI(keys[algorithm], algorithm);
  const own = algorithm === 'HS256' ? { secret: keys.HS256 } : { key: keys[algorithm] };
  const options = { ...jwtOptions, algorithms: [algorithm] };
  const forgetful = jwt({ ...options, ...own, cache: { max: 1 } });
  const retentive = jwt({ ...options, ...own });
  const request = { method: 'GET', url: '/', headers: {} };
  await retentive({ token: tokens[0] }, request);
  let turn = 0;
  return [
    [`\`jwtVerify\` of jose, ${algorithm}`, () => jwtVerify(tokens[0], key, options)],
    [`\`jwt()\`, ${algorithm}, first seen`, () => forgetful({ token: tokens[(turn ^= 1)] as string }, request)],
    [`\`jwt()\`, ${algorithm}, repeated`, () => retentive({ token: tokens[0] }, request)],
  ];
}

const calls: Readonly<Record<string, () => unknown>> = {
  'parse credentials, Basic': () => parseCredentials(byBasic),
  'parse credentials, Bearer': () => parseCredentials(byBearer),
  'format challenge': () => formatChallenge(challenge),
  'policy lookup': () => policies.of(GreetingController, greet),
  'guard pass, empty guard': pass(empty, greet, byBasic),
  'guard pass, `@Public()`': pass(basicGuard, open),
  'guard pass, Basic': pass(basicGuard, greet, byBasic),
  'guard pass, Bearer': pass(bearerGuard, greet, byBearer),
  'guard pass, Basic of two schemes': pass(bothGuard, greet, byBasic),
  'guard pass, no credentials': pass(basicGuard, greet),
  'guard pass, wrong password': pass(unlimitedGuard, greet, wrong),
  ...Object.fromEntries((await Promise.all(algorithms.map(callsOf))).flat()),
};

const ALLOCATIONS = 20_000;

/** The bytes that one call allocates, if the young generation has room for all of them: see the flags of the script. */
async function allocated(call: () => unknown): Promise<number> {
  const passes = call() instanceof Promise ? ALLOCATIONS / 20 : ALLOCATIONS;
  globalThis.gc?.();
  const before = getHeapStatistics().used_heap_size;
  for (let count = 0; count < passes; count++) {
    const result = call();
    // oxlint-disable-next-line no-await-in-loop -- one call at a time
    if (result instanceof Promise) await result;
    else do_not_optimize(result);
  }
  return Math.max(0, (getHeapStatistics().used_heap_size - before) / passes);
}

const found: MicroResults['calls'][number][] = [];
for (const [name, call] of Object.entries(calls)) {
  const waits = call() instanceof Promise;
  // oxlint-disable-next-line no-await-in-loop -- one measurement at a time
  const { p50 } = await measure(waits ? async () => do_not_optimize(await call()) : () => do_not_optimize(call()));
  found.push({ name, nanoseconds: Math.round(p50 * 10) / 10, bytes: Math.round(await allocated(call)) });
}
console.table(found);
writeJson('micro.results.json', { calls: found } satisfies MicroResults);
await Promise.all([ofBasic, ofBearer, ofBoth].map((app) => app.close()));
