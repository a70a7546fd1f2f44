import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { cacheProblem, keyText, VerifiedCache } from './verified.js';

const asked = (good: boolean) => jest.fn(() => Promise.resolve(good));

describe('keyText()', () => {
  it('is another one for other fields, wherever one ends', () => {
    const unit = { unit: 'binary', maxLength: 6 } as const;
    const fields = fc.tuple(fc.string(unit), fc.string(unit), fc.string(unit));
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        expect(keyText(...a) === keyText(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    // The same letters, cut elsewhere.
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), fc.nat(), (text, one, other) => {
        const [a, b] = [one % (text.length + 1), other % (text.length + 1)];
        const cut = (at: number) => keyText(text.slice(0, at), text.slice(at), 'hash');
        expect(cut(a) === cut(b)).toBe(a === b);
      }),
    );
    expect(keyText('ab', 'c', '')).not.toBe(keyText('a', 'bc', ''));
    expect(keyText('1:a', '', '')).not.toBe(keyText('', '1:a', ''));
  });
});

describe('VerifiedCache', () => {
  it('remembers that credentials were good, and of others nothing', async () => {
    const cache = new VerifiedCache({});
    const [yes, no] = [asked(true), asked(false)];
    for (let time = 0; time < 3; time++) {
      expect(await cache.judge({ username: 'ab', password: 'c' }, 'hash', yes)).toBe(true);
      expect(await cache.judge({ username: 'a', password: 'bc' }, 'hash', no)).toBe(false);
      expect(await cache.judge({ username: 'ab', password: 'c' }, 'another', no)).toBe(false);
    }
    expect([yes.mock.calls.length, no.mock.calls.length]).toEqual([1, 6]);
  });

  it.each([true, false])('asks once for all that come at the same time, where the answer is %s', async (good) => {
    const cache = new VerifiedCache({});
    const verify = asked(good);
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => cache.judge({ username: 'a', password: 'b' }, 'hash', verify)),
    );
    expect(answers).toEqual(Array.from({ length: 10 }, () => good));
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('tells lone surrogates apart, which UTF-8 does not', async () => {
    const cache = new VerifiedCache({});
    await cache.judge({ username: '\ud800', password: '' }, 'hash', asked(true));
    expect(await cache.judge({ username: '\udfff', password: '' }, 'hash', asked(false))).toBe(false);
  });

  it('knows what credentials have now, not what they had', async () => {
    const cache = new VerifiedCache({});
    const credentials = { username: 'a', password: 'b' };
    expect(await cache.judge(credentials, 'hash', asked(true))).toBe(true);
    credentials.password = 'c';
    expect(await cache.judge(credentials, 'hash', asked(false))).toBe(false);
    credentials.password = 'b';
    credentials.username = 'c';
    expect(await cache.judge(credentials, 'hash', asked(false))).toBe(false);
    credentials.username = 'a';
    expect(await cache.judge(credentials, 'hash', asked(false))).toBe(true);
    expect(await cache.judge(credentials, 'another', asked(false))).toBe(false);
  });

  it('remembers no error', async () => {
    const cache = new VerifiedCache({});
    const fail = () => Promise.reject(new Error('down'));
    await expect(cache.judge({ username: 'a', password: 'b' }, 'hash', fail)).rejects.toThrow('down');
    expect(await cache.judge({ username: 'a', password: 'b' }, 'hash', asked(true))).toBe(true);
  });

  it('forgets one user, and nobody else', async () => {
    const cache = new VerifiedCache({});
    await cache.judge({ username: 'alice', password: 'a' }, 'hash', asked(true));
    await cache.judge({ username: 'bob', password: 'b' }, 'hash', asked(true));
    cache.invalidate('alice');
    expect(await cache.judge({ username: 'alice', password: 'a' }, 'hash', asked(false))).toBe(false);
    expect(await cache.judge({ username: 'bob', password: 'b' }, 'hash', asked(false))).toBe(true);
  });

  it('does not remember what was being judged while it was told to forget', async () => {
    const cache = new VerifiedCache({});
    let answer: (good: boolean) => void = () => undefined;
    const judged = cache.judge(
      { username: 'alice', password: 'a' },
      'hash',
      () => new Promise((resolve) => (answer = resolve)),
    );
    cache.invalidate('alice');
    const again = cache.judge({ username: 'alice', password: 'a' }, 'hash', asked(false));
    answer(true);
    expect([await judged, await again]).toEqual([true, false]);
    expect(await cache.judge({ username: 'alice', password: 'a' }, 'hash', asked(false))).toBe(false);
  });

  it('forgets the least recently used where there is no room', async () => {
    const cache = new VerifiedCache({ max: 2 });
    for (const user of ['a', 'b', 'c']) await cache.judge({ username: user, password: '' }, 'hash', asked(true));
    expect(await cache.judge({ username: 'a', password: '' }, 'hash', asked(false))).toBe(false);
    expect(await cache.judge({ username: 'c', password: '' }, 'hash', asked(false))).toBe(true);
  });

  it('forgets in time', async () => {
    const cache = new VerifiedCache({ ttl: 1 });
    await cache.judge({ username: 'a', password: '' }, 'hash', asked(true));
    await setTimeout(20);
    expect(await cache.judge({ username: 'a', password: '' }, 'hash', asked(false))).toBe(false);
  });

  it.each([
    [false, undefined],
    [{}, undefined],
    [{ ttl: 0 }, /^cache\.ttl/],
    [{ ttl: 0.5 }, /^cache\.ttl/],
    [{ max: 0 }, /^cache\.max/],
  ] as const)('finds the mistake in %j', (options, problem) => {
    const found = cacheProblem(options);
    expect(problem === undefined ? found === undefined : problem.test(found ?? '')).toBe(true);
  });
});
