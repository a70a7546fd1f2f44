import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { LimitOptions } from 'nestjs-http-auth';
import { Limits } from '../../libs/http-auth/src/limits/limits.js';
import { adapters } from '../support/application.js';
import { type Cluster, type RedisClient, startCluster } from './support/cluster.js';
import { RedisServer } from './support/redis.js';

const good = 'wonder:land';
const lost = /^The counters of failures are unavailable \(.+\); each instance counts on its own until they are back$/;
const back = 'The counters of failures are back';

let redis: RedisServer;
let cluster: Cluster | undefined;

beforeEach(async () => {
  redis = await RedisServer.start();
});

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  await redis.kill();
});

const setups = adapters.flatMap(([adapter]) =>
  (['ioredis', 'redis'] as const).map((name): [string, RedisClient] => [adapter, name]),
);

describe.each(setups)('Limits of two processes on %s with the client of %s', (adapter, client) => {
  const start = async (limits: LimitOptions = {}) =>
    (cluster = await startCluster(adapter, client, redis.port, limits));

  it('allow exactly as many parallel failures as one process does', async () => {
    const { ask, askOne } = await start();
    const guesses = await Promise.all(Array.from({ length: 200 }, (_, index) => ask('alice', `guess ${index}`)));
    expect(countsOf(guesses)).toEqual({ 401: 10, 429: 190 });
    // Both processes know that.
    for (const index of [0, 1])
      expect(await askOne(index, 'alice', good)).toEqual([429, expect.stringMatching(/^8\d\d|900$/)]);
    expect(await ask('alice', good, '192.0.2.2')).toBe(200);
  });

  it('count a user across addresses, and share the addresses from which the user logged in', async () => {
    const { ask, askOne } = await start({ perUserAndAddress: 1, perUser: 20 });
    expect(await askOne(0, 'alice', good, '198.51.100.1')).toEqual([200, undefined]);
    const guesses = Array.from({ length: 60 }, (_, index) => ask('alice', 'guess', `192.0.2.${index}`));
    expect(countsOf(await Promise.all(guesses))).toEqual({ 401: 20, 429: 40 });
    expect(await askOne(1, 'alice', good, '198.51.100.1')).toEqual([200, undefined]);
    expect((await askOne(1, 'alice', good, '198.51.100.2'))[0]).toBe(429);
  });

  it('do not count parallel successes', async () => {
    const { ask } = await start({ perUserAndAddress: 5, perAddress: 5, perUser: 5 });
    const users = ['alice', 'bob'];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(users[index % 2] as string, good)));
    expect(countsOf(answers)).toEqual({ 200: 200 });
    // After the responses, all counts are given back. Only the mark of each user's login stays.
    await until(async () => (await sumOf(redis.port)) === users.length);
    const guesses = await Promise.all(Array.from({ length: 20 }, (_, index) => ask('alice', `guess ${index}`)));
    expect(countsOf(guesses)).toEqual({ 401: 5, 429: 15 });
  });

  it('store no name and no address in Redis, and only keys that expire', async () => {
    const { ask } = await start();
    for (const password of ['guess', good]) await ask('alice', password);
    const reader = new Redis({ port: redis.port });
    // The mark of the login is stored after the response.
    await until(async () => (await reader.keys('*')).length === 4);
    const keys = await reader.keys('*');
    const lives = await Promise.all(keys.map((key) => reader.ttl(key)));
    reader.disconnect();
    expect(keys.filter((key) => !/^http-auth:[\w-]{43}$/.test(key))).toEqual([]);
    expect(lives.every((seconds) => seconds > 0)).toBe(true);
  });

  it('release a user for both processes', async () => {
    const { ask, askOne } = await start({ perUserAndAddress: 2 });
    for (const index of [0, 1, 2]) await ask('alice', `guess ${index}`);
    for (const index of [0, 1]) expect((await askOne(index, 'alice', good))[0]).toBe(429);
    const other = new Redis({ port: redis.port });
    await new Limits({ redis: other }).release({ username: 'alice' });
    other.disconnect();
    for (const index of [0, 1]) await until(async () => (await askOne(index, 'alice', good))[0] === 200);
  });

  it.each([
    ['killed', () => redis.kill(), () => redis.start()],
    ['paused', async () => redis.pause(), async () => redis.resume()],
  ])(
    'answer every request correctly while Redis is %s under load, log that once, and return to Redis',
    async (_, stop, resume) => {
      const { ask, log } = await start();
      const load = startLoad(ask);
      await load.goOn(200);
      await stop();
      await load.goOn(200);
      await until(() => [0, 1].every((index) => log(index).some((line) => lost.test(line))));
      await load.goOn(200);
      await resume();
      await until(() => [0, 1].every((index) => log(index).includes(back)));
      await load.goOn(200);
      await load.stop();

      expect(countsOf(load.good)).toEqual({ 200: load.good.length });
      expect(Object.keys(countsOf(load.bad))).toEqual(['401', '429']);
      for (const index of [0, 1]) {
        expect(log(index).filter((line) => lost.test(line))).toHaveLength(1);
        expect(log(index).filter((line) => line === back)).toHaveLength(1);
      }
      // The processes share their counters again.
      const guesses = Array.from({ length: 60 }, (__, index) => ask('alice', `guess ${index}`, '203.0.113.1'));
      expect(countsOf(await Promise.all(guesses))).toEqual({ 401: 10, 429: 50 });
    },
  );

  it('respond with 503 while Redis is unavailable if failClosed is true', async () => {
    const { askOne, log } = await start({ failClosed: true });
    expect(await askOne(0, 'alice', good)).toEqual([200, undefined]);
    await redis.kill();
    for (const password of ['guess', good, good]) expect(await askOne(0, 'alice', password)).toEqual([503, '1']);
    await redis.start();
    await until(() => log(0).includes(back));
    expect(await askOne(0, 'alice', good)).toEqual([200, undefined]);
    expect(log(0)).toEqual([expect.stringContaining('requests are refused with 503 until they are back'), back]);
  });
});

function countsOf(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20);
}

/** Returns the sum of all counters in Redis. */
async function sumOf(port: number): Promise<number> {
  const client = new Redis({ port });
  const values = await client.mget(await client.keys('*'));
  client.disconnect();
  return values.reduce((sum, value) => sum + Number(value), 0);
}

/** Starts eight clients that send requests until stop(). Half of them have the right password. Each has its own address. */
function startLoad(ask: Cluster['ask']) {
  const answers = { good: [] as number[], bad: [] as number[] };
  const state = { running: true };
  const clients = Array.from({ length: 8 }, async (_, index) => {
    for (let time = 0; state.running; time++) {
      const address = `198.51.100.${index}`;
      if (index % 2 === 0) answers.good.push(await ask('alice', good, address));
      else answers.bad.push(await ask('alice', `guess ${time}`, address));
    }
  });
  const count = () => answers.good.length + answers.bad.length;
  return {
    ...answers,
    /** Waits for more responses. */
    goOn: async (more: number) => {
      const end = count() + more;
      await until(() => count() >= end);
    },
    stop: async () => {
      state.running = false;
      await Promise.all(clients);
    },
  };
}
