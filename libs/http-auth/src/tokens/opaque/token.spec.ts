import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TOKEN68 } from '../../http/grammar.js';
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
      }),
    );
  });

  it('creates a different token of 256 bits each time', () => {
    const made = Array.from({ length: 100 }, () => token.create().token);
    expect(new Set(made).size).toBe(100);
    for (const text of made) expect(Buffer.from(text, 'base64url')).toHaveLength(32);
  });

  it.each(['', '_', 'acme_', '_acme', 'a__b', 'a b', 'a-b', 'ä', 'a"'])('refuses the prefix %j', (prefix) => {
    expect(() => token.create({ prefix })).toThrow(/^token\.create\(\): prefix must be/);
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
