import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Counters } from './counters.js';

/** A limiter whose store can fail, or hang until it is available again. */
class CutOffLimiter extends RateLimiterMemory {
  state: 'up' | 'failing' | 'hanging' = 'up';
  private readonly reached: (() => void)[] = [];

  constructor() {
    super({ points: 1, duration: 1 });
  }

  override async penalty(...args: Parameters<RateLimiterMemory['penalty']>): Promise<RateLimiterRes> {
    if (this.state === 'failing') throw Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    if (this.state === 'hanging') await new Promise<void>((resolve) => this.reached.push(resolve));
    return super.penalty(...args);
  }

  comeBack(): void {
    this.state = 'up';
    for (const resolve of this.reached.splice(0)) resolve();
  }
}

const lines: string[] = [];
const keep = (line: unknown) => void lines.push(String(line));
const logger: LoggerService = { log: keep, error: keep, warn: keep };

let limiter: CutOffLimiter;

beforeEach(() => {
  limiter = new CutOffLimiter();
  lines.length = 0;
  Logger.overrideLogger(logger);
});

afterEach(() => {
  Logger.overrideLogger(false);
});

const until = async (line: string) => {
  while (!lines.includes(line)) await setTimeout(20);
};
const limited = (...keys: string[]) => keys.map((key) => ({ key, limit: 10 }));
const back = 'The counters of failures are back';
const countsOf = async (counters: Counters) => (await counters.add(limited('a', 'b')))?.map(({ count }) => count);

describe('Counters', () => {
  it('count in memory if there are no options', async () => {
    const counters = new Counters({});
    const first = await counters.add(limited('a', 'b'));
    expect(await countsOf(counters)).toEqual([2, 2]);
    counters.giveBack(first ?? []);
    expect(await countsOf(counters)).toEqual([2, 2]);
    expect(await new Counters({}).isMarked('a')).toBe(false);
  });

  it('do not subtract a count if the counter was reset meanwhile', async () => {
    const counters = new Counters({ window: '1s' });
    const first = await counters.add(limited('a'));
    await setTimeout(1100);
    counters.giveBack(first ?? []);
    expect((await counters.add(limited('a')))?.[0]?.count).toBe(1);
  });

  it.each([
    ['fails', 'failing', 'ECONNREFUSED'],
    ['does not respond', 'hanging', 'no response in 500 ms'],
  ] as const)('count in memory while the store %s, log that once, and return to the store', async (_, state, why) => {
    const counters = new Counters({ limiter });
    expect(await countsOf(counters)).toEqual([1, 1]);
    limiter.state = state;
    expect(await Promise.all([countsOf(counters), countsOf(counters)])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await countsOf(counters)).toEqual([3, 3]);
    expect(lines).toEqual([
      `The counters of failures are unavailable (${why}); each instance counts on its own until they are back`,
    ]);
    limiter.comeBack();
    await until(back);
    // A late response does not count twice.
    expect(await countsOf(counters)).toEqual([2, 2]);
    expect(lines).toHaveLength(2);
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
    expect((await counters.add(limited('a')))?.[0]?.count).toBe(1);
  });

  it('store marks for other processes', async () => {
    const [one, other] = [new Counters({ limiter }), new Counters({ limiter })];
    expect(await other.isMarked('known')).toBe(false);
    one.mark('known', 60);
    expect(await other.isMarked('known')).toBe(true);
  });
});
