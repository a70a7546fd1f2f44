import type { FastifyRequest } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { type Admission, bearer, type HttpRequest, type SchemeDefinition } from 'nestjs-http-auth';
import { jwt, type JwtClaims, type JwtOptions, type RevocableVerifier, type TokenVerifier } from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule } from 'nestjs-http-auth/logout';
import { describe, expect, test } from 'tstyche';

const base = { issuer: 'https://issuer.example', audience: 'https://api.example' };

describe('jwt()', () => {
  test('returns a verifier whose principal is the claims', () => {
    expect(jwt(base)).type.toBe<RevocableVerifier<JwtClaims>>();
    expect(bearer(jwt(base))).type.toBe<SchemeDefinition>();
  });

  test('has the principal that the function returns, also as a promise', () => {
    expect(jwt({ ...base, principal: ({ sub }: JwtClaims) => ({ name: sub }) })).type.toBe<
      RevocableVerifier<{ name: string | undefined }>
    >();
    expect(jwt({ ...base, principal: () => Promise.resolve({ id: 1 }) })).type.toBe<
      RevocableVerifier<{ id: number }>
    >();
  });

  test('has the request type of the framework', () => {
    const issuers = ({ hostname }: FastifyRequest) => [{ ...base, audience: hostname }];
    expect(jwt({ issuers })).type.toBe<RevocableVerifier<JwtClaims, FastifyRequest>>();
  });

  test('requires an issuer and an audience, or issuers', () => {
    expect(jwt).type.toBeCallableWith({ ...base, audience: null });
    expect(jwt).type.toBeCallableWith({ issuers: [base] });
    expect(jwt).type.not.toBeCallableWith({ issuer: base.issuer });
    expect(jwt).type.not.toBeCallableWith({ audience: base.audience });
    expect(jwt).type.not.toBeCallableWith({});
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, profile: 'jwt' });
  });

  test('promises an admission, and never a refusal', () => {
    const verify = jwt({ ...base, principal: ({ sub }: JwtClaims) => (sub === undefined ? null : { id: 1 }) });
    expect(verify({ token: '' }, {} as HttpRequest)).type.toBe<Promise<Admission<{ id: number }>>>();
  });

  test('accepts a key set of jose, and plain JSON', () => {
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, jwks: {} as JSONWebKeySet });
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '' }] } });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, jwks: {} });
  });

  test('has read-only claims', () => {
    expect<JwtClaims['sub']>().type.toBe<string | undefined>();
    expect<JwtClaims['roles']>().type.toBe<unknown>();
  });

  test('revokes tokens by a function that returns a boolean, and by their claims', () => {
    const verify = jwt({ ...base, revoked: ({ jti }) => jti === 'a', revocation: { maxTokenAge: '1h' } });
    expect(verify).type.toBe<RevocableVerifier<JwtClaims>>();
    expect<TokenVerifier<JwtClaims>>().type.toBeAssignableFrom(verify);
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, revoked: () => Promise.resolve(false) });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, revoked: () => undefined });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, revocation: {} });
    expect(verify.invalidate).type.toBeCallableWith({ sub: 'alice', sid: undefined });
    expect(verify.invalidate).type.not.toBeCallableWith({ subject: 'alice' });
  });

  test('has the request type of the framework if only revoked() declares it', () => {
    expect(jwt({ ...base, revoked: (_claims, { hostname }: FastifyRequest) => hostname === '' })).type.toBe<
      RevocableVerifier<JwtClaims, FastifyRequest>
    >();
  });
});

describe('BackChannelLogoutModule', () => {
  test('accepts the verifier of any principal and any request', () => {
    const issuers = ({ hostname }: FastifyRequest) => [{ ...base, audience: hostname }];
    const verifier = jwt({ issuers, principal: () => ({ id: 1 }) });
    expect(BackChannelLogoutModule.forRoot).type.toBeCallableWith({ verifier, clientId: 'web' });
    expect(BackChannelLogoutModule.forRoot).type.toBeCallableWith({ verifier: jwt(base), clientId: ['web'] });
    expect(BackChannelLogoutModule.forRoot).type.not.toBeCallableWith({ verifier: () => null, clientId: 'web' });
    expect(BackChannelLogoutModule.forRoot).type.not.toBeCallableWith({ verifier });
  });
});
