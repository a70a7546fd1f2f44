import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Quota } from './quota.js';

const drop = jest.fn<(key: string, isExpired: boolean) => void>();

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  drop.mockClear();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('A quota of tickets', () => {
  it('drops the oldest ticket of a user who has too many, and no other', () => {
    const quota = new Quota(30_000, drop, 2, 10);
    expect(['a', 'b', 'c', 'd'].map((key) => quota.add(key === 'a' ? 'alice' : 'bob', key))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(drop.mock.calls).toEqual([['b', false]]);
  });

  it('refuses a ticket if all users together have too many, and drops none', () => {
    const quota = new Quota(30_000, drop, 2, 3);
    for (const key of ['a', 'b', 'c']) quota.add(key, key);
    expect(quota.add('d', 'd')).toBe(false);
    expect(drop).not.toHaveBeenCalled();
    quota.remove('b');
    expect(quota.add('d', 'd')).toBe(true);
  });

  it('forgets tickets that have expired or were used', () => {
    const quota = new Quota(30_000, drop, 1, 2);
    quota.add('alice', 'a');
    quota.add('bob', 'b');
    quota.remove('b');
    quota.remove('b');
    jest.advanceTimersByTime(29_999);
    expect(quota.add('bob', 'c')).toBe(true);
    expect(quota.add('carol', 'd')).toBe(false);
    jest.advanceTimersByTime(1);
    expect(quota.add('carol', 'd')).toBe(true);
    expect(drop.mock.calls).toEqual([['a', true]]);
  });
});
