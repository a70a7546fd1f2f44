import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import type { StoredToken } from './stored.token.js';
import { token } from './token.js';
import { reporterOfUses } from './use.reporter.js';

const request = { headers: {} };
const record = (text: string) => ({ hash: token.hash(text), principal: text });

describe('reporterOfUses()', () => {
  const lines: string[] = [];
  let now = 0;
  let clock: jest.SpiedFunction<() => number>;
  const pass = (milliseconds: number) => {
    now += milliseconds;
    jest.advanceTimersByTime(milliseconds);
  };

  beforeEach(() => {
    lines.length = 0;
    // lru-cache has kept the real clock.
    jest.useFakeTimers({ doNotFake: ['performance'] });
    now = 1000;
    clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const log = (...texts: unknown[]) => void lines.push(texts.join(' '));
    Logger.overrideLogger({ log, error: log, warn: log } satisfies LoggerService);
  });
  afterEach(() => {
    clock.mockRestore();
    jest.useRealTimers();
    Logger.overrideLogger(['log', 'error', 'warn']);
  });

  const setUp = (onUse: (stored: StoredToken<string>) => unknown = () => undefined, interval?: string) => {
    const calls = jest.fn(onUse);
    const report = reporterOfUses(calls as (stored: StoredToken<string>) => void, interval);
    const use = (text: string) => report(record(text), request, text);
    return { calls, use };
  };

  it.each([
    ['a minute', undefined, 60_000],
    ['the interval', '5m', 300_000],
  ])('calls onUse once in %s for each token', (_what, interval, time) => {
    const { calls, use } = setUp(undefined, interval);
    for (let count = 0; count < 3; count++) for (const text of ['one', 'two']) use(text);
    pass(time - 1000);
    use('one');
    expect(calls.mock.calls.map(([{ principal }]) => principal)).toEqual(['one', 'two']);
    pass(1001);
    use('one');
    expect(calls.mock.calls.map(([{ principal }]) => principal)).toEqual(['one', 'two', 'one']);
  });

  it('measures the interval from the call, not from the last use', () => {
    const { calls, use } = setUp();
    for (let second = 0; second < 180; second++) {
      use('one');
      pass(1000);
    }
    expect(calls).toHaveBeenCalledTimes(3);
  });

  it('forgets the least recently used of more than 10,000 tokens', () => {
    const { calls, use } = setUp();
    for (let number = 0; number <= 10_000; number++) use(`token ${number}`);
    expect(calls).toHaveBeenCalledTimes(10_001);
    use('token 10000');
    expect(calls).toHaveBeenCalledTimes(10_001);
    use('token 0');
    expect(calls).toHaveBeenCalledTimes(10_002);
  });

  it('runs at most 1,000 calls, and gives up a call after 30 seconds', async () => {
    const { calls, use } = setUp(() => new Promise(() => undefined));
    for (let number = 0; number <= 1000; number++) use(`token ${number}`);
    expect(calls).toHaveBeenCalledTimes(1000);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(lines).toHaveLength(1000);
    expect(lines[0]).toContain('onUse did not settle in 30 seconds');
    use('token 1000');
    expect(calls).toHaveBeenCalledTimes(1001);
  });

  it.each<[what: string, onUse: (stored: StoredToken<string>) => unknown]>([
    [
      'throws',
      ({ principal, hash }) => {
        throw new Error(`no row for ${principal} and ${hash}`);
      },
    ],
    ['rejects', ({ principal, hash }) => Promise.reject(new Error(`no row for ${principal} and ${hash}`))],
    ['rejects with a string', ({ principal, hash }) => Promise.reject(`no row for ${principal} and ${hash}`)],
    [
      'returns a thenable that rejects',
      ({ principal, hash }) => ({
        // oxlint-disable-next-line unicorn/no-thenable
        then: (_: unknown, reject: (error: Error) => void) => reject(new Error(`no row for ${principal} and ${hash}`)),
      }),
    ],
  ])('logs the error without the token and its hash, and only once in a minute, if onUse %s', async (_what, onUse) => {
    const { calls, use } = setUp(onUse);
    for (let count = 0; count < 3; count++) {
      expect(use('a-secret-token')).toBeUndefined();
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(calls).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([expect.stringContaining('no row for [redacted] and [redacted]')]);
  });

  it('logs an error that cannot be read', async () => {
    const error = Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('a-secret-token');
      },
    });
    const { use } = setUp(() => Promise.reject(error));
    use('a-secret-token');
    await jest.advanceTimersByTimeAsync(0);
    expect(lines).toEqual([expect.stringContaining('The error cannot be read')]);
    expect(lines[0]).not.toContain('a-secret-token');
  });
});
