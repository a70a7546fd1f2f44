// npm run bench:scale   what grows with an application: its routes, its principals, and the verifications under way

import { PASSWORD } from './applications/alice.js';
import { writeJson } from './files.js';
import { Load, requestBytes } from './load.js';
import { RedisServer } from './redis.js';
import type { Boot, ScaleResults, SharedResults } from './results.js';
import { ServerProcess } from './server.process.js';
import { median } from './statistics.js';
import { LIBRARY, PASSPORT } from './subjects.js';
import { Issuer } from './tokens.js';

const ADAPTERS = ['express', 'fastify'] as const;
const BOOTS = 5;
const USERS = 100_000;
const CHUNKS = 20;
const WARM_UP = 8000;
const VERIFICATIONS = 64;
const PROCESSES = [1, 2, 4, 8];
const ATTEMPTS = 2400;
const ROUNDS = 5;
const WAVES = 3;

const launch = <Greeting = number>(...args: unknown[]) =>
  ServerProcess.launch<Greeting>('scale.server.js', args.map(String), ['--expose-gc']);

const issuer = new Issuer();
const forger = new Issuer();

const basicOf = (username: string, password = PASSWORD) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** What each of many users sends, and how it is answered. */
const SCHEMES = {
  Basic: { of: (user: number) => basicOf(`user-${user}`), status: 200 },
  Bearer: { of: (user: number) => `Bearer user-${user}`, status: 200 },
  'JWT, HS256': { of: () => `Bearer ${issuer.issue('HS256')}`, status: 200 },
  'JWT, forged': { of: () => `Bearer ${forger.issue('HS256')}`, status: 401 },
} as const;

/* oxlint-disable no-await-in-loop -- one measurement at a time */

async function boots(): Promise<ScaleResults['boot']> {
  const found: ScaleResults['boot'][number][] = [];
  for (const adapter of ADAPTERS) {
    for (const routes of [10, 100, 2000]) {
      const all: Record<'unguarded' | 'guarded', Boot[]> = { unguarded: [], guarded: [] };
      for (let boot = 0; boot < BOOTS; boot++) {
        for (const guard of ['unguarded', 'guarded'] as const) {
          const server = await launch<Boot>('boot', adapter, guard, routes);
          all[guard].push(server.greeting);
          await server.stop();
        }
      }
      const middle = (list: readonly Boot[]): Boot => ({
        milliseconds: rounded(median(list.map(({ milliseconds }) => milliseconds))),
        megabytes: rounded(median(list.map(({ megabytes }) => megabytes))),
      });
      found.push({ adapter, routes, unguarded: middle(all.unguarded), library: middle(all.guarded) });
    }
  }
  return found;
}

async function users(): Promise<ScaleResults['users']> {
  const found: ScaleResults['users'][number][] = [];
  for (const adapter of ADAPTERS) {
    for (const [scheme, { of, status }] of Object.entries(SCHEMES)) {
      const server = await launch('users', adapter, scheme, USERS, issuer.keys().HS256);
      const load = await Load.on(server.greeting);
      const request = (user: number) => requestBytes('/greeting', of(user));
      const one = request(0);
      let next = 0;
      const measure = async (make: () => Buffer) => {
        const before = await server.cpu();
        await load.send(USERS / CHUNKS, make, status);
        return ((await server.cpu()) - before) / (USERS / CHUNKS);
      };
      await load.send(WARM_UP, () => one, status);
      const before = await server.ask<number>('heap');
      const [ofOne, ofAll]: [number[], number[]] = [[], []];
      for (let chunk = 0; chunk < CHUNKS; chunk++) {
        ofOne.push(await measure(() => one));
        ofAll.push(await measure(() => request(next++)));
      }
      const after = await server.ask<number>('heap');
      load.close();
      await server.stop();
      const times = { one: rounded(median(ofOne)), all: rounded(median(ofAll)) };
      found.push({ adapter, scheme, ...times, before: rounded(before), after: rounded(after) });
    }
  }
  return found;
}

async function verifications(): Promise<ScaleResults['bcrypt']> {
  const found: ScaleResults['bcrypt'][number][] = [];
  for (const adapter of ADAPTERS) {
    for (const contender of [LIBRARY, PASSPORT]) {
      const server = await launch('bcrypt', adapter, contender);
      const load = await Load.on(server.greeting, VERIFICATIONS);
      const request = requestBytes('/greeting', basicOf('alice'));
      await load.send(VERIFICATIONS, () => request, 200);
      await server.ask('watch');
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const idle = await server.ask<number>('delay');
      await server.ask('watch');
      await load.send(VERIFICATIONS * WAVES, () => request, 200);
      const busy = await server.ask<number>('delay');
      load.close();
      await server.stop();
      found.push({ adapter, contender, idle: rounded(idle), busy: rounded(busy) });
    }
  }
  return found;
}

async function shared(redis: RedisServer): Promise<ScaleResults['shared']> {
  const found: SharedResults[] = [];
  for (const adapter of ADAPTERS) {
    for (const processes of PROCESSES) {
      const servers = await Promise.all(
        Array.from({ length: processes }, () => launch('shared', adapter, redis.path, `${adapter} ${processes}`)),
      );
      const loads = await Promise.all(servers.map(({ greeting }) => Load.on(greeting)));
      const each = Math.ceil(ATTEMPTS / processes);
      const cpu = async () => (await Promise.all(servers.map((server) => server.cpu()))).reduce((a, b) => a + b);
      let serial = 0;
      const sendAll = (next: () => Buffer, status: number) =>
        Promise.all(loads.map((load) => load.send(each, next, status)));
      const measure = async (next: () => Buffer, status: number) => {
        const [before, redisBefore] = [await cpu(), await redis.cpu()];
        await sendAll(next, status);
        const sent = each * processes;
        return { micros: ((await cpu()) - before) / sent, redis: ((await redis.cpu()) - redisBefore) / sent };
      };
      const good = requestBytes('/greeting', basicOf('alice'));
      // Each of another user: none of them reaches a limit.
      const wrong = () => requestBytes('/greeting', basicOf(`user-${serial++}`, 'looking-glass'));
      for (let round = 0; round < processes; round++) {
        await sendAll(() => good, 200);
        await sendAll(wrong, 401);
      }
      const [ofGood, ofWrong, ofRedis]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round < ROUNDS; round++) {
        ofGood.push((await measure(() => good, 200)).micros);
        const { micros, redis: inRedis } = await measure(wrong, 401);
        ofWrong.push(micros);
        ofRedis.push(inRedis);
      }
      for (const load of loads) load.close();
      await Promise.all(servers.map((server) => server.stop()));
      const [costOfGood, costOfWrong, costInRedis] = [ofGood, ofWrong, ofRedis].map((list) => rounded(median(list)));
      found.push({
        adapter,
        processes,
        good: costOfGood as number,
        wrong: costOfWrong as number,
        redis: costInRedis as number,
      });
    }
  }
  return found;
}

/* oxlint-enable no-await-in-loop */

const rounded = (value: number) => Math.round(value * 100) / 100;

// First of all: that there is none must not be found out after ten minutes.
const redis = await RedisServer.launch();
try {
  const results: ScaleResults = {
    boot: await boots(),
    users: await users(),
    bcrypt: await verifications(),
    shared: await shared(redis),
  };
  for (const list of Object.values(results) as object[][]) console.table(list);
  writeJson('scale.results.json', results);
} finally {
  await redis.stop();
}
