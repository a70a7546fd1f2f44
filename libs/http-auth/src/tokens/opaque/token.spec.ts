import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TOKEN68 } from '../../http/grammar.js';
import { checksumOf } from './checksum.js';
import { isTokenHash, token } from './token.js';

const prefixes = fc
  .array(fc.stringMatching(/^[A-Za-z0-9]{1,8}$/), { minLength: 1, maxLength: 3 })
  .map((words) => words.join('_'));

describe('token.create()', () => {
  it('creates a token that fits into the Authorization field, and its hash', () => {
    fc.assert(
      fc.property(fc.option(prefixes, { nil: undefined }), (prefix) => {
        const created = token.create(prefix === undefined ? {} : { prefix });
        expect(created.token).toMatch(new RegExp(`^(?:${TOKEN68.source})$`));
        expect(created.token.startsWith(prefix === undefined ? '' : `${prefix}_`)).toBe(true);
        expect(created.hash).toBe(token.hash(created.token));
        expect(isTokenHash(created.hash)).toBe(true);
        expect(token.hasChecksum(created.token)).toBe(true);
      }),
    );
  });

  it('creates a different token of 256 bits each time', () => {
    const made = Array.from({ length: 100 }, () => token.create({ checksum: false }).token);
    expect(new Set(made).size).toBe(100);
    // 43 digits of base62 hold 256 bits. The highest digit of such a number is at most `y`.
    for (const text of made) expect(text).toMatch(/^[0-9A-Za-y][0-9A-Za-z]{42}$/);
    // In 4,300 random digits, the chance that one of the 62 is missing is below 10^-28.
    expect(new Set(made.flatMap((text) => text.split(''))).size).toBe(62);
  });

  it.each([
    [{}, /^[0-9A-Za-z]{49}$/],
    [{ prefix: 'acme_live' }, /^acme_live_[0-9A-Za-z]{49}$/],
    [{ prefix: 'acme_live', checksum: true }, /^acme_live_[0-9A-Za-z]{49}$/],
    [{ prefix: 'acme_live', checksum: false }, /^acme_live_[0-9A-Za-z]{43}$/],
  ])('creates the form that a scanner finds with %j', (options, form) => {
    expect(token.create(options).token).toMatch(form);
  });

  it('refuses a checksum that is not a boolean', () => {
    expect(() => token.create({ checksum: 'crc32' as never })).toThrow(
      'token.create(): checksum must be true or false; leave it out for true',
    );
  });

  it.each(['', '_', 'acme_', '_acme', 'a__b', 'a b', 'a-b', 'ä', 'a"'])('refuses the prefix %j', (prefix) => {
    expect(() => token.create({ prefix })).toThrow(/^token\.create\(\): prefix must be/);
  });
});

describe('token.hasChecksum()', () => {
  const secret = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg';
  const checksum = checksumOf(secret);

  it.each([`${secret}${checksum}`, `a_${secret}${checksum}`, `acme_live_${secret}${checksum}`])(
    'returns true for %s',
    (text) => {
      expect(token.hasChecksum(text)).toBe(true);
    },
  );

  it.each([
    undefined,
    null,
    5,
    '',
    secret,
    `acme_${secret}`,
    `_${secret}${checksum}`,
    `acme__${secret}${checksum}`,
    `acme-${secret}${checksum}`,
    `a\u0142_${secret}${checksum}`,
    `acme_${secret}${checksum} `,
    `acme_${secret}${checksum}\n`,
    `acme_${secret}${checksum}x`,
    `acme_${secret.slice(1)}${checksum}`,
    `acme_${secret}${checksum.slice(0, -1)}`,
    `acme_${secret.toUpperCase()}${checksum}`,
    `acme_${secret}000000`,
    `acme_${secret}zzzzzz`,
    // The checksum is correct, but the secret is too short.
    `acme_abc${checksumOf('abc')}`,
  ])('returns false for %j', (text) => {
    expect(token.hasChecksum(text)).toBe(false);
  });

  it('takes little time for a long string', () => {
    expect(token.hasChecksum('a_'.repeat(1_000_000))).toBe(false);
    expect(token.hasChecksum('a'.repeat(1_000_000))).toBe(false);
  });
});

describe('token.hash()', () => {
  // FIPS 180-2, appendix B.1
  it('returns SHA-256 in lower-case hexadecimal digits', () => {
    expect(token.hash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('isTokenHash()', () => {
  it.each([undefined, null, 1, '', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`, 'g'.repeat(64)])(
    'returns false for %j',
    (text) => {
      expect(isTokenHash(text)).toBe(false);
    },
  );
});
