import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { atTime } from './expiry.js';

describe('atTime()', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([
    ['in the past', -1000, 0],
    ['in a second', 1000, 1000],
    ['later than the longest timer of Node', 2 ** 32, 2 ** 32],
  ])('calls the function once at a time %s', (_when, offset, delay) => {
    const run = jest.fn();
    atTime(new Date(Date.now() + offset), run);
    expect(run).not.toHaveBeenCalled();
    if (delay > 0) jest.advanceTimersByTime(delay - 1);
    expect(run).not.toHaveBeenCalled();
    jest.advanceTimersByTime(2 ** 31);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('does not call the function if the call is cancelled', () => {
    const run = jest.fn();
    const cancel = atTime(new Date(Date.now() + 2 ** 32), run);
    jest.advanceTimersByTime(2 ** 31);
    cancel();
    jest.advanceTimersByTime(2 ** 33);
    expect(run).not.toHaveBeenCalled();
  });
});
