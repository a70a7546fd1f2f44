import { admit, type AdmissionInfo, type AuthInfo, type HttpRequest, type Scheme } from 'nestjs-http-auth';
import { digest, type DigestLookup, type DigestOptions, type FindDigestUser, htdigest } from 'nestjs-http-auth/digest';
import { describe, expect, test } from 'tstyche';

interface User {
  name: string;
}

describe('digest()', () => {
  test('accepts a function that finds HA1 or the password, and htdigest()', () => {
    expect(digest).type.toBeCallableWith((username: string, { realm, algorithm }: DigestLookup) => ({
      principal: { username, realm },
      ha1: algorithm,
    }));
    expect(digest).type.toBeCallableWith(async () => null);
    expect(digest).type.toBeCallableWith(() => ({ principal: 'alice', password: 'a', username: 'alice' }));
    expect(digest).type.toBeCallableWith(() => ({ principal: admit('alice', { roles: ['a'] }), password: 'a' }));
    expect(digest).type.toBeCallableWith(htdigest('./users.htdigest'));
    expect(digest).type.not.toBeCallableWith(() => ({ principal: 'alice' }));
    expect(digest).type.not.toBeCallableWith(() => 'alice');
    expect(digest).type.not.toBeCallableWith({});
  });

  test('checks the principal if it is stated', () => {
    expect(digest<User>).type.toBeCallableWith(() => ({ principal: { name: 'alice' }, password: 'a' }));
    expect(digest<User>).type.not.toBeCallableWith(() => ({ principal: { id: 1 }, password: 'a' }));
  });

  test('passes the lookup and the request', () => {
    expect<Parameters<FindDigestUser>>().type.toBe<[username: string, lookup: DigestLookup, request: HttpRequest]>();
    expect<DigestLookup['algorithm']>().type.toBe<'SHA-256' | 'SHA-512-256' | 'MD5'>();
  });

  test('has options with types', () => {
    expect(digest).type.toBeCallableWith(() => null, { algorithms: ['SHA-256-sess', 'MD5'], nonces: { ttl: '5m' } });
    expect(digest).type.toBeCallableWith(() => null, { userhash: true, limits: false, replay: { max: 1 } });
    expect<DigestOptions>().type.not.toBeAssignableFrom({ algorithms: ['SHA-1'] });
    expect<DigestOptions>().type.not.toBeAssignableFrom({ nonces: false });
  });
});

test('a realm is a fact that admit() accepts, and reaches the application', () => {
  expect<AdmissionInfo['boundRealm']>().type.toBe<string | undefined>();
  expect<AuthInfo['boundRealm']>().type.toBe<string | undefined>();
});

test('a scheme may have several challenges and Authentication-Info', () => {
  expect<ReturnType<NonNullable<Scheme['authenticationInfo']>>>().type.toBe<
    Readonly<Record<string, string>> | undefined
  >();
});
