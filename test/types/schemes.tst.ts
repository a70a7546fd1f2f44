import type { Request as ExpressRequest } from 'express';
import type { FastifyRequest } from 'fastify';
import {
  type Admission,
  anyOf,
  basic,
  type BasicCredentials,
  bearer,
  type BearerCredentials,
  cookie,
  type CookieCredentials,
  type Failure,
  type HttpAuthVerifier,
  type SchemeDefinition,
  type Verdict,
  type VerifierFunction,
} from 'nestjs-http-auth';
import { describe, expect, test } from 'tstyche';

interface User {
  name: string;
}

const user: User = { name: 'alice' };

class Users implements HttpAuthVerifier<BasicCredentials, User> {
  verify({ username, password }: BasicCredentials): User | null {
    return username === password ? user : null;
  }
}

class Sessions implements HttpAuthVerifier<BearerCredentials, User> {
  constructor(private readonly now: number) {}

  verify({ token }: BearerCredentials): Promise<User | undefined> {
    return Promise.resolve(token === String(this.now) ? user : undefined);
  }
}

class ExpressUsers implements HttpAuthVerifier<BasicCredentials, User, ExpressRequest> {
  verify(_: BasicCredentials, request: ExpressRequest): User | null {
    return request.secure ? user : null;
  }
}

class NotAVerifier {
  check() {}
}

describe('a verifier', () => {
  test('receives the credentials of its scheme', () => {
    basic((credentials) => {
      expect(credentials).type.toBe<BasicCredentials>();
      return null;
    });
    bearer((credentials) => {
      expect(credentials).type.toBe<BearerCredentials>();
      return null;
    });
    expect<BasicCredentials>().type.toBe<{ readonly username: string; readonly password: string }>();
    expect<BearerCredentials>().type.toBe<{ readonly token: string }>();
  });

  test('receives a request with the properties that both adapters have', () => {
    basic((_, request) => {
      expect(request.method).type.toBe<string>();
      expect(request.url).type.toBe<string>();
      expect(request.headers.authorization).type.toBe<string | undefined>();
      expect(request).type.not.toHaveProperty('secure');
      return null;
    });
  });

  test("may have Express's or Fastify's request as its parameter", () => {
    basic((_, request: ExpressRequest) => request.secure && user);
    bearer((_, request: FastifyRequest) => (request.routeOptions.url === '/' ? user : null));
    expect(basic).type.toBeCallableWith(ExpressUsers);
    expect(bearer).type.not.toBeCallableWith((_: BearerCredentials, request: string) => request);
  });

  test('may return null, undefined or false, or a promise', () => {
    expect<Verdict<User>>().type.toBe<User | Admission<User> | Failure | null | undefined | false>();
    expect(basic).type.toBeCallableWith(() => null);
    expect(basic).type.toBeCallableWith(() => undefined);
    expect(basic).type.toBeCallableWith(() => false as const);
    expect(basic).type.toBeCallableWith(() => Promise.resolve(null));
    expect(basic).type.toBeCallableWith(async () => user);
  });

  test('is generic in the principal', () => {
    expect<ReturnType<VerifierFunction<BasicCredentials, User>>>().type.toBe<Verdict<User> | Promise<Verdict<User>>>();
    expect(basic<User>).type.toBeCallableWith(() => user);
    expect(basic<User>).type.not.toBeCallableWith(() => ({ nom: 'alice' }));
    expect(bearer<User>).type.not.toBeCallableWith(() => 'alice');
  });

  test('may be an injectable class if it verifies the credentials of the scheme', () => {
    expect(basic).type.toBeCallableWith(Users);
    expect(bearer).type.toBeCallableWith(Sessions);
    expect(basic).type.not.toBeCallableWith(Sessions);
    expect(bearer).type.not.toBeCallableWith(Users);
    expect(basic).type.not.toBeCallableWith(NotAVerifier);
    expect(basic).type.not.toBeCallableWith(new Users());
  });

  test('may be an injectable class if it returns the principal of the scheme', () => {
    expect(basic<User>).type.toBeCallableWith(Users);
    expect(basic<{ id: number }>).type.not.toBeCallableWith(Users);
  });

  test('is required', () => {
    expect(basic).type.not.toBeCallableWith();
    expect(bearer).type.not.toBeCallableWith({});
  });
});

describe('a scheme factory', () => {
  const verifier = () => user;

  test('returns a scheme definition', () => {
    expect(basic(verifier)).type.toBe<SchemeDefinition>();
    expect(bearer(verifier)).type.toBe<SchemeDefinition>();
  });

  test('accepts a charset for Basic', () => {
    expect(basic).type.toBeCallableWith(verifier, { charset: 'UTF-8' });
    expect(basic).type.toBeCallableWith(verifier, { charset: null });
    expect(basic).type.not.toBeCallableWith(verifier, { charset: 'latin1' });
    expect(basic).type.not.toBeCallableWith(verifier, { realm: 'Staging' });
  });

  test('accepts formEncodedBody for Bearer', () => {
    expect(bearer).type.toBeCallableWith(verifier, { formEncodedBody: true });
    expect(bearer).type.not.toBeCallableWith(verifier, { formEncodedBody: 'yes' });
    expect(bearer).type.not.toBeCallableWith(verifier, { charset: 'UTF-8' });
  });
});

describe('cookie()', () => {
  const verifier = () => user;

  test('requires the name of the cookie', () => {
    expect(cookie).type.toBeCallableWith(verifier, { name: 'sid' });
    expect(cookie).type.not.toBeCallableWith(verifier);
    expect(cookie).type.not.toBeCallableWith(verifier, {});
    expect(cookie(verifier, { name: 'sid' })).type.toBe<SchemeDefinition>();
  });

  test('passes the credentials of Bearer, so that both have the same verifiers', () => {
    cookie(
      (credentials) => {
        expect(credentials).type.toBe<CookieCredentials>();
        return null;
      },
      { name: 'sid' },
    );
    expect<CookieCredentials>().type.toBe<BearerCredentials>();
    expect(cookie).type.toBeCallableWith(Sessions, { name: 'sid' });
    expect(cookie).type.not.toBeCallableWith(Users, { name: 'sid' });
    expect(cookie<User>).type.not.toBeCallableWith(() => 'alice', { name: 'sid' });
  });

  test("accepts a verifier with Express's or Fastify's request", () => {
    cookie((_, request: ExpressRequest) => request.secure && user, { name: 'sid' });
    cookie((_, request: FastifyRequest) => (request.routeOptions.url === '/' ? user : null), { name: 'sid' });
  });

  test('accepts origins as a word, a list or a function', () => {
    expect(cookie).type.toBeCallableWith(verifier, { name: 'sid', origins: 'same' });
    expect(cookie).type.toBeCallableWith(verifier, { name: 'sid', origins: ['https://app.example'] });
    expect(cookie).type.toBeCallableWith(verifier, { name: 'sid', origins: (origin: string) => origin !== '' });
    expect(cookie).type.not.toBeCallableWith(verifier, { name: 'sid', origins: 'all' });
    expect(cookie).type.not.toBeCallableWith(verifier, { name: 'sid', origins: async () => true });
    expect(cookie).type.not.toBeCallableWith(verifier, { name: 'sid', csrf: false });
  });
});

describe('anyOf()', () => {
  test('returns a verifier of the principals of all its verifiers', () => {
    const other = async ({ token }: BearerCredentials) => (token === 'a' ? { id: 1 } : null);
    const verify = anyOf(({ token }: BearerCredentials) => (token === 'b' ? user : null), other);
    expect<Parameters<typeof verify>[0]>().type.toBe<BearerCredentials>();
    expect<Awaited<ReturnType<typeof verify>>>().type.toBe<Admission<User | { id: number }>>();
    expect(bearer).type.toBeCallableWith(verify);
  });

  test('accepts classes and refuses what is not a verifier', () => {
    expect(bearer).type.toBeCallableWith(anyOf(Sessions, () => user));
    expect(anyOf).type.not.toBeCallableWith();
    expect(anyOf).type.not.toBeCallableWith('verifier');
  });

  test('does not combine credentials of different schemes', () => {
    const verify = anyOf(Users, Sessions);
    expect(basic).type.not.toBeCallableWith(verify);
    expect(bearer).type.not.toBeCallableWith(verify);
  });
});
