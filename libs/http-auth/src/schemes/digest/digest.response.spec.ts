import { describe, expect, it } from '@jest/globals';
import { type Algorithm, algorithmOf } from './digest.algorithm.js';
import { ha1Of, isEqual, keyOf, responseOf, userhashOf } from './digest.response.js';

const algorithm = (name: string) => algorithmOf(name) as Algorithm;

/** RFC 7616 section 3.9.1 */
const mufasa = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  uri: '/dir/index.html',
};

/** RFC 7616 section 3.9.2 */
const jason = {
  nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
  nc: '00000001',
  cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
  uri: '/doe.json',
};

describe('The vectors of RFC 7616', () => {
  it.each([
    [
      'SHA-256',
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
      '86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0',
    ],
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec', '9b712497bc9f91499fbcca1dfc5f09a5'],
  ])('[DIG-8][AI-3] has the response and the rspauth of section 3.9.1 with %s', (name, response, rspauth) => {
    const one = algorithm(name);
    const ha1 = ha1Of(one, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(responseOf(one, keyOf(one, ha1, mufasa), mufasa, 'GET')).toBe(response);
    expect(responseOf(one, keyOf(one, ha1, mufasa), mufasa, '')).toBe(rspauth);
  });

  it('[DIG-15] has the HA1 and the userhash of Mufasa', () => {
    const one = algorithm('SHA-256');
    expect(ha1Of(one, 'Mufasa', 'http-auth@example.org', 'Circle of Life')).toBe(
      '7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232',
    );
    expect(userhashOf(one, 'Mufasa', 'http-auth@example.org')).toBe(
      'a947aad205e80e429958a387394944c6b496301e79f89d35a4cc23b6ee12b5b6',
    );
  });

  it('[DIG-14] has the response of section 3.9.2 with the real SHA-512/256 (erratum 4897)', () => {
    const one = algorithm('SHA-512-256');
    const name = 'Jäsøn Doe';
    expect(userhashOf(one, name, 'api@example.org')).toBe(
      '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
    );
    const ha1 = ha1Of(one, name, 'api@example.org', 'Secret, or not?');
    expect(responseOf(one, keyOf(one, ha1, jason), jason, 'GET')).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    );
  });

  it('[DIG-14] normalizes the password to NFC', () => {
    const one = algorithm('SHA-256');
    expect(ha1Of(one, 'a', 'b', 'e\u0301')).toBe(ha1Of(one, 'a', 'b', '\u00e9'));
  });

  it('[DIG-4] hashes the nonces into the key only with -sess', () => {
    const plain = algorithm('SHA-256');
    const session = algorithm('sha-256-SESS');
    expect(keyOf(plain, 'ha1', mufasa)).toBe('ha1');
    expect(keyOf(session, 'ha1', mufasa)).toBe(session.digest(`ha1:${mufasa.nonce}:${mufasa.cnonce}`));
  });
});

describe('isEqual', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['', '', true],
  ])('[DIG-8] compares %j and %j', (one, other, result) => {
    expect(isEqual(one, other)).toBe(result);
  });
});
