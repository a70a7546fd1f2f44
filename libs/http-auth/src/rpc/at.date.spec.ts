import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { atDate } from './at.date.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const day = 86_400_000;

describe('atDate()', () => {
  it.each([1, day, 60 * day])('calls the function after %d ms, and not before', (delay) => {
    const act = jest.fn();
    atDate(new Date(Date.now() + delay), act);
    jest.advanceTimersByTime(delay - 1);
    expect(act).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it.each([0, -1, NaN])('calls the function immediately if the date is %d ms from now', (delay) => {
    const act = jest.fn();
    atDate(new Date(Date.now() + delay), act);
    expect(act).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not call the function after it is cancelled', () => {
    const act = jest.fn();
    const cancel = atDate(new Date(Date.now() + 60 * day), act);
    jest.advanceTimersByTime(30 * day);
    cancel();
    jest.advanceTimersByTime(60 * day);
    expect(act).not.toHaveBeenCalled();
  });
});
