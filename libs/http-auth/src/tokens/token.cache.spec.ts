import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, TokenCache, tokenCacheProblem } from './token.cache.js';

describe('The cache of tokens', () => {
  it('remembers until a time, and not at it', () => {
    const cache = new TokenCache<string>();
    cache.set('a', 'alice', 1000);
    expect([cache.get('a', 999), cache.get('a', 1000), cache.get('b', 0)]).toEqual(['alice', undefined, undefined]);
    expect(cache.size).toBe(0);
  });

  it('never remembers more than it may, and forgets the least recently used first', () => {
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

  it('asks once for all who want to know at the same time, and again afterwards', async () => {
    const cache = new TokenCache<number>();
    let asked = 0;
    const ask = () => Promise.resolve(++asked);
    expect(await Promise.all([cache.once('a', ask), cache.once('a', ask), cache.once('b', ask)])).toEqual([1, 1, 2]);
    expect(await cache.once('a', ask)).toBe(3);
  });

  it('asks again after a failure, which all hear of that waited', async () => {
    const cache = new TokenCache<number>();
    const fail = () => Promise.reject(new Error('down'));
    const outcomes = await Promise.allSettled([cache.once('a', fail), cache.once('a', fail)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cache.once('a', () => Promise.resolve(1))).toBe(1);
  });

  it('knows a token by its SHA-256', () => {
    // FIPS 180-2, appendix B.1
    expect(Buffer.from(digestOf({ token: 'abc' }), 'base64url').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('knows the token that credentials have now, not the one that they had', () => {
    const credentials = { token: 'abc' };
    digestOf(credentials);
    credentials.token = 'abd';
    expect(digestOf(credentials)).toBe(digestOf({ token: 'abd' }));
  });

  it.each([[{ max: 0 }], [{ max: 1.5 }], [{ max: Infinity }]])('may not be %j', (options) => {
    expect(tokenCacheProblem(options)).toContain('cache.max must be a whole number');
  });

  it.each([[false], [{}], [{ max: 1 }]] as const)('may be %j', (options) => {
    expect(tokenCacheProblem(options)).toBeUndefined();
  });
});
