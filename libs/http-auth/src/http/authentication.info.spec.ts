import { describe, expect, it } from '@jest/globals';
import { formatAuthenticationInfo } from './authentication.info.js';
import { formatChallenge } from './challenge.js';
import { formatCredentials } from './credentials.js';

describe('formatAuthenticationInfo', () => {
  it('[AI-4] quotes all params but qop and nc', () => {
    const params = { nextnonce: 'a', qop: 'auth', rspauth: 'b', cnonce: 'c"', nc: '00000001' };
    expect(formatAuthenticationInfo(params)).toBe('nextnonce="a", qop=auth, rspauth="b", cnonce="c\\"", nc=00000001');
  });

  it('throws if a value cannot be sent', () => {
    expect(() => formatAuthenticationInfo({ cnonce: 'é' })).toThrow(TypeError);
  });
});

describe('The params of Digest', () => {
  it('[DIG-1] are tokens in a challenge if RFC 7616 says so, and quoted otherwise', () => {
    const params = {
      realm: 'a',
      qop: 'auth',
      algorithm: 'SHA-256',
      nonce: 'n',
      stale: 'true',
      charset: 'UTF-8',
      userhash: 'true',
    };
    expect(formatChallenge({ scheme: 'Digest', params })).toBe(
      'Digest realm="a", qop="auth", algorithm=SHA-256, nonce="n", stale=true, charset=UTF-8, userhash=true',
    );
    expect(formatChallenge({ scheme: 'Basic', params: { charset: 'UTF-8' } })).toBe('Basic charset="UTF-8"');
  });

  it('[DIG-5] are tokens in credentials if RFC 7616 says so', () => {
    const params = {
      'username*': "UTF-8''a",
      uri: '/',
      qop: 'auth',
      nc: '00000001',
      algorithm: 'MD5',
      userhash: 'false',
    };
    expect(formatCredentials({ scheme: 'Digest', params })).toBe(
      'Digest username*=UTF-8\'\'a, uri="/", qop=auth, nc=00000001, algorithm=MD5, userhash=false',
    );
  });

  it('are quoted if they are not tokens', () => {
    expect(formatChallenge({ scheme: 'Digest', params: { algorithm: 'a b' } })).toBe('Digest algorithm="a b"');
  });
});
