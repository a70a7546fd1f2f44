import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService, ServiceUnavailableException } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { Counters } from './counters.js';

/** A limiter whose store can fail, or hang until it is available again. */
class CutOffLimiter extends RateLimiterMemory {
  state: 'up' | 'failing' | 'hanging' = 'up';
  private readonly reached: (() => void)[] = [];

  constructor() {
    super({ points: 1, duration: 1 });
  }

  override async penalty(...args: Parameters<RateLimiterMemory['penalty']>): Promise<RateLimiterRes> {
    await this.reach();
    return super.penalty(...args);
  }

  override async get(...args: Parameters<RateLimiterMemory['get']>): Promise<RateLimiterRes | null> {
    await this.reach();
    return super.get(...args);
  }

  override async set(...args: Parameters<RateLimiterMemory['set']>): Promise<RateLimiterRes> {
    await this.reach();
    return super.set(...args);
  }

  private async reach(): Promise<void> {
    if (this.state === 'failing') throw Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    if (this.state === 'hanging') await new Promise<void>((resolve) => this.reached.push(resolve));
  }

  comeBack(): void {
    this.state = 'up';
    for (const resolve of this.reached.splice(0)) resolve();
  }
}

const lines: string[] = [];
const keep = (line: unknown, ...more: unknown[]) => {
  if (more.at(-1) === 'limits') lines.push(String(line));
};
const logger: LoggerService = { log: keep, error: keep, warn: keep };

let limiter: CutOffLimiter;

beforeEach(() => {
  limiter = new CutOffLimiter();
  lines.length = 0;
  Logger.overrideLogger(logger);
});

afterEach(() => {
  // Otherwise the counters would try to reach the store for ever.
  for (const method of ['penalty', 'reward'] as const) delete (limiter as Partial<CutOffLimiter>)[method];
  Logger.overrideLogger(false);
});

const until = async (line: string) => {
  while (!lines.includes(line)) await setTimeout(20);
};
const limited = (...keys: string[]) => keys.map((key) => ({ key, limit: 10 }));
/** The reasons in the log, except for invalid counts. */
const REASONS: Readonly<Record<string, string>> = {
  'throws at once': 'broken',
  'rejects with null': 'unknown error',
  'rejects with an unreadable error': 'unknown error',
  'rejects with an error that throws': 'unknown error',
};
const back = 'The counters of failures are back';
const countsOf = async (counters: Counters) =>
  (await counters.add(limited('a', 'b')))?.counts.map(({ count }) => count);

describe('Counters', () => {
  it('count in memory if there are no options', async () => {
    const counters = new Counters({});
    const first = await counters.add(limited('a', 'b'));
    expect(await countsOf(counters)).toEqual([2, 2]);
    counters.giveBack(first?.given ?? []);
    expect(await countsOf(counters)).toEqual([2, 2]);
  });

  it('do not subtract a count if the counter was reset meanwhile', async () => {
    const counters = new Counters({ window: '1s' });
    const first = await counters.add(limited('a'));
    await setTimeout(1100);
    counters.giveBack(first?.given ?? []);
    expect((await counters.add(limited('a')))?.counts[0]?.count).toBe(1);
  });

  it.each([
    ['fails', 'failing', 'ECONNREFUSED'],
    ['does not respond', 'hanging', 'no response in 500 ms'],
  ] as const)('count in memory while the store %s, log that once, and return to the store', async (_, state, why) => {
    const [counters, other] = [new Counters({ limiter }), new Counters({ limiter })];
    expect([await countsOf(counters), await countsOf(other)]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    limiter.state = state;
    // The instance still knows its earlier counts.
    expect(await Promise.all([countsOf(counters), countsOf(counters)])).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(await countsOf(counters)).toEqual([4, 4]);
    expect(lines).toEqual([
      `The counters of failures are unavailable (${why}); each instance counts on its own until they are back`,
    ]);
    limiter.comeBack();
    await until(back);
    // The store knows the failures of the other instance, but not the outage. A late response does not count twice.
    for (let time = 0; time < 4; time++) await countsOf(other);
    expect(await countsOf(counters)).toEqual([7, 7]);
    expect(lines).toHaveLength(2);
  });

  const reset = (result: object): RateLimiterRes => ({ consumedPoints: 1, msBeforeNext: 1000, ...result }) as never;

  /** An object that throws if it is read. */
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };

  const unavailable = (reason: string) =>
    `The counters of failures are unavailable (${reason}); each instance counts on its own until they are back`;

  it.each<[string, (broken: RateLimiterMemory) => void]>([
    ['counts zero', (broken) => (broken.penalty = async () => reset({ consumedPoints: 0 }))],
    ['counts backwards', (broken) => (broken.penalty = async () => reset({ consumedPoints: -1 }))],
    ['counts fractions', (broken) => (broken.penalty = async () => reset({ consumedPoints: 1.5 }))],
    ['counts nothing', (broken) => (broken.penalty = async () => undefined as never)],
    ['has no end of the window', (broken) => (broken.penalty = async () => reset({ msBeforeNext: 1e300 }))],
    ['has a window of 2^31 milliseconds', (broken) => (broken.penalty = async () => reset({ msBeforeNext: 2 ** 31 }))],
    ['has a window in the past', (broken) => (broken.penalty = async () => reset({ msBeforeNext: -1 }))],
    ['always counts one', (broken) => (broken.penalty = async () => reset({}))],
    [
      'throws at once',
      (broken) =>
        (broken.penalty = () => {
          throw new Error('broken');
        }),
    ],
    ['rejects with null', (broken) => (broken.penalty = () => Promise.reject(null))],
    ['rejects with an unreadable error', (broken) => (broken.penalty = () => Promise.reject({ message: Symbol('x') }))],
    ['rejects with an error that throws', (broken) => (broken.penalty = () => Promise.reject(revoked()))],
  ])('never allow more failures than the limit if the store %s', async (name, breakIt) => {
    breakIt(limiter);
    const counters = new Counters({ limiter });
    for (let time = 1; time <= 3; time++) expect(await countsOf(counters)).toEqual([time, time]);
    const reason = REASONS[name] ?? 'the store returned an invalid count';
    expect(lines.filter((line) => line !== back)).toEqual(name === 'always counts one' ? [] : [unavailable(reason)]);
  });

  it.each<[string, (broken: RateLimiterMemory) => void]>([
    ['rejects', (broken) => (broken.reward = () => Promise.reject(new Error('broken')))],
    [
      'throws at once',
      (broken) =>
        (broken.reward = () => {
          throw new Error('broken');
        }),
    ],
    ['does not respond', (broken) => (broken.reward = () => new Promise(() => undefined))],
  ])('count in memory, and log that once, if a count cannot be given back because the store %s', async (_, breakIt) => {
    breakIt(limiter);
    const counters = new Counters({ limiter });
    for (let time = 0; time < 3; time++) {
      counters.giveBack((await counters.add(limited('a')))?.given ?? []);
      while (lines.length === 0) await setTimeout(20);
    }
    // The store keeps the counts, so it is not used until it can give them back.
    await setTimeout(1200);
    expect(await countsOf(counters)).toEqual([1, 1]);
    expect(lines.filter((line) => line !== back)).toEqual([expect.stringContaining('failures are unavailable')]);
  });

  it('count nothing while the store is unavailable if failClosed is true', async () => {
    const counters = new Counters({ limiter, failClosed: true });
    limiter.state = 'failing';
    expect(counters.closed).toBe(false);
    expect(await counters.add(limited('a'))).toBeUndefined();
    expect(counters.closed).toBe(true);
    expect(await counters.add(limited('a'))).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining('requests are refused with 503 until they are back')]);
    limiter.comeBack();
    await until(back);
    expect(counters.closed).toBe(false);
    expect((await counters.add(limited('a')))?.counts[0]?.count).toBe(1);
  });

  it('give nothing back to a store whose counter was reset', async () => {
    const counters = new Counters({ limiter, window: '1s' });
    const first = await counters.add(limited('a'));
    await setTimeout(1100);
    const rewarded: string[] = [];
    limiter.reward = async (key) => {
      rewarded.push(String(key));
      return reset({});
    };
    counters.giveBack(first?.given ?? []);
    counters.giveBack((await counters.add(limited('b')))?.given ?? []);
    await setTimeout(10);
    expect(rewarded).toHaveLength(1);
    expect((await counters.add(limited('a')))?.counts[0]?.count).toBe(1);
  });

  it('take the larger one of the counts in memory and in the store', async () => {
    const counters = new Counters({ limiter });
    limiter.penalty = async () => reset({ consumedPoints: 7, msBeforeNext: 5000 });
    const [count] = (await counters.add(limited('a')))?.counts ?? [];
    expect(count?.count).toBe(7);
    expect((count?.until ?? 0) < performance.now() + 6000).toBe(true);
    limiter.get = async () => reset({ consumedPoints: 3 });
    expect((await counters.read('a'))?.count).toBe(3);
    expect((await counters.read('b'))?.count).toBe(3);
  });

  it('use the end of the window that the store has', async () => {
    const counters = new Counters({ limiter, window: '1m' });
    const endOf = async (key: string) =>
      ((await counters.add(limited(key)))?.counts[0]?.until ?? 0) - performance.now();
    const rest = await endOf('a');
    expect([rest > 30_000, rest <= 60_000]).toEqual([true, true]);
    for (const msBeforeNext of [0, 2 ** 31 - 1]) {
      limiter.penalty = async () => reset({ msBeforeNext });
      expect(Math.abs((await endOf(`b ${msBeforeNext}`)) - msBeforeNext) < 30_000).toBe(true);
    }
    expect(lines).toEqual([]);
  });

  it('leave only a value that expires in a store that was unavailable', async () => {
    const counters = new Counters({ limiter });
    limiter.state = 'failing';
    await counters.read('a');
    limiter.comeBack();
    await until(back);
    const { consumedPoints, msBeforeNext = 0 } = (await limiter.get('probe')) ?? {};
    expect([consumedPoints, msBeforeNext > 0, msBeforeNext <= 60_000]).toEqual([1, true, true]);
  });

  describe.each([
    [
      'ioredis',
      (answer: (key: unknown) => object) => ({
        defineCommand: () => undefined,
        rlflxIncr: async ([key]: string[]) => answer(key),
      }),
    ],
    [
      'redis',
      (answer: (key: unknown) => object) => ({
        eval: async (_: string, { keys: [key] }: { keys: string[] }) => answer(key),
      }),
    ],
  ])('with a client of the package %s', (_, clientWith) => {
    it.each([
      ['http-auth', {}],
      ['mine', { prefix: 'mine' }],
    ])('count under keys with the prefix %s', async (prefix, options) => {
      const used: unknown[] = [];
      const redis = clientWith((key) => {
        used.push(key);
        return [7, 60_000];
      });
      expect(await countsOf(new Counters({ redis, ...options }))).toEqual([7, 7]);
      expect(used).toEqual(Array(2).fill(expect.stringMatching(new RegExp(`^${prefix}:[\\w-]{43}$`))));
      expect(lines).toEqual([]);
    });
  });

  it('store values for other processes', async () => {
    const [one, other] = [new Counters({ limiter }), new Counters({ limiter })];
    expect([one.isShared, await other.read('known')]).toEqual([true, undefined]);
    const before = performance.now();
    await one.store('known', 7, 60);
    const { count, until: end = 0 } = (await other.read('known')) ?? {};
    expect(count).toBe(7);
    expect([end > before + 59_000, end <= performance.now() + 60_000]).toEqual([true, true]);
  });

  it('read nothing if the store returns zero', async () => {
    limiter.get = async () => reset({ consumedPoints: 0 });
    expect(await new Counters({ limiter }).read('a')).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('read counters in memory, and store no values there', async () => {
    const counters = new Counters({});
    await counters.add(limited('a'));
    await counters.store('b', 7, 60);
    expect([counters.isShared, (await counters.read('a'))?.count, await counters.read('b')]).toEqual([
      false,
      1,
      undefined,
    ]);
  });

  it.each([
    ['read', (counters: Counters) => counters.read('a')],
    ['stored', (counters: Counters) => counters.store('a', 1, 60)],
  ])('report a store in which no value can be %s', async (_, use) => {
    const counters = new Counters({ limiter });
    limiter.state = 'failing';
    expect(() => counters.assertAvailable()).not.toThrow();
    expect(await use(counters)).toBeUndefined();
    expect(() => counters.assertAvailable()).toThrow(
      new ServiceUnavailableException('limits: the shared store is unavailable; try again when it is back'),
    );
    expect(lines).toHaveLength(1);
  });

  it('say how to connect a client of the package redis that is not connected', async () => {
    const counters = new Counters({ redis: createClient() });
    await counters.add([{ key: 'a', limit: 5 }]);
    expect(lines).toEqual([
      'The counters of failures are unavailable (the client is not connected; await its connect() first); ' +
        'each instance counts on its own until they are back',
    ]);
  });
});
