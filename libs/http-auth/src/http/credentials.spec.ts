import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Credentials, formatCredentials, parseCredentials, schemeOf } from './credentials.js';

const N = 65_536;

describe('parseCredentials', () => {
  it.each<[string, string, Credentials]>([
    [
      'RFC 7617 section 2',
      'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
      { scheme: 'Basic', token68: 'QWxhZGRpbjpvcGVuIHNlc2FtZQ==' },
    ],
    ['RFC 6750 section 2.1', 'Bearer mF_9.B5f-4.1JqM', { scheme: 'Bearer', token68: 'mF_9.B5f-4.1JqM' }],
    [
      'RFC 7616 section 3.9.1',
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, nc=00000001, ' +
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="8ca523f5e9506fed4657c9700eebdbec"',
      {
        scheme: 'Digest',
        params: {
          username: 'Mufasa',
          realm: 'http-auth@example.org',
          uri: '/dir/index.html',
          algorithm: 'MD5',
          nc: '00000001',
          cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
          qop: 'auth',
          response: '8ca523f5e9506fed4657c9700eebdbec',
        },
      },
    ],
    [
      'RFC 7616 section 3.9.2',
      "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, userhash=false",
      { scheme: 'Digest', params: { 'username*': "UTF-8''J%C3%A4s%C3%B8n%20Doe", userhash: 'false' } },
    ],
  ])('reads the example of %s', (_, field, credentials) => {
    expect(parseCredentials(field)).toEqual(credentials);
    expect(parseCredentials(formatCredentials(credentials))).toEqual(credentials);
  });

  it.each<[string, string, Credentials]>([
    ['a scheme alone', 'Negotiate', { scheme: 'Negotiate' }],
    ['spaces behind a scheme alone', 'Negotiate  ', { scheme: 'Negotiate' }],
    ['several spaces', 'Basic   YTpi', { scheme: 'Basic', token68: 'YTpi' }],
    ['blanks at the end', 'Basic YTpi \t', { scheme: 'Basic', token68: 'YTpi' }],
    ['empty elements at the end of params', 'Digest a=b , ,', { scheme: 'Digest', params: { a: 'b' } }],
  ])('reads %s', (_, field, credentials) => {
    expect(parseCredentials(field)).toEqual(credentials);
  });

  it.each([
    ['nothing', ''],
    ['a blank before the scheme', ' Basic YTpi'],
    ['a tab behind the scheme', 'Basic\tYTpi'],
    ['two token68', 'Bearer abc def'],
    ['a comma behind a token68', 'Bearer abc,'],
    ['a comma behind a scheme alone', 'Negotiate ,'],
    ['the credentials of two schemes', 'Basic YTpi, Bearer abc'],
    ['credentials with params before others', 'Digest a=b, Basic YTpi'],
    ['a quoted token68', 'Bearer "abc"'],
    ['a param given twice', 'Digest nc=1, NC=1'],
    ['an open quoted-string', 'Digest a="b'],
    ['a line break at the end', 'Basic YTpi\n'],
    ['a character beyond ASCII', 'Basic YTpí'],
  ])('refuses %s', (_, field) => {
    expect(parseCredentials(field)).toBeUndefined();
  });

  it.each([
    ['spaces', `a ${' '.repeat(N)}\0`],
    ['commas', `a ${','.repeat(N)}`],
    ['quoted-pairs', `a b="${'\\"'.repeat(N)}`],
    ['equals signs', `a b${'='.repeat(N)}!`],
    ['blanks between params', `a b=c${' \t'.repeat(N)}d=e`],
  ])('ends on 64 KiB of %s', (_, field) => {
    expect(parseCredentials(field)).toBeUndefined();
  });
});

describe('schemeOf', () => {
  it.each([
    ['Basic YTpi', 'basic'],
    ['BASIC YTpi', 'basic'],
    ['bearer abc', 'bearer'],
    ['Negotiate', 'negotiate'],
    ['NotBasic YTpi', 'notbasic'],
    ['BasicX YTpi', 'basicx'],
    ['Bearer "junk', 'bearer'],
    ['Bearer ', 'bearer'],
  ])('[H-1] finds in %j the scheme %s', (field, scheme) => {
    expect(schemeOf(field)).toBe(scheme);
  });

  it.each(['', ' Basic YTpi', 'Basic:YTpi', 'Basic\tYTpi', 'Basic, YTpi', 'Basic=YTpi', '"Basic" YTpi', 'Bäsic YTpi'])(
    'returns undefined for %j',
    (field) => {
      expect(schemeOf(field)).toBeUndefined();
    },
  );

  it('returns the scheme of every field that can be parsed', () => {
    const field = fc.tuple(fc.constantFrom('A', 'Basic', 'x-Y~'), fc.constantFrom('', ' ', ' a==', ' a=b, c="d e"'));
    fc.assert(
      fc.property(field, ([scheme, rest]) => {
        expect(schemeOf(scheme + rest)).toBe(parseCredentials(scheme + rest)?.scheme.toLowerCase());
      }),
    );
  });
});
