import type { FastifyRequest } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { type Admission, bearer, type HttpRequest, type SchemeDefinition } from 'nestjs-http-auth';
import {
  auth0,
  betterAuth,
  cognito,
  entraId,
  google,
  type IssuerState,
  jwt,
  type JwtClaims,
  type JwtIssuer,
  type JwtOptions,
  type JwtVerifier,
  keycloak,
  oidcProvider,
  okta,
  type TokenVerifier,
} from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule } from 'nestjs-http-auth/logout';
import { describe, expect, test } from 'tstyche';

const base = { issuer: 'https://issuer.example', audience: 'https://api.example' };

describe('jwt()', () => {
  test('returns a verifier whose principal is the claims', () => {
    expect(jwt(base)).type.toBe<JwtVerifier>();
    expect<TokenVerifier<JwtClaims>>().type.toBeAssignableFrom(jwt(base));
    expect(bearer(jwt(base))).type.toBe<SchemeDefinition>();
  });

  test('has the principal that the function returns, also as a promise', () => {
    expect(jwt({ ...base, principal: ({ sub }: JwtClaims) => ({ name: sub }) })).type.toBe<
      JwtVerifier<{ name: string | undefined }>
    >();
    expect(jwt({ ...base, principal: () => Promise.resolve({ id: 1 }) })).type.toBe<JwtVerifier<{ id: number }>>();
  });

  test('has the request type of the framework', () => {
    const issuers = ({ hostname }: FastifyRequest) => [{ ...base, audience: hostname }];
    expect(jwt({ issuers })).type.toBe<JwtVerifier<JwtClaims, FastifyRequest>>();
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
    expect(verify).type.toBe<JwtVerifier>();
    expect<TokenVerifier<JwtClaims>>().type.toBeAssignableFrom(verify);
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, revoked: () => Promise.resolve(false) });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, revoked: () => undefined });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, revocation: {} });
    expect(verify.invalidate).type.toBeCallableWith({ sub: 'alice', sid: undefined });
    expect(verify.invalidate).type.not.toBeCallableWith({ subject: 'alice' });
  });

  test('has the request type of the framework if only revoked() declares it', () => {
    expect(jwt({ ...base, revoked: (_claims, { hostname }: FastifyRequest) => hostname === '' })).type.toBe<
      JwtVerifier<JwtClaims, FastifyRequest>
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

describe('The presets', () => {
  const audience = 'https://api.example';

  test('return the options of an issuer, which an application can override or combine', () => {
    const issuer = keycloak({ url: 'https://login.example', realm: 'staff', audience });
    expect(issuer).type.toBe<JwtIssuer>();
    expect(jwt).type.toBeCallableWith({ ...issuer, allowInsecureHttp: true, keys: { warmUp: true }, fetch });
    expect(jwt).type.toBeCallableWith({
      issuers: [issuer, oidcProvider({ issuer: 'https://login.example', audience })],
    });
  });

  test('require what the vendor needs', () => {
    expect(auth0).type.toBeCallableWith({ domain: 'example.eu.auth0.com', audience });
    expect(auth0).type.not.toBeCallableWith({ domain: 'example.eu.auth0.com', audience: null });
    expect(okta).type.not.toBeCallableWith({ domain: 'example.okta.com' });
    expect(cognito).type.toBeCallableWith({ userPoolId: 'eu-west-1_Example', clients: true });
    expect(cognito).type.not.toBeCallableWith({ userPoolId: 'eu-west-1_Example' });
    expect(google).type.toBeCallableWith({ audience, emails: null });
    expect(google).type.not.toBeCallableWith({ audience });
    expect(entraId).type.toBeCallableWith({ tenant: ['a', 'b'], version: 2, audience });
    expect(entraId).type.not.toBeCallableWith({ tenant: 'common', version: 3, audience });
    expect(betterAuth).type.toBeCallableWith({ url: 'https://app.example' });
  });
});

describe('The verifier of jwt()', () => {
  test('tells the state of its issuers', () => {
    expect(jwt(base).issuers()).type.toBe<readonly IssuerState[]>();
    expect<IssuerState['age']>().type.toBe<number | undefined>();
    expect(jwt(base).fetchKeys()).type.toBe<Promise<void>>();
  });
});
