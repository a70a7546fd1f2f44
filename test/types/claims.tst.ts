import { type StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyRequest } from 'fastify';
import {
  type AdmissionInfo,
  type AuthInfo,
  bearer,
  Roles,
  type RouteEntry,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { introspection, type IntrospectionClaims } from 'nestjs-http-auth/introspection';
import {
  type ClaimCheck,
  type ClaimChecks,
  jwt,
  type JwtClaims,
  type JwtOptions,
  type StandardSchema,
  type JwtVerifier,
  type RevocableVerifier,
} from 'nestjs-http-auth/jwt';
import * as v from 'valibot';
import { z } from 'zod';
import { describe, expect, test } from 'tstyche';

const base = { issuer: 'https://issuer.example', audience: 'https://api.example' };
const server = { endpoint: 'https://issuer.example', clientId: 'a', clientSecret: 'b', audience: null };
const zod = z.object({ sub: z.string(), tenant: z.coerce.number() });
const valibot = v.object({ sub: v.string(), tenant: v.pipe(v.unknown(), v.transform(Number)) });
const piped = v.pipe(
  valibot,
  v.check(({ tenant }) => tenant > 0),
);
const async = v.objectAsync({ sub: v.string(), tenant: v.number() });

interface Person {
  sub: string;
  tenant: number;
}

describe('a schema of all claims', () => {
  test('types the principal', () => {
    expect(jwt({ ...base, claims: zod })).type.toBe<JwtVerifier<Person>>();
    expect(jwt({ ...base, claims: valibot })).type.toBe<JwtVerifier<Person>>();
    expect(jwt({ ...base, claims: piped })).type.toBe<JwtVerifier<Person>>();
    expect(jwt({ ...base, claims: async })).type.toBe<JwtVerifier<Person>>();
    expect(jwt({ issuers: [base], claims: zod })).type.toBe<JwtVerifier<Person>>();
    expect(introspection({ ...server, claims: zod })).type.toBe<RevocableVerifier<Person>>();
    expect(introspection({ ...server, claims: valibot })).type.toBe<RevocableVerifier<Person>>();
    expect(bearer(jwt({ ...base, claims: zod }))).type.toBe<SchemeDefinition>();
  });

  test('types the claims of the option principal', () => {
    const verify = jwt({
      ...base,
      claims: zod,
      principal: (claims) => {
        expect(claims).type.toBe<Person>();
        return Promise.resolve({ id: claims.tenant });
      },
    });
    expect(verify).type.toBe<JwtVerifier<{ id: number }>>();
    const introspect = introspection({ ...server, claims: valibot, principal: ({ tenant }) => ({ id: tenant }) });
    expect(introspect).type.toBe<RevocableVerifier<{ id: number }>>();
    const byRequest = jwt({
      ...base,
      claims: zod,
      principal: ({ sub }, { hostname }: FastifyRequest) => ({ name: sub + hostname }),
    });
    expect(byRequest).type.toBe<JwtVerifier<{ name: string }, FastifyRequest>>();
  });

  test('has an object as its output', () => {
    expect(jwt).type.not.toBeCallableWith({ ...base, claims: z.string() });
    expect(introspection).type.not.toBeCallableWith({ ...server, claims: v.string() });
  });

  test('is any schema of the standard', () => {
    expect<StandardSchema<Person>>().type.toBeAssignableFrom<StandardSchemaV1<unknown, Person>>();
    expect<StandardSchema<Person>>().type.toBeAssignableFrom<typeof zod>();
    expect<StandardSchema<Person>>().type.not.toBeAssignableFrom<StandardSchemaV1<unknown, { sub: string }>>();
  });
});

describe('checks of claims', () => {
  test('do not change the type of the principal', () => {
    expect(jwt({ ...base, claims: { hd: 'example.com', tenant: zod, n: [1, 2], ok: true } })).type.toBe<JwtVerifier>();
    expect(introspection({ ...server, claims: { hd: ['a', 'b'] } })).type.toBe<
      RevocableVerifier<IntrospectionClaims>
    >();
    expect(jwt({ ...base, claims: { hd: 'a' }, principal: ({ sub }) => ({ id: sub }) })).type.toBe<
      JwtVerifier<{ id: string | undefined }>
    >();
  });

  test('get the value and all claims', () => {
    jwt({
      ...base,
      claims: {
        hd: (value, claims) => {
          expect(value).type.toBe<unknown>();
          expect(claims).type.toBe<JwtClaims>();
          return true;
        },
      },
    });
  });

  test('do not accept other values', () => {
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<undefined>();
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<null>();
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<string | undefined>();
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<RegExp>();
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<() => Promise<boolean>>();
    expect<ClaimCheck<JwtClaims>>().type.not.toBeAssignableFrom<() => string>();
    expect<ClaimChecks<JwtClaims>>().type.not.toBeAssignableFrom<string[]>();
    expect<ClaimChecks<JwtClaims>>().type.not.toBeAssignableFrom<typeof zod>();
    expect<ClaimChecks<JwtClaims>>().type.not.toBeAssignableFrom<typeof piped>();
  });
});

describe('roles', () => {
  test('are found by a name, a path or a function', () => {
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, roles: 'realm_access.roles' });
    expect<JwtOptions>().type.toBeAssignableFrom({ ...base, roles: ({ groups }: JwtClaims) => groups as string[] });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, roles: ['groups'] });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, roles: () => Promise.resolve(['admin']) });
    expect<JwtOptions>().type.not.toBeAssignableFrom({ ...base, roles: () => 7 });
  });

  test('are facts of admit(), and in the auth info', () => {
    expect<AdmissionInfo['roles']>().type.toBe<readonly string[] | undefined>();
    expect<AuthInfo['roles']>().type.toBe<readonly string[] | undefined>();
  });

  test('are named by the decorator, and in the route report', () => {
    expect(Roles).type.toBeCallableWith('admin', 'auditor');
    expect(Roles.any).type.toBeCallableWith('admin');
    expect(Roles).type.not.toBeCallableWith(['admin']);
    expect(Roles.any).type.not.toBeCallableWith(1);
    expect<NonNullable<RouteEntry['roles']>['mode']>().type.toBe<'all' | 'any'>();
  });
});
