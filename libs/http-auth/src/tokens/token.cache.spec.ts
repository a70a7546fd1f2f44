import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, TokenCache, tokenCacheProblem } from './token.cache.js';

const of = (token: string) => ({ token });

describe('The cache of tokens', () => {
  it('remembers until a time, and not at it', () => {
    const cache = new TokenCache<string>();
    const repeated = of('a');
    cache.set(repeated, 'alice', 1000);
    expect([repeated, of('a'), of('b')].map((token) => cache.get(token, 999))).toEqual(['alice', 'alice', undefined]);
    expect([repeated, of('a'), of('b')].map((token) => cache.get(token, 1000))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(cache.size).toBe(0);
  });

  it('never remembers more than it may, and forgets the least recently used first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.string(), { maxLength: 100 }), (max, tokens) => {
        const cache = new TokenCache<string>({ max });
        for (const token of tokens) cache.set(of(token), token, Infinity);
        const latest = [...new Set(tokens.toReversed())].slice(0, max);
        expect(cache.size).toBe(latest.length);
        expect(latest.map((token) => cache.get(of(token)))).toEqual(latest);
      }),
    );
  });

  it('has of credentials what was found of the token that they have now', () => {
    const cache = new TokenCache<string>();
    const credentials = of('a');
    cache.set(credentials, 'alice', 1000);
    credentials.token = 'b';
    expect(cache.get(credentials, 0)).toBeUndefined();
  });

  it('asks once for all who want to know at the same time, and again afterwards', async () => {
    const cache = new TokenCache<number>();
    let asked = 0;
    const ask = () => Promise.resolve(++asked);
    expect(await Promise.all([cache.once(of('a'), ask), cache.once(of('a'), ask), cache.once(of('b'), ask)])).toEqual([
      1, 1, 2,
    ]);
    expect(await cache.once(of('a'), ask)).toBe(3);
  });

  it('asks again after a failure, which all hear of that waited', async () => {
    const cache = new TokenCache<number>();
    const fail = () => Promise.reject(new Error('down'));
    const outcomes = await Promise.allSettled([cache.once(of('a'), fail), cache.once(of('a'), fail)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await cache.once(of('a'), () => Promise.resolve(1))).toBe(1);
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
