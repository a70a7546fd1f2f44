import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cookiesOf, parseCookie, secretsOfCookie } from './cookie.credentials.js';

const request = (cookie?: string) => ({ method: 'GET', url: '/', headers: cookie === undefined ? {} : { cookie } });
const parse = (cookie?: string) => parseCookie(request(cookie), 'sid')?.token;

/** cookie-octet (RFC 6265 section 4.1.1) */
const octets = "!#$%&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";
const value = fc.string({ unit: fc.constantFrom(...octets.split('')), minLength: 1 });
const name = fc
  .string({ unit: fc.constantFrom(...'abcdefSID-_.~'.split('')), minLength: 1 })
  .filter((one) => one !== 'sid');
const others = fc
  .array(
    fc.tuple(
      name,
      fc.string().map((one) => one.replaceAll(';', '')),
    ),
  )
  .map((pairs) => pairs.map((pair) => pair.join('=')));

describe('parseCookie', () => {
  it('reads the cookies of RFC 6265 section 3.1', () => {
    const field = request('SID=31d4d96e407aad42; lang=en-US');
    expect(parseCookie(field, 'SID')).toEqual({ token: '31d4d96e407aad42' });
    expect(parseCookie(field, 'lang')).toEqual({ token: 'en-US' });
  });

  it('reads any value unchanged, next to any other cookies', () => {
    fc.assert(
      fc.property(others, value, others, (before, token, after) => {
        expect(parse([...before, `sid=${token}`, ...after].join('; '))).toBe(token);
      }),
    );
  });

  it('never reads one of several cookies with the same name', () => {
    fc.assert(
      fc.property(fc.string(), others, fc.string(), (one, between, other) => {
        expect(parse([`sid=${one}`, ...between, `sid=${other}`].join('; '))).toBeUndefined();
      }),
    );
  });

  it('never returns a character that a cookie-octet may not be', () => {
    fc.assert(
      fc.property(value, fc.nat({ max: 0x1ff }), value, (before, code, after) => {
        const character = String.fromCharCode(code);
        fc.pre(!octets.includes(character) && character !== ';');
        expect(parse(`sid=${before}${character}${after}`)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['without a space', 'a=b;sid=x;c=d', 'x'],
    ['with an equals sign', 'sid=x==', 'x=='],
    ['next to a cookie without a name', 'junk; sid=x; =y', 'x'],
    ['next to a quoted cookie with a semicolon', 'a="b; sid=x; c"', 'x'],
  ])('reads a cookie %s', (_, field, expected) => {
    expect(parse(field)).toBe(expected);
  });

  it.each([
    ['no cookie', undefined],
    ['only other cookies', 'side=x; xsid=x; Sid=x; a=sid=x'],
    ['a cookie without a value', 'sid'],
    ['an empty cookie', 'sid='],
    ['quotes', 'sid="x"'],
    ['a space before the equals sign', 'sid =x'],
    ['a space after the equals sign', 'sid= x'],
    ['a comma, as RFC 2965 separated cookies', 'sid=x,sid=y'],
    ['a space before the semicolon', 'sid=x ; a=b'],
    ['the same cookie twice', 'sid=x; sid=x'],
    ['the same cookie twice, once with a space', 'sid=x; sid =y'],
    ['the same cookie twice, once empty', 'sid=; sid=x'],
  ])('rejects %s', (_, field) => {
    expect(parse(field)).toBeUndefined();
  });
});

describe('cookiesOf', () => {
  it('returns malformed values too, because they may be secrets', () => {
    expect(cookiesOf(request('sid="x y"; a=b; sid= z'), 'sid')).toEqual(['"x y"', ' z']);
  });
});

describe('secretsOfCookie', () => {
  it.each([
    ['express-session', 's%3AZ9cHcrxJOWfTTSXT.7l%2F4Oq1yM', 'Z9cHcrxJOWfTTSXT'],
    ['@fastify/session', 'k4OXcA19ZnQOUfkK.a8LZ%2BPa', 'k4OXcA19ZnQOUfkK'],
  ])('includes the id of a session of %s, which its store may quote', (_, cookie, id) => {
    const secrets = secretsOfCookie(cookie);
    expect(secrets).toEqual(expect.arrayContaining([cookie, decodeURIComponent(cookie), id]));
  });

  it('does not include short parts, which would make errors unreadable', () => {
    expect(secretsOfCookie('e.x')).toEqual(['e.x']);
    expect(secretsOfCookie('%')).toEqual(['%']);
  });
});
