import { describe, expect, it } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { limitsProblem } from './limits.js';

const limiter = new RateLimiterMemory({ points: 1, duration: 1 });

describe('limitsProblem()', () => {
  it.each([
    undefined,
    false,
    {},
    { perUserAndAddress: 1, perAddress: Infinity, perUser: Infinity, window: 86_400 },
    { limiter, failClosed: true },
    { redis: { eval: () => undefined }, prefix: 'mine' },
  ] as const)('finds none in %j', (limits) => {
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
    [{ window: 0 }, /^limits\.window must be/],
    [{ window: 86_401 }, /^limits\.window must be/],
    [{ redis: {} }, /^limits\.redis must be/],
    [{ redis: null }, /^limits\.redis must be/],
    [{ limiter: {} }, /^limits\.limiter must be/],
    [{ limiter, redis: { eval: () => undefined } }, /exclude each other/],
    [{ failClosed: true }, /^limits\.failClosed is about/],
    [{ failClosed: 'yes', limiter }, /^limits\.failClosed must be/],
    [{ prefix: '' }, /^limits\.prefix must be/],
  ])('finds it in %j', (limits, problem) => {
    expect(limitsProblem(limits as never)).toMatch(problem);
  });
});
