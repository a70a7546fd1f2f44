import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Counters } from './counters.js';

/** A limiter whose store can be cut off, so that it fails, or so that it does not answer until it can be reached again. */
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
const back = 'The counters of failures are back';
const countsOf = async (counters: Counters) => (await counters.add(['a', 'b']))?.map(({ count }) => count);

describe('Counters', () => {
  it('count in memory where nothing else is given', async () => {
    const counters = new Counters({});
    expect(counters.shared).toBe(false);
    const first = await counters.add(['a', 'b']);
    expect(await countsOf(counters)).toEqual([2, 2]);
    counters.giveBack(first ?? []);
    expect(await countsOf(counters)).toEqual([2, 2]);
    expect(await new Counters({}).isMarked('a')).toBe(false);
  });

  it('take nothing back that was forgotten in the meantime', async () => {
    const counters = new Counters({ window: 1 });
    const first = await counters.add(['a']);
    await setTimeout(1100);
    counters.giveBack(first ?? []);
    expect((await counters.add(['a']))?.[0]?.count).toBe(1);
  });

  it.each([
    ['fails', 'failing', 'ECONNREFUSED'],
    ['does not answer', 'hanging', 'no answer in 500 ms'],
  ] as const)('go on in memory while their store %s, say so once, and heal', async (_, state, why) => {
    const counters = new Counters({ limiter });
    expect(await countsOf(counters)).toEqual([1, 1]);
    limiter.state = state;
    expect(await Promise.all([countsOf(counters), countsOf(counters)])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await countsOf(counters)).toEqual([3, 3]);
    expect(lines).toEqual([
      `The counters of failures are out of reach (${why}): each instance counts for itself until they are back`,
    ]);
    limiter.comeBack();
    await until(back);
    // What came too late does not count twice.
    expect(await countsOf(counters)).toEqual([2, 2]);
    expect(lines).toHaveLength(2);
  });

  it('count nothing while their store is out of reach, where nothing may go uncounted', async () => {
    const counters = new Counters({ limiter, failClosed: true });
    limiter.state = 'failing';
    expect(counters.closed).toBe(false);
    expect(await counters.add(['a'])).toBeUndefined();
    expect(counters.closed).toBe(true);
    expect(await counters.add(['a'])).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining('requests are refused with 503 until they are back')]);
    limiter.comeBack();
    await until(back);
    expect(counters.closed).toBe(false);
    expect((await counters.add(['a']))?.[0]?.count).toBe(1);
  });

  it('leave marks for others', async () => {
    const [one, other] = [new Counters({ limiter }), new Counters({ limiter })];
    expect(await other.isMarked('known')).toBe(false);
    one.mark('known', 60);
    expect(await other.isMarked('known')).toBe(true);
  });
});
