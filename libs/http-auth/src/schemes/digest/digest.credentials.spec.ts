import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDigestCredentials } from './digest.credentials.js';

const response = 'a'.repeat(64);
const valid: Readonly<Record<string, string>> = {
  username: 'alice',
  realm: 'Staging',
  nonce: 'abc',
  uri: '/a?b="c"',
  response,
  algorithm: 'SHA-256',
  qop: 'auth',
  nc: '0000000a',
  cnonce: 'x y',
};

/** The value of a parameter as it is sent: a quoted-string, or a token. */
const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
const field = (params: Readonly<Record<string, string | undefined>>, form: (name: string, value: string) => string) =>
  `Digest ${Object.entries(params)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${form(name, value)}`]))
    .join(', ')}`;
const parse = (change: Readonly<Record<string, string | undefined>> = {}) =>
  parseDigestCredentials(field({ ...valid, ...change }, (_, value) => quoted(value)));

const parsed = {
  username: 'alice',
  userhash: false,
  realm: 'Staging',
  nonce: 'abc',
  uri: '/a?b="c"',
  response,
  algorithm: 'SHA-256',
  nc: '0000000a',
  cnonce: 'x y',
};

describe('parseDigestCredentials', () => {
  it('[DIG-5] accepts algorithm, qop and nc as tokens and as quoted-strings, in any order', () => {
    const names = Object.keys(valid);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names, { minLength: names.length }),
        fc.subarray(['algorithm', 'qop', 'nc', 'username', 'realm', 'nonce', 'response']),
        fc.constantFrom(', ', ',', ' ,\t', ',,'),
        (order, tokens, comma) => {
          const text = order
            .map((name) => {
              const value = valid[name] ?? '';
              return `${name}=${tokens.includes(name) ? value : quoted(value)}`;
            })
            .join(comma);
          expect(parseDigestCredentials(`Digest ${text}`)).toEqual(parsed);
        },
      ),
    );
  });

  it('[DIG-6] returns undefined if a parameter is missing', () => {
    for (const name of ['username', 'realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce']) {
      expect([name, parse({ [name]: undefined })]).toEqual([name, undefined]);
    }
  });

  it('[DIG-6] returns undefined if a parameter occurs twice', () => {
    for (const [name, value] of Object.entries(valid)) {
      const text = field(valid, (_, one) => quoted(one));
      expect(parseDigestCredentials(`${text}, ${name.toUpperCase()}=${quoted(value)}`)).toBeUndefined();
    }
  });

  it.each([
    ['qop', 'auth-int'],
    ['qop', ''],
    ['nc', '1'],
    ['nc', '000000001'],
    ['nc', '0000000g'],
    ['response', 'abc'],
    ['response', `${response}a`],
    ['response', 'g'.repeat(64)],
    ['cnonce', ''],
    ['cnonce', '\u00e9'],
    ['userhash', 'yes'],
    ['userhash', 'true'],
    ['username', '\u00ff'],
    ['username', 'a\tb'],
    ['username', '\u00e9'.repeat(600)],
  ])('[DIG-6] returns undefined if %s is %j', (name, value) => {
    expect(parse({ [name]: value })).toBeUndefined();
  });

  it('[DIG-4] reads a missing algorithm as MD5', () => {
    expect(parse({ algorithm: undefined })?.algorithm).toBe('MD5');
  });

  it('[DIG-7] reads username* as UTF-8, and only instead of username and without userhash', () => {
    const extended = "UTF-8''J%C3%A4s%C3%B8n%20Doe";
    const alone = { username: undefined, 'username*': extended };
    expect(parse(alone)?.username).toBe('Jäsøn Doe');
    expect(parse({ ...alone, 'username*': "utf-8'en'Je\u0301".replace('e\u0301', 'e%CC%81') })?.username).toBe('Jé');
    expect(parse({ 'username*': extended })).toBeUndefined();
    expect(parse({ ...alone, userhash: 'true' })).toBeUndefined();
    for (const wrong of ["ISO-8859-1''a", 'a', "UTF-8'a", "UTF-8''%C3", "UTF-8''%", "UTF-8''a b", "UTF-8''%00"]) {
      expect(parse({ ...alone, 'username*': wrong })).toBeUndefined();
    }
  });

  it('[DIG-14] reads a username as UTF-8, which Node gives as ISO-8859-1, and normalizes it to NFC', () => {
    const sent = (name: string) => Buffer.from(name).toString('latin1');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (name) => {
        fc.pre(!/\p{Cc}/u.test(name));
        expect(parse({ username: sent(name) })?.username).toBe(name.normalize('NFC'));
      }),
    );
    expect(parse({ username: sent('Zoe\u0308') })?.username).toBe('Zoë');
  });

  it('[DIG-2] reads a hash of a username in lower case', () => {
    const username = 'A'.repeat(64);
    expect(parse({ username, userhash: 'true' })).toMatchObject({ username: 'a'.repeat(64), userhash: true });
    expect(parse({ userhash: 'false' })).toEqual(parsed);
  });

  it('returns undefined or complete credentials for any field, and never throws', () => {
    const part = fc.constantFrom(
      ...Object.entries(valid).map(([name, value]) => `${name}=${quoted(value)}`),
      'username=',
      'nc="',
      '=',
      ',',
      '\\',
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ unit: 'binary' })), { maxLength: 14 }), (parts) => {
        const credentials = parseDigestCredentials(`Digest ${parts.join(', ')}`);
        expect(Object.values(credentials ?? {})).not.toContain(undefined);
      }),
    );
    expect(parseDigestCredentials(`${field(valid, (_, value) => quoted(value))}${' '.repeat(8192)}`)).toBeUndefined();
  });
});
