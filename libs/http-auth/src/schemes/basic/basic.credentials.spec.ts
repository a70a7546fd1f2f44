import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBasicCredentials, parseLatin1Credentials } from './basic.credentials.js';

function field(userPass: string | Uint8Array): string {
  return `Basic ${Buffer.from(userPass).toString('base64')}`;
}

/** Base64 with all its padding, and with zeros in the unused bits of the last character (RFC 4648 sections 3.2, 3.5 and 4). */
const CANONICAL = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** Strings of any code points, with many that normalization changes. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('e', '\u0301', '\u0323', '\u212b', '\u1100', '\u1161', '\ufeff', ':', ' '),
    ),
  })
  .map((characters) => characters.replace(/\p{Cc}/gu, ''));

describe('parseBasicCredentials', () => {
  it.each([
    ['RFC 7617 section 2', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ==', { username: 'Aladdin', password: 'open sesame' }],
    ['RFC 7617 section 2.1', 'dGVzdDoxMjPCow==', { username: 'test', password: '123£' }],
  ])('[B-4] reads the example of %s', (_, token68, credentials) => {
    expect(parseBasicCredentials(`Basic ${token68}`)).toEqual(credentials);
    expect(parseLatin1Credentials(`Basic ${token68}`)).toEqual(credentials);
  });

  it('[C5] refuses long credentials by their length, before it decodes or normalizes them', () => {
    const ofLength = (length: number, start: string) => field(start + 'a'.repeat(length - Buffer.byteLength(start)));
    expect(parseBasicCredentials(ofLength(6136, 'alice:'))?.password).toHaveLength(6130);
    expect(parseBasicCredentials(ofLength(6142, 'alice:'))).toBeUndefined();
    expect(parseBasicCredentials(ofLength(1024, 'alicé:'))?.username).toBe('alicé');
    expect(parseBasicCredentials(ofLength(1025, 'alicé:'))).toBeUndefined();
    expect(parseLatin1Credentials(field(Buffer.from(`alic\xe9:${'a'.repeat(1100)}`, 'latin1')))).toBeUndefined();
  });

  it.each([
    ['at the first colon', 'user:pass:word', { username: 'user', password: 'pass:word' }],
    ['at the first of two colons', 'user::', { username: 'user', password: ':' }],
    ['with an empty username', ':password', { username: '', password: 'password' }],
    ['with an empty password', 'user:', { username: 'user', password: '' }],
    ['with both empty', ':', { username: '', password: '' }],
    ['with blanks', ' user : pass ', { username: ' user ', password: ' pass ' }],
  ])('[B-4] splits %s', (_, userPass, credentials) => {
    expect(parseBasicCredentials(field(userPass))).toEqual(credentials);
  });

  it('[B-4][B-6] reads any username and password, and normalizes them to form C', () => {
    fc.assert(
      fc.property(text, text, (name, password) => {
        const username = name.replaceAll(':', '');
        expect(parseBasicCredentials(field(`${username}:${password}`))).toEqual({
          username: username.normalize('NFC'),
          password: password.normalize('NFC'),
        });
      }),
      { numRuns: 500 },
    );
  });

  it('[B-6] reads the decomposed and the composed form as the same string', () => {
    const composed = { username: 'Ren\u00e9', password: '\u00c5ngstr\u00f6m' };
    expect(parseBasicCredentials(field('Rene\u0301:A\u030angstro\u0308m'))).toEqual(composed);
    expect(parseBasicCredentials(field('Ren\u00e9:\u212bngstr\u00f6m'))).toEqual(composed);
  });

  it('does not compose a combining character after the colon with the username', () => {
    expect(parseBasicCredentials(field('e:\u0301'))).toEqual({ username: 'e', password: '\u0301' });
  });

  it('keeps a byte order mark as a character', () => {
    expect(parseBasicCredentials(field('\ufeffuser:\ufeff'))).toEqual({ username: '\ufeffuser', password: '\ufeff' });
  });

  it('[B-5] rejects each control character, in the username and in the password', () => {
    const controls = [
      ...Array.from({ length: 0x20 }, (_, at) => at),
      ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at),
    ];
    for (const control of controls.map((code) => String.fromCharCode(code))) {
      expect(parseBasicCredentials(field(`us${control}er:password`))).toBeUndefined();
      expect(parseBasicCredentials(field(`user:password${control}`))).toBeUndefined();
      expect(parseLatin1Credentials(field(Buffer.from(`user:${control}`, 'latin1')))).toBeUndefined();
    }
  });

  it.each([
    ['no colon', field('user')],
    ['no token68', 'Basic'],
    ['no token68 after a space', 'Basic '],
    ['auth-params', 'Basic username="user"'],
    ['two token68 values', 'Basic dTpw dTpw'],
    ['a second field after a comma', 'Basic dTpw, Basic dTpw'],
  ])('rejects %s', (_, malformed) => {
    expect(parseBasicCredentials(malformed)).toBeUndefined();
    expect(parseLatin1Credentials(malformed)).toBeUndefined();
  });

  it.each([
    ['missing padding', 'dGVzdDoxMjM0NQ'],
    ['half of the padding', 'dGVzdDoxMjM0NQ='],
    ['too much padding', 'dGVzdDoxMjM0NQ==='],
    ['padding in the middle', 'dTpw=dTpw'],
    ['unused bits that are not 0', 'dGVzdDoxMjM0NR=='],
    ['the base64url alphabet', Buffer.from('t:>>>???').toString('base64url')],
    ['a space', 'dGVz dDox'],
    ['a tab', 'dGVz\tdDox'],
    ['a line break at the end', 'dGVzdDox\n'],
    ['an invalid character in the middle', 'dGVz!dDox'],
    ['an invalid character at the end', 'dGVzdDox*'],
    ['characters of token68 that are not in base64', 'dGVz~.-_dDox'],
    ['quotes', '"dGVzdDox"'],
  ])('[B-4] rejects %s in base64', (_, token68) => {
    expect(parseBasicCredentials(`Basic ${token68}`)).toBeUndefined();
    expect(parseLatin1Credentials(`Basic ${token68}`)).toBeUndefined();
  });

  it('[B-4] rejects every token68 that is not canonical base64', () => {
    const any = fc.stringMatching(/^[A-Za-z0-9\-._~+/]+={0,3}$/);
    const one = fc.stringMatching(/^[A-Za-z0-9\-._~+/=]?$/);
    const bent = fc
      .tuple(fc.string({ unit: 'grapheme-ascii' }), fc.nat(), one, fc.nat({ max: 1 }))
      .map(([password, where, character, cut]) => {
        const base64 = Buffer.from(`user:${password}`).toString('base64');
        const at = where % base64.length;
        return base64.slice(0, at) + character + base64.slice(at + cut);
      });
    fc.assert(
      fc.property(
        fc.oneof(any, bent).filter((token68) => !CANONICAL.test(token68)),
        (token68) => {
          expect(parseBasicCredentials(`Basic ${token68}`)).toBeUndefined();
          expect(parseLatin1Credentials(`Basic ${token68}`)).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a single byte of ISO-8859-1', [0xa3]],
    ['a sequence that is cut short', [0xe2, 0x82]],
    ['an overlong sequence', [0xc0, 0xba]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('rejects %s as UTF-8, and still reads the next request', (_, octets) => {
    expect(parseBasicCredentials(field(Buffer.from([...Buffer.from('test:123'), ...octets])))).toBeUndefined();
    expect(parseBasicCredentials(field('test:123£'))).toEqual({ username: 'test', password: '123£' });
  });

  it('[B-7] reads bytes that are not UTF-8 only with parseLatin1Credentials()', () => {
    expect(parseBasicCredentials('Basic dGVzdDoxMjOj')).toBeUndefined();
    expect(parseLatin1Credentials('Basic dGVzdDoxMjOj')).toEqual({ username: 'test', password: '123£' });
  });

  it('reads 6,000 colons, and rejects 8,000 characters of padding or of invalid characters', () => {
    const colons = ':'.repeat(6000);
    expect(parseBasicCredentials(field(colons))).toEqual({ username: '', password: colons.slice(1) });
    expect(parseBasicCredentials(`Basic a${'='.repeat(8000)}`)).toBeUndefined();
    expect(parseBasicCredentials(`Basic ${'~'.repeat(8000)}`)).toBeUndefined();
  });
});
