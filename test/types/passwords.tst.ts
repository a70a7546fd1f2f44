import type { Request as ExpressRequest } from 'express';
import { basic, type BasicCredentials, type HttpRequest } from 'nestjs-http-auth';
import {
  type FindUser,
  type HashAlgorithm,
  htpasswd,
  type NamedUser,
  password,
  type PasswordCredentials,
  passwords,
  type PasswordVerifier,
  type StoredUser,
  users,
} from 'nestjs-http-auth/passwords';
import { describe, expect, test } from 'tstyche';

interface Account {
  id: number;
}

declare const accounts: { find(name: string): Promise<StoredUser<Account> | null> };

describe('htpasswd() and users()', () => {
  test('return verifiers whose principal has a name', () => {
    expect(htpasswd('users.htpasswd')).type.toBe<PasswordVerifier<NamedUser>>();
    expect(users({ alice: '$2b$…' })).type.toBe<PasswordVerifier<NamedUser>>();
    expect(basic).type.toBeCallableWith(htpasswd('users.htpasswd'));
    expect(basic).type.toBeCallableWith(users({}), { charset: null });
    expect(users).type.toBeCallableWith({ alice: process.env.ALICE_HASH });
  });

  test('accept only the options that they have', () => {
    expect(htpasswd).type.toBeCallableWith('users.htpasswd', { cache: false });
    expect(users).type.toBeCallableWith({}, { plainText: true, cache: { ttl: 1000, max: 10 } });
    expect(users).type.toBeCallableWith({}, { cache: { ttl: '15m' } });
    expect(htpasswd).type.not.toBeCallableWith('users.htpasswd', { plainText: true });
    expect(htpasswd).type.not.toBeCallableWith();
    expect(users).type.not.toBeCallableWith({ alice: 5 });
    expect(users).type.not.toBeCallableWith({}, { cache: true });
  });
});

describe('passwords()', () => {
  test('returns a verifier with the principal of the store', () => {
    const verifier = passwords((name) => accounts.find(name));
    expect(verifier).type.toBe<PasswordVerifier<Account>>();
    expect(verifier({ username: 'alice', password: 'a' }, {} as HttpRequest)).type.toBe<Promise<Account>>();
    expect(verifier.invalidate('alice')).type.toBe<void>();
    expect(basic).type.toBeCallableWith(verifier);
  });

  test("accepts a synchronous and an asynchronous lookup, and one that reads the framework's request", () => {
    expect(passwords).type.toBeCallableWith(() => ({ hash: '', principal: 1 }));
    expect(passwords).type.toBeCallableWith(() => undefined);
    expect(passwords).type.toBeCallableWith(async () => null);
    expect(passwords).type.not.toBeCallableWith(() => ({ principal: 1 }));
    expect(passwords).type.not.toBeCallableWith(accounts);
    const find: FindUser<Account, ExpressRequest> = (name, { hostname }) => accounts.find(`${name}@${hostname}`);
    expect(basic).type.toBeCallableWith(passwords(find));
  });

  test('accepts a decoy and a callback for better hashes', () => {
    passwords((name) => accounts.find(name), {
      decoy: '$2b$…',
      onRehash: (username, newHash) => {
        expect(username).type.toBe<string>();
        expect(newHash).type.toBe<string>();
      },
      rehash: { algorithm: 'bcrypt', cost: 12 },
    });
    expect(passwords).type.not.toBeCallableWith(() => null, { decoy: true });
    expect(passwords).type.not.toBeCallableWith(() => null, { rehash: { algorithm: 'md5' } });
  });
});

describe('password', () => {
  test('creates and verifies hashes', () => {
    expect(password.hash('a')).type.toBe<Promise<string>>();
    expect(password.verify('a', '$2b$…')).type.toBe<Promise<boolean>>();
    expect(password.needsRehash('$2b$…')).type.toBe<boolean>();
    expect<HashAlgorithm>().type.toBe<'argon2id' | 'scrypt' | 'bcrypt'>();
    expect(password.hash).type.toBeCallableWith('a', { algorithm: 'scrypt' });
    expect(password.hash).type.not.toBeCallableWith('a', { algorithm: 'sha1' });
    expect(password.hash).type.not.toBeCallableWith();
  });

  test('has the same credentials as the Basic scheme', () => {
    expect<BasicCredentials>().type.toBeAssignableTo<PasswordCredentials>();
  });
});
