import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenCache, tokenCacheProblem } from './token.cache.js';

describe('The cache of tokens', () => {
  it('keeps a result until its end', () => {
    const cache = new TokenCache<string>();
    cache.set('a', 'alice', 1000, 0);
    expect([cache.get('a', 999), cache.get('b', 999)]).toEqual(['alice', undefined]);
    expect([cache.get('a', 1000), cache.size]).toEqual([undefined, 0]);
  });

  it('does not keep a result that has ended', () => {
    const cache = new TokenCache<string>();
    cache.set('a', 'alice', 1000, 1000);
    expect(cache.size).toBe(0);
  });

  it('never keeps more than its maximum, and removes the least recently used result first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.string(), { maxLength: 100 }), (max, digests) => {
        const cache = new TokenCache<string>({ max });
        for (const digest of digests) cache.set(digest, digest, Infinity);
        const latest = [...new Set(digests.toReversed())].slice(0, max);
        expect(cache.size).toBe(latest.length);
        expect(latest.map((digest) => cache.get(digest))).toEqual(latest);
      }),
    );
  });

  it('asks once for all requests at the same time, and asks again afterwards', async () => {
    const cache = new TokenCache<number>();
    let asked = 0;
    const ask = () => Promise.resolve(++asked);
    expect(await Promise.all([cache.once('a', ask), cache.once('a', ask), cache.once('b', ask)])).toEqual([1, 1, 2]);
    expect(await cache.once('a', ask)).toBe(3);
  });

  it('rejects all requests that wait if the request fails, and asks again afterwards', async () => {
    const cache = new TokenCache<number>();
    const fail = () => Promise.reject(new Error('down'));
    const outcomes = await Promise.allSettled([cache.once('a', fail), cache.once('a', fail)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cache.once('a', () => Promise.resolve(1))).toBe(1);
  });

  it.each([[{ max: 0 }], [{ max: 1.5 }], [{ max: Infinity }]])('refuses the options %j', (options) => {
    expect(tokenCacheProblem(options)).toContain('cache.max must be a whole number');
  });

  it.each([[false], [{}], [{ max: 1 }]] as const)('accepts the options %j', (options) => {
    expect(tokenCacheProblem(options)).toBeUndefined();
  });
});
