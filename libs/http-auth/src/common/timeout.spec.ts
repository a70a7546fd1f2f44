import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { callAt, MAX_DELAY } from './timeout.js';

describe('callAt()', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls at the time, once', () => {
    const call = jest.fn();
    callAt(new Date(1000), call);
    jest.advanceTimersByTime(999);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.runAllTimers();
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('calls at a time that is too far away for one timer', () => {
    const call = jest.fn();
    callAt(new Date(2 * MAX_DELAY + 5000), call);
    jest.advanceTimersByTime(2 * MAX_DELAY + 4999);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('calls soon, but not immediately, if the time is over', () => {
    const call = jest.fn();
    callAt(new Date(-1000), call);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('does not call after it was canceled', () => {
    const call = jest.fn();
    const cancel = callAt(new Date(3 * MAX_DELAY), call);
    jest.advanceTimersByTime(MAX_DELAY + 1);
    cancel();
    jest.runAllTimers();
    expect(call).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
