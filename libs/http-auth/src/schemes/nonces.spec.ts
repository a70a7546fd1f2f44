import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Nonces } from './nonces.js';

const NOW = 1_700_000_000;
const noncesOf = (secrets: string[], random = 0) =>
  new Nonces({ purpose: 'test', random, secrets, lifetime: 300, tolerance: 10 });
const nonces = noncesOf(['first', 'second']);

describe('[DPOP-15] A nonce', () => {
  it('is valid for its lifetime, and old in the second half of it', () => {
    const nonce = nonces.issue('', NOW);
    expect([0, 149, 299].map((age) => nonces.timeOf(nonce, '', NOW + age))).toEqual([NOW, NOW, NOW]);
    expect(nonces.timeOf(nonce, '', NOW + 300)).toBeUndefined();
    expect([149, 150].map((age) => nonces.isOld(NOW, NOW + age))).toEqual([false, true]);
  });

  it('may come from an instance whose clock is ahead by the tolerance', () => {
    expect(nonces.timeOf(nonces.issue('', NOW + 10), '', NOW)).toBe(NOW + 10);
    expect(nonces.timeOf(nonces.issue('', NOW + 11), '', NOW)).toBeUndefined();
  });

  it('is valid if any of the secrets has made it', () => {
    expect(nonces.timeOf(noncesOf(['second']).issue('', NOW), '', NOW)).toBe(NOW);
    expect(nonces.timeOf(noncesOf(['third']).issue('', NOW), '', NOW)).toBeUndefined();
  });

  it('changes each second', () => {
    expect(nonces.issue('', NOW)).toBe(nonces.issue('', NOW + 0.9));
    expect(nonces.issue('', NOW)).not.toBe(nonces.issue('', NOW + 1));
  });

  it('[DIG-12] is valid with its scope only, and differs each time if it has random bytes', () => {
    const random = noncesOf(['first'], 12);
    const nonce = random.issue('a', NOW);
    expect(random.timeOf(nonce, 'a', NOW)).toBe(NOW);
    expect(random.timeOf(nonce, 'b', NOW)).toBeUndefined();
    expect(nonces.timeOf(nonce, 'a', NOW)).toBeUndefined();
    expect(random.issue('a', NOW)).not.toBe(nonce);
  });

  it('[DPOP-16] consists of NQCHAR', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (now) => {
        expect(nonces.issue('', now)).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
      }),
    );
  });

  it('is not valid if it is anything else', () => {
    const nonce = nonces.issue('', NOW);
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(nonces.timeOf(value, '', NOW)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), fc.stringMatching(/^[\x20-\x7e]$/), (at, character) => {
        fc.pre(nonce[at] !== character);
        expect(nonces.timeOf(nonce.slice(0, at) + character + nonce.slice(at + 1), '', NOW)).toBeUndefined();
      }),
    );
  });
});
