import { admit, type AdmissionInfo, type AuthInfo, type Confirmation, type VerifierContext } from 'nestjs-http-auth';
import { dpop, type DpopCredentials, type DpopOptions } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { dpopKey, dpopProof } from 'nestjs-http-auth/testing';
import { describe, expect, test } from 'tstyche';

const origin = 'https://api.example';
const verifier = jwt({ issuer: 'https://issuer.example', audience: 'api' });

interface User {
  name: string;
}

describe('dpop()', () => {
  test('accepts the verifiers of tokens, functions and classes', () => {
    class Sessions {
      verify({ token }: DpopCredentials): User | null {
        return token === 'a' ? { name: 'alice' } : null;
      }
    }
    expect(dpop).type.toBeCallableWith(verifier, { origin });
    expect(dpop).type.toBeCallableWith(
      introspection({ endpoint: 'https://issuer.example', clientId: 'a', clientSecret: 'b', audience: 'api' }),
    );
    expect(dpop).type.toBeCallableWith(Sessions, { origin: [origin] });
    expect(dpop).type.toBeCallableWith(({ token }: DpopCredentials) => admit(token, { confirmation: { jkt: 'a' } }));
    expect(dpop).type.not.toBeCallableWith({ origin });
  });

  test('checks the principal if it is stated', () => {
    expect(dpop<User>).type.toBeCallableWith(() => ({ name: 'alice' }));
    expect(dpop<User>).type.not.toBeCallableWith(() => ({ id: 1 }));
  });

  test('has options with types', () => {
    expect<DpopOptions>().type.toBeAssignableFrom({ maxAge: '1m', clockTolerance: 0, nonces: { secret: ['a', 'b'] } });
    expect(dpop).type.toBeCallableWith(verifier, {
      nonces: false,
      replay: { max: 1, failClosed: true },
      limits: false,
    });
    expect<DpopOptions>().type.not.toBeAssignableFrom({ nonces: true });
    expect<DpopOptions>().type.not.toBeAssignableFrom({ nonces: { ttl: '5m' } });
    expect<DpopOptions>().type.not.toBeAssignableFrom({ algorithms: 'ES256' });
  });
});

test('a confirmation is a fact that admit() accepts, and reaches the application', () => {
  expect<AdmissionInfo['confirmation']>().type.toBe<Confirmation | undefined>();
  expect<AuthInfo['confirmation']>().type.toBe<Confirmation | undefined>();
  expect<Confirmation['jkt']>().type.toBe<string | undefined>();
  expect<VerifierContext['requireConfirmation']>().type.toBe<((confirmation: Confirmation) => void) | undefined>();
});

test('dpopProof() needs a key, a URL and a token', () => {
  const key = dpopKey('Ed25519');
  expect(dpopProof({ key, url: origin, token: 'a' })).type.toBe<string>();
  expect(dpopProof).type.not.toBeCallableWith({ key, url: origin });
  expect(dpopKey).type.not.toBeCallableWith('HS256');
});
