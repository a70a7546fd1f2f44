import type { FastifyRequest } from 'fastify';
import { bearer, type SchemeDefinition } from 'nestjs-http-auth';
import { jwt, type JwtClaims, type JwtOptions, type TokenVerifier } from 'nestjs-http-auth/jwt';
import { describe, expect, test } from 'tstyche';

const base = { issuer: 'https://issuer.example', audience: 'https://api.example' };

describe('jwt()', () => {
  test('is a verifier whose principal is the claims', () => {
    expect(jwt(base)).type.toBe<TokenVerifier<JwtClaims>>();
    expect(bearer(jwt(base))).type.toBe<SchemeDefinition>();
  });

  test('has the principal that is looked up, at once or later', () => {
    expect(jwt({ ...base, principal: ({ sub }: JwtClaims) => ({ name: sub }) })).type.toBe<
      TokenVerifier<{ name: string | undefined }>
    >();
    expect(jwt({ ...base, principal: () => Promise.resolve({ id: 1 }) })).type.toBe<TokenVerifier<{ id: number }>>();
  });

  test('has the request of the framework', () => {
    const issuers = ({ hostname }: FastifyRequest) => [{ ...base, audience: hostname }];
    expect(jwt({ issuers })).type.toBe<TokenVerifier<JwtClaims, FastifyRequest>>();
  });

  test('is told an issuer and an audience, or issuers', () => {
    expect(jwt).type.toBeCallableWith({ ...base, audience: null });
    expect(jwt).type.toBeCallableWith({ issuers: [base] });
    expect(jwt).type.not.toBeCallableWith({ issuer: base.issuer });
    expect(jwt).type.not.toBeCallableWith({ audience: base.audience });
    expect(jwt).type.not.toBeCallableWith({});
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, profile: 'jwt' });
  });

  test('has claims that cannot be changed', () => {
    expect<JwtClaims['sub']>().type.toBe<string | undefined>();
    expect<JwtClaims['roles']>().type.toBe<unknown>();
  });
});
