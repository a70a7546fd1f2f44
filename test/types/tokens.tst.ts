import type { Request as ExpressRequest } from 'express';
import { admit, type Admission, bearer, type Failure, type HttpRequest } from 'nestjs-http-auth';
import {
  introspection,
  type IntrospectionClaims,
  type RevocableVerifier,
  type TokenVerifier,
} from 'nestjs-http-auth/introspection';
import { type CreatedToken, type StoredToken, token, tokens } from 'nestjs-http-auth/tokens';
import { Agent, fetch as undiciFetch } from 'undici';
import { describe, expect, test } from 'tstyche';

interface User {
  name: string;
}

const user: User = { name: 'alice' };
const stored: StoredToken<User> = { hash: '', principal: user };
const server = { endpoint: 'https://issuer.example/introspect', clientId: 'api', audience: null };

describe('tokens()', () => {
  test('accepts a store that returns a record, a promise, null or undefined', () => {
    expect(tokens(() => stored)).type.toBe<TokenVerifier<User>>();
    expect(tokens(() => Promise.resolve<StoredToken<User> | null>(null))).type.toBe<TokenVerifier<User>>();
    expect(tokens(() => undefined as StoredToken<User> | undefined)).type.toBe<TokenVerifier<User>>();
  });

  test('passes the hash and the request to the store', () => {
    tokens((hash, request) => {
      expect(hash).type.toBe<string>();
      expect(request).type.toBe<HttpRequest>();
      return stored;
    });
    const verifier = tokens<User, ExpressRequest>((_, request) => (request.secure ? stored : null));
    expect(bearer).type.toBeCallableWith(verifier);
  });

  test('requires the hash, and checks the other members', () => {
    expect(tokens<User>).type.not.toBeCallableWith(() => ({ principal: user }));
    expect(tokens<User>).type.not.toBeCallableWith(() => ({ ...stored, expiresAt: 1_900_000_000 }));
    expect(tokens<User>).type.not.toBeCallableWith(() => ({ ...stored, scopes: 'reports:read' }));
    expect(tokens<User>).type.toBeCallableWith(() => ({ ...stored, expiresAt: new Date(), scopes: null }));
  });

  test('passes the record and the request to onUse, which may be asynchronous', () => {
    tokens(() => stored, {
      onUse: (used, request) => {
        expect(used).type.toBe<StoredToken<User>>();
        expect(request).type.toBe<HttpRequest>();
      },
    });
    expect(tokens).type.toBeCallableWith(() => stored, { onUse: () => Promise.resolve(), useInterval: '5m' });
    tokens<User, ExpressRequest>(() => stored, { onUse: (_, { secure }) => expect(secure).type.toBe<boolean>() });
  });

  test('accepts only the options that it has', () => {
    expect(tokens).type.toBeCallableWith(() => stored, { prefix: 'acme_live', checksum: true, useInterval: 1000 });
    expect(tokens).type.not.toBeCallableWith(() => stored, { prefix: ['acme_live'] });
    expect(tokens).type.not.toBeCallableWith(() => stored, { checksum: 'crc32' });
    expect(tokens).type.not.toBeCallableWith(() => stored, { interval: '1m' });
  });

  test('promises an admission, and never a refusal', () => {
    const verifier = tokens(() => stored);
    expect(verifier({ token: '' }, {} as HttpRequest)).type.toBe<Promise<Admission<User>>>();
  });
});

describe('token', () => {
  test('returns a token with its hash', () => {
    expect(token.create()).type.toBe<CreatedToken>();
    expect(token.create({ prefix: 'acme' })).type.toBe<CreatedToken>();
    expect(token.create({ checksum: false })).type.toBe<CreatedToken>();
    expect(token.hash('')).type.toBe<string>();
    expect(token.hasChecksum('')).type.toBe<boolean>();
  });
});

describe('introspection()', () => {
  test('has the claims as the principal, or the principal that the function returns', () => {
    const claims = introspection({ ...server, clientSecret: '' });
    expect(claims).type.toBe<RevocableVerifier<IntrospectionClaims>>();
    const users = introspection({ ...server, clientSecret: '', principal: () => user });
    expect(users).type.toBe<RevocableVerifier<User>>();
    expect(bearer).type.toBeCallableWith(users);
  });

  test('accepts any result of a verifier as the principal', () => {
    const principal = ({ sub }: IntrospectionClaims): Promise<User | Admission<User> | Failure | null> =>
      Promise.resolve(sub === undefined ? null : admit(user, { scopes: [] }));
    expect(introspection({ ...server, clientSecret: '', principal })).type.toBe<RevocableVerifier<User>>();
  });

  test('requires an audience', () => {
    expect(introspection).type.not.toBeCallableWith({ endpoint: '', clientId: '', clientSecret: '' });
    expect(introspection).type.not.toBeCallableWith({ ...server, audience: undefined });
  });

  test('accepts fetch() of undici with an agent', () => {
    const dispatcher = new Agent();
    expect(introspection).type.toBeCallableWith({
      ...server,
      clientAuthentication: 'tls_client_auth',
      fetch: (url: string, init: object) => undiciFetch(url, { ...init, dispatcher }),
    });
    expect(introspection).type.toBeCallableWith({ ...server, clientSecret: '', fetch });
  });
});
