import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HttpRequest } from '../../http/request.js';
import { hasFormToken } from '../form.token.js';
import { parseBearerCredentials, parseFormToken } from './bearer.credentials.js';

const b64token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]+={0,3}$/);

describe('parseBearerCredentials', () => {
  it('[R-1] reads the example of RFC 6750 section 2.1', () => {
    expect(parseBearerCredentials('Bearer mF_9.B5f-4.1JqM')).toEqual({ token: 'mF_9.B5f-4.1JqM' });
  });

  it('[R-1] reads any b64token unchanged', () => {
    fc.assert(
      fc.property(b64token, fc.constantFrom(' ', '   '), (token, spaces) => {
        expect(parseBearerCredentials(`Bearer${spaces}${token}`)).toEqual({ token });
      }),
    );
  });

  it('rejects a token with any character that a b64token may not have', () => {
    const other = fc.nat({ max: 0x1ff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(b64token, other, b64token, (before, character, after) => {
        fc.pre(!/[A-Za-z0-9\-._~+/=]/.test(character));
        expect(parseBearerCredentials(`Bearer ${before}${character}${after}`)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no token', 'Bearer'],
    ['no token after a space', 'Bearer '],
    ['padding alone', 'Bearer ='],
    ['padding in the middle', 'Bearer ab=c'],
    ['two tokens', 'Bearer abc def'],
    ['two tokens with a comma', 'Bearer abc, def'],
    ['two fields with a comma', 'Bearer abc, Bearer def'],
    ['a quoted token', 'Bearer "abc"'],
    ['a param', 'Bearer token="abc"'],
    ['a tab instead of a space', 'Bearer\tabc'],
    ['a line break at the end', 'Bearer abc\n'],
  ])('rejects %s', (_, field) => {
    expect(parseBearerCredentials(field)).toBeUndefined();
  });
});

const FORM = 'application/x-www-form-urlencoded';

function form({ method = 'POST', type = FORM, body = { access_token: 'abc' } }: Partial<Form> = {}): HttpRequest {
  return { method, url: '/', headers: { 'content-type': type }, body };
}

interface Form {
  method: string;
  type: string;
  body: unknown;
}

describe('hasFormToken', () => {
  it.each(['POST', 'PUT', 'PATCH'])('[R-2] finds a token in the form of a %s request', (method) => {
    expect(hasFormToken(form({ method }))).toBe(true);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'post', ''])(
    '[R-2] returns false for a request with the method %j',
    (method) => {
      expect(hasFormToken(form({ method }))).toBe(false);
    },
  );

  it.each([FORM, `${FORM}; charset=UTF-8`, `${FORM};charset=utf-8`, `${FORM} ; a=b`, FORM.toUpperCase(), ` ${FORM} `])(
    '[R-2] finds a token in a body of the type %j',
    (type) => {
      expect(hasFormToken(form({ type }))).toBe(true);
    },
  );

  it.each([
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    `text/plain; ${FORM}`,
    `text/plain, ${FORM}`,
    `${FORM}2`,
    `x-${FORM}`,
    'application/x-www-form-urlencoded+json',
    '',
  ])('[R-2] returns false for a body of the type %j', (type) => {
    expect(hasFormToken(form({ type }))).toBe(false);
  });

  it('[R-2] returns false for a body without a type', () => {
    expect(hasFormToken({ ...form(), headers: {} })).toBe(false);
  });

  it.each([
    ['no body', undefined],
    ['null', null],
    ['a string that is not parsed', 'access_token=abc'],
    ['bytes that are not parsed', Buffer.from('access_token=abc')],
    ['other fields', { token: 'abc', Access_Token: 'abc' }],
    ['an inherited field', Object.create({ access_token: 'abc' })],
  ])('returns false for %s', (_, body) => {
    expect(hasFormToken({ ...form(), body })).toBe(false);
  });

  it('finds a token in a body without a prototype, as some parsers create it', () => {
    const body = Object.assign(Object.create(null) as object, { access_token: 'abc' });
    expect(hasFormToken(form({ body }))).toBe(true);
    expect(parseFormToken(form({ body }))).toEqual({ token: 'abc' });
  });
});

describe('parseFormToken', () => {
  it('reads any b64token unchanged', () => {
    fc.assert(
      fc.property(b64token, (token) =>
        expect(parseFormToken(form({ body: { access_token: token } }))).toEqual({ token }),
      ),
    );
  });

  it.each([
    ['a token given twice', ['abc', 'def']],
    ['a token in a list', ['abc']],
    ['a token in an object', { abc: 'def' }],
    ['an object with toString()', { toString: () => 'abc' }],
    ['an empty token', ''],
    ['a number', 1],
    ['null', null],
    ['two words', 'abc def'],
    ['a token outside ASCII', 'abcé'],
    ['a line break at the end', 'abc\n'],
  ])('rejects %s', (_, token) => {
    expect(parseFormToken(form({ body: { access_token: token } }))).toBeUndefined();
  });
});
