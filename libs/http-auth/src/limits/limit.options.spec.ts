import { describe, expect, it } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { limitsProblem, type TokenLimitOptions, tokenLimitsProblem, windowSeconds } from './limit.options.js';

const limiter = new RateLimiterMemory({ points: 1, duration: 1 });

describe('limitsProblem()', () => {
  it.each([
    undefined,
    false,
    {},
    { perUserAndAddress: 1, perAddress: Infinity, perUser: Infinity, window: 86_400_000 },
    { window: '1s' },
    { window: '1.5s' },
    { window: '1d' },
    { window: 86_401 },
    { limiter, failClosed: true },
    { redis: { eval: () => undefined }, prefix: 'mine' },
    { redis: { eval: () => undefined }, failClosed: true },
    { key: () => 'a', sharedUsernames: [] },
    { sharedUsernames: ['__token__', ''] },
  ] as const)('returns undefined for %j', (limits) => {
    expect(limitsProblem(limits)).toBeUndefined();
  });

  it.each([
    [true, /^limits must be/],
    [null, /^limits must be/],
    [{ perUserAndAddress: 0 }, /^limits\.perUserAndAddress must be/],
    [{ perUserAndAddress: Infinity }, /^limits\.perUserAndAddress must be/],
    [{ perAddress: 1.5 }, /^limits\.perAddress must be/],
    [{ perAddress: 9 }, /^limits\.perAddress must not be less than perUserAndAddress, which is 10/],
    [{ perUser: '5' }, /^limits\.perUser must be/],
    [{ perUserAndAddress: 200, perAddress: 300 }, /^limits\.perUser must not be less/],
    [{ key: 'tenant' }, 'limits.key must be a function (request) => string'],
    [{ sharedUsernames: 'x' }, "limits.sharedUsernames must be a list of usernames, e.g. ['__token__']"],
    [{ sharedUsernames: [1] }, /^limits\.sharedUsernames must be/],
    [{ window: 0 }, /^limits\.window must be/],
    [{ window: -1 }, /^limits\.window must be/],
    [{ window: '999ms' }, /^limits\.window must be/],
    [{ window: 86_400_001 }, /^limits\.window must be/],
    [{ window: '25h' }, /^limits\.window must be/],
    [{ window: '900' }, /^limits\.window must be/],
    [{ window: 1 }, "limits.window: 1 is 1 milliseconds, not seconds; write '1s'"],
    [{ window: 900 }, "limits.window: 900 is 900 milliseconds, not seconds; write '15m'"],
    [{ window: 86_400 }, "limits.window: 86400 is 86400 milliseconds, not seconds; write '1440m'"],
    [{ redis: {} }, /^limits\.redis must be/],
    [{ redis: null }, /^limits\.redis must be/],
    [{ limiter: {} }, /^limits\.limiter must be/],
    [{ limiter: null }, /^limits\.limiter must be/],
    ...['penalty', 'reward', 'get', 'set'].map((name): [object, string] => [
      { limiter: { penalty: () => 1, reward: () => 1, get: () => 1, set: () => 1, [name]: undefined } },
      'limits.limiter must be a limiter of rate-limiter-flexible',
    ]),
    [{ sharedUsernames: ['a', 1] }, /^limits\.sharedUsernames must be/],
    [{ window: 119 }, "limits.window: 119 is 119 milliseconds, not seconds; write '119s'"],
    [{ redis: { eval: () => undefined }, prefix: 5 }, /^limits\.prefix must be/],
    [{ prefix: 'mine' }, /^limits\.prefix is for redis only/],
    [{ limiter, redis: { eval: () => undefined } }, /exclude each other/],
    [{ failClosed: true }, /^limits\.failClosed needs redis or limiter/],
    [{ failClosed: 'yes', limiter }, /^limits\.failClosed must be/],
    [{ redis: { eval: () => undefined }, prefix: '' }, /^limits\.prefix must be/],
  ])('returns an error message for %j', (limits, problem) => {
    expect(limitsProblem(limits as never)).toMatch(problem);
  });
});

describe('windowSeconds()', () => {
  it.each([
    [{}, 900],
    [{ window: '1s' }, 1],
    [{ window: '1.2s' }, 2],
    [{ window: 90_000 }, 90],
  ])('returns whole seconds for %j', (limits, seconds) => {
    expect(windowSeconds(limits)).toBe(seconds);
  });
});

describe('tokenLimitsProblem()', () => {
  it.each([
    undefined,
    false,
    {},
    { perAddress: 1 },
    { perAddress: Infinity, window: '1h' },
    { limiter, failClosed: true },
  ])('returns undefined for %j', (limits) => {
    expect(tokenLimitsProblem(limits as TokenLimitOptions)).toBeUndefined();
  });

  it.each([
    [true, /^limits must be/],
    [null, /^limits must be/],
    [{ perAddress: 0 }, /^limits\.perAddress must be/],
    [{ window: 900 }, /^limits\.window: 900/],
    ...(['perUserAndAddress', 'perUser', 'key', 'sharedUsernames'] as const).map((name): [object, string] => [
      { [name]: 1 },
      `limits.${name} is for passwords, because a token has no username; remove it`,
    ]),
  ])('rejects %j', (limits, message) => {
    expect(tokenLimitsProblem(limits as never)).toMatch(message);
  });
});
