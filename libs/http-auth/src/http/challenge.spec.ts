import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Challenge, formatChallenge, parseChallenges } from './challenge.js';

const N = 65_536;

describe('parseChallenges', () => {
  const digest = {
    realm: 'http-auth@example.org',
    qop: 'auth, auth-int',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  };

  it.each<[string, string, Challenge[]]>([
    [
      'RFC 9110 section 11.6.1',
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        { scheme: 'Basic', params: { realm: 'simple' } },
        { scheme: 'Newauth', params: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
      ],
    ],
    [
      'RFC 7235 section 4.1',
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        { scheme: 'Newauth', params: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
        { scheme: 'Basic', params: { realm: 'simple' } },
      ],
    ],
    ['RFC 7617 section 2', 'Basic realm="WallyWorld"', [{ scheme: 'Basic', params: { realm: 'WallyWorld' } }]],
    [
      'RFC 7617 section 2.1',
      'Basic realm="foo", charset="UTF-8"',
      [{ scheme: 'Basic', params: { realm: 'foo', charset: 'UTF-8' } }],
    ],
    [
      'RFC 7616 section 3.9.1',
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, ' +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
      [{ scheme: 'Digest', params: { ...digest, algorithm: 'SHA-256' } }],
    ],
    [
      'RFC 6750 section 3',
      'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
      [
        {
          scheme: 'Bearer',
          params: { realm: 'example', error: 'invalid_token', error_description: 'The access token expired' },
        },
      ],
    ],
    [
      'RFC 9449 section 7.1',
      'DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256"',
      [
        {
          scheme: 'DPoP',
          params: { error: 'invalid_token', error_description: 'Invalid DPoP key binding', algs: 'ES256' },
        },
      ],
    ],
    [
      'RFC 9449 section 7.2',
      'Bearer, DPoP algs="ES256 PS256"',
      [{ scheme: 'Bearer' }, { scheme: 'DPoP', params: { algs: 'ES256 PS256' } }],
    ],
    [
      'RFC 9470 section 3',
      'Bearer error="insufficient_user_authentication", ' +
        'error_description="More recent authentication is required", max_age="5"',
      [
        {
          scheme: 'Bearer',
          params: {
            error: 'insufficient_user_authentication',
            error_description: 'More recent authentication is required',
            max_age: '5',
          },
        },
      ],
    ],
    [
      'RFC 9728 section 5.1',
      'Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource"',
      [
        {
          scheme: 'Bearer',
          params: { resource_metadata: 'https://resource.example.com/.well-known/oauth-protected-resource' },
        },
      ],
    ],
    ['RFC 4559 section 4', 'Negotiate', [{ scheme: 'Negotiate' }]],
    [
      'RFC 4559 section 4.1',
      'Negotiate abc==, Basic realm="x"',
      [
        { scheme: 'Negotiate', token68: 'abc==' },
        { scheme: 'Basic', params: { realm: 'x' } },
      ],
    ],
  ])('reads the example of %s', (_, field, challenges) => {
    expect(parseChallenges(field)).toEqual(challenges);
    expect(parseChallenges(challenges.map(formatChallenge))).toEqual(challenges);
  });

  it('[H-2] reads the names of params without their case', () => {
    expect(parseChallenges('Basic REALM="Staging", CharSet="UTF-8"')).toEqual([
      { scheme: 'Basic', params: { realm: 'Staging', charset: 'UTF-8' } },
    ]);
  });

  it('[H-3] reads both a token and a quoted-string, with blanks around the equals sign', () => {
    const read = [{ scheme: 'Basic', params: { realm: 'simple' } }];
    expect(parseChallenges('Basic realm=simple')).toEqual(read);
    expect(parseChallenges('Basic realm \t=\t "simple"')).toEqual(read);
    expect(parseChallenges('Basic realm= simple')).toEqual(read);
  });

  it('[H-9] reads two challenges of one scheme', () => {
    expect(parseChallenges('Basic realm="a", Basic realm="b"')).toEqual([
      { scheme: 'Basic', params: { realm: 'a' } },
      { scheme: 'Basic', params: { realm: 'b' } },
    ]);
  });

  it('reads a list as its parts in order, regardless of the division into field lines', () => {
    const texts = [
      'Negotiate',
      'Negotiate abc==',
      'NTLM TlRMTVNTUAAB',
      'Basic realm="a, b"',
      'Basic realm="Basic realm=\\"x\\""',
      'Digest realm=a , nonce = "b\\\\" ,, algorithm=MD5',
      'Bearer scope="",error=x',
      'realm realm=realm',
    ];
    const separator = fc.constantFrom(', ', ',', ' , ,\t', ',,,');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...texts), separator), { minLength: 1 }), (list) => {
        const parts = list.flatMap(([text]) => parseChallenges(text) as Challenge[]);
        expect(parts).toHaveLength(list.length);
        expect(parseChallenges(list.map(([text]) => text))).toEqual(parts);
        expect(parseChallenges(list.map(([text, end]) => text + end).join(''))).toEqual(parts);
        expect(parseChallenges(list.map(([text, start]) => start + text).join(''))).toEqual(parts);
      }),
    );
  });

  it('reads a param whose name is a property of every object as any other', () => {
    const [challenge] = parseChallenges('A __proto__=x, constructor=y, toString="z"') as [Challenge];
    expect(Object.entries(challenge.params ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['tostring', 'z'],
    ]);
    expect(challenge.params?.realm).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \t '],
    ['commas', ' , ,'],
    ['no scheme', '="x"'],
    ['a quoted scheme', '"Basic" realm="x"'],
    ['a scheme beyond ASCII', 'Bäsic realm="x"'],
    ['a colon behind the scheme', 'Basic: realm="x"'],
    ['a tab behind the scheme', 'Basic\trealm="x"'],
    ['a param in place of a scheme', 'realm="x"'],
    ['an open quoted-string', 'Basic realm="x'],
    ['a quoted-string that ends in a backslash', 'Basic realm="x\\"'],
    ['something behind a quoted-string', 'Basic realm="x"y'],
    ['two params without a comma', 'Basic realm="x" charset="UTF-8"'],
    ['a semicolon between params', 'Basic realm="x"; charset="UTF-8"'],
    ['two words as a value', 'Basic realm=a b'],
    ['no value before another param', 'Basic realm=, charset=x'],
    ['no value after another param', 'Basic charset=x, realm='],
    ['a single-quoted value of two words', "Basic realm='a b'"],
    ['a token68 with an equals sign inside', 'Negotiate a=="b"'],
    ['a token68 and a param', 'Negotiate abc== realm="x"'],
    ['a param without a scheme after a token68', 'Negotiate abc==, realm="x"'],
    ['a NUL', 'Basic realm="a\0b"'],
    ['a line break', 'Basic realm="a\nb"'],
    ['an escaped line break', 'Basic realm="a\\\nb"'],
    ['another field', 'Basic realm="a"\r\nSet-Cookie: b=c'],
    ['a DEL', 'Basic realm="a\x7fb"'],
    ['a character beyond one octet', 'Basic realm="€"'],
  ])('refuses %s', (_, field) => {
    expect(parseChallenges(field)).toBeUndefined();
  });

  it.each(['Basic realm="a", realm="b"', 'Basic realm="a", REALM=b', 'A x=1, Basic realm=a, charset=b, Realm=a'])(
    '[H-2] refuses a param given twice: %s',
    (field) => {
      expect(parseChallenges(field)).toBeUndefined();
    },
  );

  it('returns undefined if there is no field line', () => {
    expect(parseChallenges([])).toBeUndefined();
    expect(parseChallenges([''])).toBeUndefined();
  });

  it.each<[string, string, number | undefined]>([
    ['spaces', `a ${' '.repeat(N)}`, 1],
    ['spaces before junk', `a ${' '.repeat(N)}\0`, undefined],
    ['blanks before junk', `a b${' \t'.repeat(N)}c`, undefined],
    ['blanks in many elements', `a${' '.repeat(256)},`.repeat(256), 256],
    ['commas', ','.repeat(N), undefined],
    ['commas before junk', `a b=c${', \t'.repeat(N)}\0`, undefined],
    ['commas between', `a b=c${' ,'.repeat(N)}d`, 2],
    ['one-letter elements', 'a,'.repeat(N), N],
    ['elements that could be params', `a b=c${', d'.repeat(N)}`, N + 1],
    ['quoted-pairs that never end', `a b="${'\\"'.repeat(N)}`, undefined],
    ['backslashes that never end', `a b="${'\\'.repeat(N)}`, undefined],
    ['a quoted-string that never ends', `a b="${'c'.repeat(N)}`, undefined],
    ['many quoted-strings', `a b="c"${', a b=""'.repeat(N / 8)}`, 1 + N / 8],
    ['a token68 that fails at its end', `a ${'b'.repeat(N)}${'='.repeat(N)}!`, undefined],
    ['a scheme that fails at its end', `${'a'.repeat(N)}"`, undefined],
    ['many params', `a ${Array.from({ length: N / 8 }, (_, at) => `p${at}=1`).join()}`, 1],
  ])('ends on 64 KiB of %s', (_, field, count) => {
    expect(parseChallenges(field)?.length).toBe(count);
  });

  it('reads 64 KiB of backslashes', () => {
    const realm = '\\'.repeat(N);
    expect(parseChallenges(formatChallenge({ scheme: 'a', params: { realm } }))?.[0]?.params?.realm).toBe(realm);
  });

  it.each([
    ['error', 'a"b'],
    ['error', 'a\\b'],
    ['error_description', 'say "no"'],
    ['error_uri', 'https://example.com/a b'],
    ['scope', 'a  b'],
    ['scope', ''],
    ['scope', 'a"b'],
  ])('[R-7] formats no %s of %j for Bearer and DPoP', (name, value) => {
    for (const scheme of ['Bearer', 'bearer', 'DPoP']) {
      expect(() => formatChallenge({ scheme, params: { realm: 'a', [name]: value } })).toThrow(
        `params: ${name} has a character that is not allowed in it (RFC 6750 section 3)`,
      );
    }
    expect(parseChallenges(formatChallenge({ scheme: 'Other', params: { [name]: value } }))).toEqual([
      { scheme: 'Other', params: { [name]: value } },
    ]);
  });

  it.each(['NotBearer', 'Bearer-Like', 'X-DPoP', 'DPoP2'])(
    'allows any value for %s, because only part of its name is Bearer or DPoP',
    (scheme) => {
      const params = { error: 'a"b', scope: 'a  b' };
      expect(parseChallenges(formatChallenge({ scheme, params }))).toEqual([{ scheme, params }]);
    },
  );

  it('[R-7] formats what RFC 6750 allows', () => {
    const params = {
      error: 'invalid_token',
      error_description: 'It expired.',
      error_uri: 'https://a.example/#e',
      scope: 'a b:c',
    };
    expect(parseChallenges(formatChallenge({ scheme: 'Bearer', params }))).toEqual([{ scheme: 'Bearer', params }]);
  });
});
