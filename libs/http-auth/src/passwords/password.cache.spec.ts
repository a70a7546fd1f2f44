import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { keyedDigest } from '../common/digest.js';
import { cacheProblem, PasswordCache } from './password.cache.js';

const checkThatReturns = (good: boolean) => jest.fn(() => Promise.resolve(good));

describe('keyedDigest()', () => {
  it('returns another key if a field differs or ends at another place', () => {
    const unit = { unit: 'binary', maxLength: 6 } as const;
    const fields = fc.tuple(fc.string(unit), fc.string(unit), fc.string(unit));
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(keyedDigest(...a) === keyedDigest(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    // The same letters, split at another place.
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), fc.nat(), (text, one, other) => {
        const [a, b] = [one % (text.length + 1), other % (text.length + 1)];
        const cut = (at: number) => keyedDigest(text.slice(0, at), text.slice(at), 'hash');
        expect(cut(a) === cut(b)).toBe(a === b);
      }),
    );
    expect(keyedDigest('ab', 'c', '')).not.toBe(keyedDigest('a', 'bc', ''));
    expect(keyedDigest('1:a', '', '')).not.toBe(keyedDigest('', '1:a', ''));
  });
});

describe('PasswordCache', () => {
  it('remembers a verified password, and checks wrong passwords every time', async () => {
    const cache = new PasswordCache({});
    const [yes, no] = [checkThatReturns(true), checkThatReturns(false)];
    for (let time = 0; time < 3; time++) {
      expect(await cache.verify({ username: 'ab', password: 'c' }, 'hash', yes)).toBe(true);
      expect(await cache.verify({ username: 'a', password: 'bc' }, 'hash', no)).toBe(false);
      expect(await cache.verify({ username: 'ab', password: 'c' }, 'another', no)).toBe(false);
    }
    expect([yes.mock.calls.length, no.mock.calls.length]).toEqual([1, 6]);
  });

  it.each([true, false])(
    'checks the same password once if several requests send it at the same time and the result is %s',
    async (good) => {
      const cache = new PasswordCache({});
      const verify = checkThatReturns(good);
      const answers = await Promise.all(
        Array.from({ length: 10 }, async () => cache.verify({ username: 'a', password: 'b' }, 'hash', verify)),
      );
      expect(answers).toEqual(Array.from({ length: 10 }, () => good));
      expect(verify).toHaveBeenCalledTimes(1);
    },
  );

  it('distinguishes lone surrogates, which are the same bytes in UTF-8', async () => {
    const cache = new PasswordCache({});
    await cache.verify({ username: '\ud800', password: '' }, 'hash', checkThatReturns(true));
    expect(await cache.verify({ username: '\udfff', password: '' }, 'hash', checkThatReturns(false))).toBe(false);
  });

  it('checks again if the fields of the same credentials object or the hash change', async () => {
    const cache = new PasswordCache({});
    const credentials = { username: 'a', password: 'b' };
    expect(await cache.verify(credentials, 'hash', checkThatReturns(true))).toBe(true);
    credentials.password = 'c';
    expect(await cache.verify(credentials, 'hash', checkThatReturns(false))).toBe(false);
    credentials.password = 'b';
    credentials.username = 'c';
    expect(await cache.verify(credentials, 'hash', checkThatReturns(false))).toBe(false);
    credentials.username = 'a';
    expect(await cache.verify(credentials, 'hash', checkThatReturns(false))).toBe(true);
    expect(await cache.verify(credentials, 'another', checkThatReturns(false))).toBe(false);
  });

  it('does not remember an error', async () => {
    const cache = new PasswordCache({});
    const fail = () => Promise.reject(new Error('down'));
    await expect(cache.verify({ username: 'a', password: 'b' }, 'hash', fail)).rejects.toThrow('down');
    expect(await cache.verify({ username: 'a', password: 'b' }, 'hash', checkThatReturns(true))).toBe(true);
  });

  it('forgets one user and no other on invalidate()', async () => {
    const cache = new PasswordCache({});
    await cache.verify({ username: 'alice', password: 'a' }, 'hash', checkThatReturns(true));
    await cache.verify({ username: 'bob', password: 'b' }, 'hash', checkThatReturns(true));
    cache.invalidate('alice');
    expect(await cache.verify({ username: 'alice', password: 'a' }, 'hash', checkThatReturns(false))).toBe(false);
    expect(await cache.verify({ username: 'bob', password: 'b' }, 'hash', checkThatReturns(false))).toBe(true);
  });

  it('does not remember the result of a check that was running on invalidate()', async () => {
    const cache = new PasswordCache({});
    let answer: (good: boolean) => void = () => undefined;
    const first = cache.verify(
      { username: 'alice', password: 'a' },
      'hash',
      () => new Promise((resolve) => (answer = resolve)),
    );
    cache.invalidate('alice');
    const again = cache.verify({ username: 'alice', password: 'a' }, 'hash', checkThatReturns(false));
    answer(true);
    expect([await first, await again]).toEqual([true, false]);
    expect(await cache.verify({ username: 'alice', password: 'a' }, 'hash', checkThatReturns(false))).toBe(false);
  });

  it('forgets the least recently used password if there are more than max', async () => {
    const cache = new PasswordCache({ max: 2 });
    for (const user of ['a', 'b', 'c'])
      await cache.verify({ username: user, password: '' }, 'hash', checkThatReturns(true));
    expect(await cache.verify({ username: 'a', password: '' }, 'hash', checkThatReturns(false))).toBe(false);
    expect(await cache.verify({ username: 'c', password: '' }, 'hash', checkThatReturns(false))).toBe(true);
  });

  it('remembers a password for an hour if there is no ttl', async () => {
    let now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const cache = new PasswordCache({});
    const credentials = { username: 'a', password: '' };
    await cache.verify(credentials, 'hash', checkThatReturns(true));
    // The cache caches the time as well, until the next millisecond.
    await setTimeout(5);
    now += 3_599_000;
    expect(await cache.verify(credentials, 'hash', checkThatReturns(false))).toBe(true);
    await setTimeout(5);
    now += 2000;
    expect(await cache.verify(credentials, 'hash', checkThatReturns(false))).toBe(false);
    clock.mockRestore();
  });

  it('forgets a password after ttl', async () => {
    const cache = new PasswordCache({ ttl: 1 });
    await cache.verify({ username: 'a', password: '' }, 'hash', checkThatReturns(true));
    await setTimeout(20);
    expect(await cache.verify({ username: 'a', password: '' }, 'hash', checkThatReturns(false))).toBe(false);
  });

  it.each([
    [false, undefined],
    [{}, undefined],
    [{ ttl: '15m', max: 1 }, undefined],
    [{ ttl: 1.5 }, /^cache\.ttl/],
    [{ ttl: 0 }, /^cache\.ttl/],
    [{ ttl: '900' }, /^cache\.ttl/],
    [{ ttl: Infinity }, /^cache\.ttl/],
    [{ ttl: 0.5 }, /^cache\.ttl/],
    [{ max: 0 }, /^cache\.max/],
  ] as const)('finds the invalid option in %j', (options, problem) => {
    const found = cacheProblem(options);
    expect(problem === undefined ? found === undefined : problem.test(found ?? '')).toBe(true);
  });
});
