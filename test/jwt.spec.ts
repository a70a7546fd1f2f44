import { generateKeyPairSync } from 'node:crypto';
import { UnauthorizedException } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { base64url, CompactEncrypt, type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import {
  admit,
  type AdmissionInfo,
  AuthConfigurationError,
  Failure,
  type HttpRequest,
  RefusedException,
} from 'nestjs-http-auth';
import { type JwtIssuer, jwt, type JwtOptions } from 'nestjs-http-auth/jwt';
import { decide } from '../libs/http-auth/src/schemes/decide.js';
import { audience, Issuer, jwkOf, newKey, now, pemOf, sign, type SigningKey } from './support/issuer.js';

const issuer = 'https://issuer.example';
const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const keys = { ES256: newKey('es', 'ES256'), RS256: newKey('rs', 'RS256'), EdDSA: newKey('ed', 'EdDSA') };
const jwks = { keys: Object.values(keys).map(jwkOf) };
const base = { issuer, audience, jwks };

/** Returns the subject of a token that a verifier accepts, or the `error_description` of the refusal. */
async function resultOf(token: string, options: JwtOptions = base): Promise<unknown> {
  const result = await outcomeOf(jwt(options)({ token }, request));
  if (!(result instanceof Failure)) return result.principal.sub;
  const { reason, scheme, status, details } = result;
  return reason === 'invalid' && scheme === 'Bearer' && status === 401 && details.params?.['error_description'];
}

/** Returns what a verifier returns, or the failure that it throws. */
async function outcomeOf<T>(verified: Promise<T>): Promise<T | Failure> {
  try {
    return await verified;
  } catch (error) {
    if (error instanceof RefusedException) return error.failure;
    throw error;
  }
}

/** Stops the clock at a time. */
function at(seconds: number): void {
  jest.useFakeTimers({ now: seconds * 1000, doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'setImmediate'] });
}

afterEach(() => {
  jest.useRealTimers();
});

describe('A token', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('[J-3] [J-9] is accepted with a signature by %s', async (algorithm) => {
    expect(await resultOf(await sign(keys[algorithm]))).toBe('alice');
  });

  it('has its claims as the principal, and its scopes, acr and auth_time as facts', async () => {
    const claims = { scope: 'reports:read reports:write', acr: 'phr', auth_time: 1000, roles: ['admin'] };
    const verdict = await jwt(base)({ token: await sign(keys.ES256, claims) }, request);
    expect(verdict).toMatchObject({
      principal: { sub: 'alice', iss: issuer, roles: ['admin'] },
      info: { scopes: ['reports:read', 'reports:write'], acr: 'phr', authTime: 1000 },
    });
  });

  it.each([
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b'] }, ['a', 'b']],
    [{ scope: ['a'] }, ['a']],
    [{ scope: 5 }, []],
    [{}, []],
  ])('with %j has the scopes %j', async (claims, scopes) => {
    const verdict = await jwt(base)({ token: await sign(keys.ES256, claims) }, request);
    expect((verdict as { info: AdmissionInfo }).info.scopes).toEqual(scopes);
  });

  it.each([
    ['5s by default', {}, 5000],
    ['the option', { clockTolerance: '1m' }, 60_000],
  ] as const)('ends at exp and the clock tolerance: %s', async (_which, options, tolerance) => {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const { info } = (await jwt({ ...base, ...options })({ token: await sign(keys.ES256, { exp }) }, request)) as {
      info: AdmissionInfo;
    };
    expect(info.expiresAt).toEqual(new Date(exp * 1000 + tolerance));
  });

  it('has claims that a request cannot change for another request', async () => {
    const verifier = jwt(base);
    const token = await sign(keys.ES256, { address: { city: 'London' }, scp: ['a'] });
    await verifier({ token }, request);
    const { principal, info } = (await verifier({ token }, request)) as {
      principal: Record<string, unknown>;
      info: object;
    };
    expect(() => Object.assign(principal, { sub: 'eve' })).toThrow(TypeError);
    expect(() => Object.assign(principal['address'] as object, { city: 'Oxford' })).toThrow(TypeError);
    expect(() => (principal['scp'] as string[]).push('b')).toThrow(TypeError);
    expect(() => Object.assign(info, { scopes: ['b'] })).toThrow(TypeError);
  });

  it.each<[what: string, claims: JWTPayload, why: string]>([
    ['[J-2] another issuer', { iss: 'https://issuer.example/' }, 'The issuer of the token is not trusted'],
    ['[J-2] an issuer in other case', { iss: 'https://ISSUER.example' }, 'The issuer of the token is not trusted'],
    ['[J-2] no issuer', { iss: undefined }, 'The issuer of the token is not trusted'],
    ['[J-2] another audience', { aud: 'https://other.example' }, 'The token is not for this audience'],
    ['[J-2] other audiences', { aud: ['a', 'b'] }, 'The token is not for this audience'],
    ['[J-2] no audience', { aud: undefined }, 'The token is not for this audience'],
    ['[J-4] an exp in the past', { exp: now() - 60 }, 'The token has expired'],
    ['[J-4] no exp', { exp: undefined }, 'A claim of the token is missing or invalid'],
    ['[J-4] an exp that is not a number', { exp: '9999999999' as never }, 'A claim of the token is missing or invalid'],
    ['an nbf in the future', { nbf: now() + 60 }, 'The token is not valid yet'],
    ['a sub that is not a string', { sub: 5 as never }, 'A claim of the token is missing or invalid'],
    [
      'a binding of RFC 9449',
      { cnf: { jkt: 'x' } },
      'The token is bound to a key, and cannot be used as a bearer token',
    ],
    [
      'a binding of RFC 8705',
      { cnf: { 'x5t#S256': 'x' } },
      'The token is bound to a key, and cannot be used as a bearer token',
    ],
    ['an empty binding', { cnf: null }, 'The token is bound to a key, and cannot be used as a bearer token'],
  ])('is refused with %s', async (_what, claims, why) => {
    expect(await resultOf(await sign(keys.ES256, claims))).toBe(why);
  });

  it('[J-2] is accepted if one of its audiences is one of the verifier', async () => {
    const token = await sign(keys.ES256, { aud: ['https://other.example', 'https://two.example'] });
    expect(await resultOf(token, { ...base, audience: ['https://one.example', 'https://two.example'] })).toBe('alice');
  });

  it('is accepted with any audience if the option is null', async () => {
    const token = await sign(keys.ES256, { aud: undefined, client_id: 'x' });
    expect(await resultOf(token, { ...base, audience: null })).toBe('alice');
  });

  it.each([
    [5, 'alice'],
    [6, 'The token has expired'],
  ])('[J-4] that expired %d seconds ago gives %s', async (ago, verdict) => {
    at(2_000_000_000);
    // A token is no longer valid at its exp.
    expect(await resultOf(await sign(keys.ES256, { exp: 2_000_000_001 - ago }))).toBe(verdict);
  });

  it.each([
    [5, 'alice'],
    [6, 'The token is not valid yet'],
  ])('whose nbf is in %d seconds gives %s', async (ahead, verdict) => {
    at(2_000_000_000);
    expect(await resultOf(await sign(keys.ES256, { nbf: 2_000_000_000 + ahead }))).toBe(verdict);
  });

  it('[J-4] is refused at its exp if clockTolerance is 0', async () => {
    at(2_000_000_000);
    const token = await sign(keys.ES256, { exp: 2_000_000_000 });
    expect(await resultOf(token, { ...base, clockTolerance: 0 })).toBe('The token has expired');
  });

  it.each<[what: string, header: Partial<JWTHeaderParameters>]>([
    ['no type', {}],
    ['the type JWT', { typ: 'JWT' }],
    ['the type at+jwt', { typ: 'at+jwt' }],
    ['the type application/at+jwt', { typ: 'application/AT+JWT' }],
  ])('is accepted with %s', async (_what, header) => {
    expect(await resultOf(await sign(keys.ES256, {}, header))).toBe('alice');
  });

  it.each(['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'x-at+jwt', ''])('is refused if its typ is "%s"', async (typ) => {
    expect(await resultOf(await sign(keys.ES256, {}, { typ }))).toBe('The token is of another type');
  });
});

describe('A token of the profile at+jwt (RFC 9068)', () => {
  const profiled = { ...base, profile: 'at+jwt' } as const;
  const whole = { client_id: 'app', iat: now(), jti: 'one' };

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT'])('[J-1] is accepted if its typ is %s', async (typ) => {
    expect(await resultOf(await sign(keys.RS256, whole, { typ }), profiled)).toBe('alice');
  });

  it.each([{ typ: 'JWT' }, { typ: 'jwt+at' }, {}])('[J-1] is refused if its header has %j', async (header) => {
    expect(await resultOf(await sign(keys.RS256, whole, header), profiled)).toBe('The token is of another type');
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('[J-8] is refused if it lacks %s', async (claim) => {
    const token = await sign(keys.RS256, { ...whole, [claim]: undefined }, { typ: 'at+jwt' });
    expect(await resultOf(token, profiled)).toMatch(/^The issuer|^A claim|^The token is not for/);
  });
});

describe('A forged token', () => {
  const attacker = newKey('es', 'ES256');

  it('[J-3] is refused if it names a key that did not sign it', async () => {
    expect(await resultOf(await sign(attacker))).toBe('The signature of the token cannot be verified');
  });

  it('[J-3] is refused if its key is unknown', async () => {
    expect(await resultOf(await sign(newKey('unknown')))).toBe('The key of the token is not known');
  });

  it('[J-3] is refused if it has no signature, or the algorithm none', async () => {
    const unsecured = new UnsecuredJWT({ iss: issuer, aud: audience, sub: 'alice', exp: now() + 60 }).encode();
    expect(await resultOf(unsecured)).toBe('The algorithm of the token is not allowed');
    const [header = '', payload = ''] = (await sign(keys.ES256)).split('.');
    expect(await resultOf(`${header}.${payload}.`)).toBe('The signature of the token cannot be verified');
    const none = base64url.encode(JSON.stringify({ alg: 'nOnE' }));
    expect(await resultOf(`${none}.${payload}.`)).toBe('The algorithm of the token is not allowed');
  });

  it('is refused if it is signed with the public key as a secret', async () => {
    const pem = pemOf(keys.RS256);
    const forged = await new SignJWT({ iss: issuer, aud: audience, sub: 'eve', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'rs' })
      .sign(Buffer.from(pem));
    expect(await resultOf(forged)).toBe('The algorithm of the token is not allowed');
    expect(await resultOf(forged, { issuer, audience, key: pem })).toBe('The algorithm of the token is not allowed');
  });

  it('is refused if its algorithm is not in the list', async () => {
    const only = { ...base, algorithms: ['RS256'] };
    expect(await resultOf(await sign(keys.ES256), only)).toBe('The algorithm of the token is not allowed');
    expect(await resultOf(await sign(keys.RS256), only)).toBe('alice');
  });

  it.each<[what: string, header: object]>([
    ['jwk', { jwk: jwkOf(attacker) }],
    ['jku', { jku: 'http://127.0.0.1:1/keys' }],
    ['x5u', { x5u: 'http://127.0.0.1:1/certificate' }],
    ['x5c', { x5c: ['MIIB'] }],
  ])('cannot bring its own key: %s', async (_what, header) => {
    expect(await resultOf(await sign(attacker, {}, header))).toBe('The signature of the token cannot be verified');
    expect(await resultOf(await sign({ ...attacker, kid: 'mine' }, {}, header))).toBe(
      'The key of the token is not known',
    );
  });

  it.each<[what: string, header: object]>([
    ['a critical extension', { crit: ['exp'], exp: 5 }],
    ['a critical extension that is missing', { crit: ['b64'] }],
    ['an unencoded payload', { crit: ['b64'], b64: false }],
  ])('is refused with %s', async (_what, header) => {
    const [, payload = ''] = (await sign(keys.ES256)).split('.');
    const encoded = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'es', ...header }));
    expect(await resultOf(`${encoded}.${payload}.${'A'.repeat(86)}`)).toBe('The token is not a valid JWT');
  });

  it('[J-5] is refused if it is encrypted', async () => {
    const token = await new CompactEncrypt(Buffer.from(await sign(keys.ES256)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    expect(await resultOf(token)).toBe('The token is not a valid JWT');
  });

  it('is verified with each key of the issuer if it does not name a key', async () => {
    const two = [newKey('one'), newKey('two')];
    const options = { issuer, audience, jwks: { keys: two.map(jwkOf) } };
    const unnamed = (key: SigningKey) => sign(key, {}, { kid: undefined as never });
    expect(await resultOf(await unnamed(two[1] as SigningKey), options)).toBe('alice');
    expect(await resultOf(await unnamed(attacker), options)).toBe('The signature of the token cannot be verified');
    expect(await resultOf(await sign(two[1] as SigningKey, { exp: 5 }, { kid: undefined as never }), options)).toBe(
      'The token has expired',
    );
  });

  it('is refused without any other error, for any string', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('', 'e30', 'W10', 'bnVsbA', 'eyJhbGciOiJFUzI1NiJ9'),
      fc.json().map((json) => base64url.encode(json)),
      fc
        .record(
          {
            alg: fc.oneof(fc.constantFrom('none', 'ES256', 'RS256', 'EdDSA', 'HS256', 'PS512', 'ES512'), fc.anything()),
            kid: fc.oneof(fc.constantFrom('es', 'rs', 'ed'), fc.anything()),
            crit: fc.anything(),
            b64: fc.anything(),
            typ: fc.anything(),
            iss: fc.constantFrom(issuer, 'x', 5),
            exp: fc.oneof(fc.constant(9e9), fc.anything()),
          },
          { requiredKeys: [] },
        )
        .map((object) =>
          base64url.encode(JSON.stringify(object, (_, value: unknown) => (typeof value === 'bigint' ? 1 : value))),
        ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        expect(typeof (await resultOf(parts.join('.')))).toBe('string');
        await expect(jwt(base)({ token: parts.join('.') }, request)).rejects.toBeInstanceOf(RefusedException);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused if its base64url is not canonical', async () => {
    // 64 bytes: the last character has two bits of the signature, and four unused bits.
    const token = await sign(keys.EdDSA);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) as string);
    const other = token.slice(0, -1) + alphabet.charAt(last + 1);
    expect(Buffer.from(other.split('.')[2] as string, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] as string, 'base64url'),
    );
    expect(await resultOf(other)).toBe('The token is not a valid JWT');
  });

  it('is refused if any character is changed', async () => {
    const token = await sign(keys.EdDSA);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_', '.'),
        async (index, character) => {
          const other = token.slice(0, index) + character + token.slice(index + 1);
          fc.pre(other !== token);
          await expect(jwt(base)({ token: other }, request)).rejects.toBeInstanceOf(RefusedException);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('The examples of RFC 7515, appendix A', () => {
  const claims = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
  const joe = { issuer: 'joe', audience: null };
  const rsa = {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  };
  const ec = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  };
  const secret = base64url.decode(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  );

  beforeEach(() => at(1_300_819_379));

  it.each<[string, string, Pick<JwtIssuer, 'jwks' | 'secret'>]>([
    [
      'A.1, HS256',
      `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
      { secret },
    ],
    [
      'A.2, RS256',
      `eyJhbGciOiJSUzI1NiJ9.${claims}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
      { jwks: { keys: [rsa] } },
    ],
    [
      'A.3, ES256',
      `eyJhbGciOiJFUzI1NiJ9.${claims}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
      { jwks: { keys: [ec] } },
    ],
  ])('%s, is accepted before its exp, and refused at its exp', async (_example, token, key) => {
    const verifier = jwt({ ...joe, ...key, clockTolerance: 0 });
    expect(await verifier({ token }, request)).toMatchObject({ principal: { 'http://example.com/is_root': true } });
    at(1_300_819_380);
    await expect(verifier({ token }, request)).rejects.toThrow('The token has expired');
  });

  it('A.5, which has no signature, is refused', async () => {
    const token = `eyJhbGciOiJub25lIn0.${claims}.`;
    expect(await resultOf(token, { ...joe, secret })).toBe('The algorithm of the token is not allowed');
  });

  it('of RFC 8037, appendix A.4, is refused because its payload is not JSON', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const token =
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    expect(await resultOf(token, { ...joe, jwks: { keys: [jwk] } })).toBe('The token is not a valid JWT');
  });
});

describe('A key', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('in PEM verifies %s, with any kid', async (algorithm) => {
    const options = { issuer, audience, key: pemOf(keys[algorithm]) };
    expect(await resultOf(await sign({ ...keys[algorithm], kid: 'other' }), options)).toBe('alice');
    expect(await resultOf(await sign(newKey('other', algorithm)), options)).toBe(
      'The signature of the token cannot be verified',
    );
  });

  it.each(['HS256', 'HS384', 'HS512'])('that is a secret verifies %s', async (alg) => {
    const secret = 's'.repeat(64);
    const signed = (text: string) =>
      new SignJWT({ iss: 'us', aud: 'us', sub: 'alice', exp: now() + 60 })
        .setProtectedHeader({ alg })
        .sign(Buffer.from(text));
    const options = { issuer: 'us', audience: 'us', secret, algorithms: [alg] };
    expect(await resultOf(await signed(secret), options)).toBe('alice');
    expect(await resultOf(await signed(`${secret}.`), options)).toBe('The signature of the token cannot be verified');
  });
});

describe('The principal', () => {
  const users = new Map([['alice', { name: 'Alice' }]]);

  it.each([
    ['a value', (sub: string) => users.get(sub) ?? null],
    ['a promise', (sub: string) => Promise.resolve(users.get(sub) ?? null)],
  ])('is returned with the scopes of the token if the function returns %s', async (_when, find) => {
    const verifier = jwt({ ...base, principal: ({ sub = '' }) => find(sub) });
    const token = await sign(keys.ES256, { scope: 'a' });
    const admitted = { principal: { name: 'Alice' }, info: { scopes: ['a'] } };
    expect(await verifier({ token }, request)).toMatchObject(admitted);
    expect(await verifier({ token }, request)).toMatchObject(admitted);
    const other = await sign(keys.ES256, { sub: 'bob' });
    await expect(verifier({ token: other }, request)).rejects.toBeInstanceOf(RefusedException);
  });

  it('comes from a call of the function on every request, so a removed user is refused', async () => {
    let there = true;
    const verifier = jwt({ ...base, principal: ({ sub }) => there && { name: sub } });
    const token = await sign(keys.ES256);
    expect(await verifier({ token }, request)).toMatchObject({ principal: { name: 'alice' } });
    there = false;
    await expect(verifier({ token }, request)).rejects.toBeInstanceOf(RefusedException);
  });

  it.each<[what: string, principal: () => unknown, reason: string]>([
    ['null', () => null, 'The credentials are invalid'],
    ['a failure', () => new Failure('invalid', 'Bearer', 401, { message: 'blocked' }), 'blocked'],
    ['an admission without a principal', () => admit(null, { scopes: ['a'] }), 'The credentials are invalid'],
    ['an admission of a failure', () => admit(new Failure('invalid'), {}), 'The credentials are invalid'],
    ['an UnauthorizedException', () => new UnauthorizedException('blocked'), 'blocked'],
  ])('throws a refusal if the function returns %s', async (_what, principal, reason) => {
    const token = await sign(keys.ES256, { scope: 'a' });
    const refused: unknown = await jwt({ ...base, principal })({ token }, request).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedException);
    expect(refused).toMatchObject({ message: reason, failure: { scheme: 'Bearer', status: 401 } });
  });

  it('keeps the scopes, acr and auth_time of the token if admit() does not name them', async () => {
    const token = await sign(keys.ES256, { scope: 'a', acr: 'mfa', auth_time: 1000 });
    const info = async (own: AdmissionInfo) =>
      (await jwt({ ...base, principal: () => admit('alice', own) })({ token }, request)).info;
    expect(await info({})).toMatchObject({ scopes: ['a'], acr: 'mfa', authTime: 1000 });
    expect(await info({ scopes: ['b'] })).toMatchObject({ scopes: ['b'], acr: 'mfa', authTime: 1000 });
    expect(await info({ acr: 'pwd', scopes: [] })).toMatchObject({ scopes: [], acr: 'pwd', authTime: 1000 });
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('down');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('down'))],
  ])('does not change the error if the function %s', async (_how, principal) => {
    const verified = jwt({ ...base, principal })({ token: await sign(keys.ES256) }, request);
    await expect(verified).rejects.toThrow(new RangeError('down'));
  });
});

describe('Application code that calls the verifier', () => {
  const other = jwt({ ...base, audience: 'other' });

  it('gets the principal from the first verifier that accepts the token', async () => {
    const token = await sign(keys.ES256);
    const first = Promise.any([other({ token }, request), jwt(base)({ token }, request)]);
    expect(await first).toMatchObject({ principal: { sub: 'alice' } });
  });

  it('gets an AggregateError of refusals if no verifier accepts the token', async () => {
    const token = await sign(keys.ES256, { aud: 'third' });
    const none = Promise.any([other({ token }, request), jwt(base)({ token }, request)]);
    const attempt = { scheme: 'Bearer', secrets: () => [token] };
    expect(await decide(attempt, () => none)).toMatchObject({ reason: 'invalid', status: 401 });
  });
});

describe('A repeated token', () => {
  /** Whether a verifier takes a token from its cache: the result is then the same object. */
  async function isCached(verifier: ReturnType<typeof jwt>, token: string): Promise<boolean> {
    return (await verifier({ token }, request)) === (await verifier({ token }, request));
  }

  it('is taken from the cache', async () => {
    expect(await isCached(jwt(base), await sign(keys.RS256))).toBe(true);
  });

  it('is verified again if the cache is disabled', async () => {
    expect(await isCached(jwt({ ...base, cache: false }), await sign(keys.RS256))).toBe(false);
  });

  it('[J-4] is not taken from the cache after its exp', async () => {
    at(2_000_000_000);
    const verifier = jwt({ ...base, clockTolerance: 0 });
    const token = await sign(keys.ES256, { exp: 2_000_000_010 });
    const first = await verifier({ token }, request);
    jest.setSystemTime(2_000_000_009_999);
    expect(await verifier({ token }, request)).toBe(first);
    jest.setSystemTime(2_000_000_010_000);
    await expect(verifier({ token }, request)).rejects.toThrow('The token has expired');
  });

  it('is removed from the cache if the cache is full', async () => {
    const verifier = jwt({ ...base, cache: { max: 2 } });
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => sign(keys.ES256, { sub })));
    const first = [];
    for (const token of tokens) first.push(await verifier({ token }, request));
    expect(await verifier({ token: tokens[2] as string }, request)).toBe(first[2]);
    expect(await verifier({ token: tokens[0] as string }, request)).not.toBe(first[0]);
  });

  it('is refused again if it was refused', async () => {
    const verifier = jwt(base);
    const token = await sign(newKey('es'));
    for (let time = 0; time < 2; time++) {
      await expect(verifier({ token }, request)).rejects.toThrow('The signature of the token cannot be verified');
    }
  });
});

describe('Several issuers', () => {
  const other = newKey('es', 'ES256');
  const issuers = [base, { issuer: 'https://other.example', audience: 'other', jwks: { keys: [jwkOf(other)] } }];

  it('each have their own keys and audience', async () => {
    const of = (key: SigningKey, iss: string, aud: string) => sign(key, { iss, aud });
    expect(await resultOf(await of(keys.ES256, issuer, audience), { issuers })).toBe('alice');
    expect(await resultOf(await of(other, 'https://other.example', 'other'), { issuers })).toBe('alice');
    expect(await resultOf(await of(other, issuer, audience), { issuers })).toBe(
      'The signature of the token cannot be verified',
    );
    expect(await resultOf(await of(other, 'https://other.example', audience), { issuers })).toBe(
      'The token is not for this audience',
    );
    expect(await resultOf(await of(other, 'https://third.example', 'other'), { issuers })).toBe(
      'The issuer of the token is not trusted',
    );
  });

  it('are not contacted for a token of another issuer', async () => {
    const [one, two] = [await Issuer.start(), await Issuer.start()];
    try {
      const verifier = jwt({ issuers: [one, two].map(({ url }) => ({ issuer: url, audience })) });
      const foreign = await sign(keys.ES256, { iss: 'https://attacker.example' });
      await expect(verifier({ token: foreign }, request)).rejects.toBeInstanceOf(RefusedException);
      expect([one.asked, two.asked]).toEqual([[], []]);
      expect(await verifier({ token: await two.token() }, request)).toMatchObject({ principal: { iss: two.url } });
      expect([one.asked.length, two.asked.length > 0]).toEqual([0, true]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it('may depend on the request: a token in the cache of one tenant is refused by another tenant', async () => {
    const verifier = jwt({
      issuers: ({ headers: { host = '' } }: HttpRequest) => [{ ...base, audience: `https://${host}` }],
    });
    const of = (host: string) => ({ ...request, headers: { host } });
    const token = await sign(keys.ES256, { aud: 'https://a.example' });
    for (let time = 0; time < 3; time++) {
      expect(await verifier({ token }, of('a.example'))).toMatchObject({ principal: { sub: 'alice' } });
      await expect(verifier({ token }, of('b.example'))).rejects.toBeInstanceOf(RefusedException);
    }
    expect(await verifier({ token }, of('a.example'))).toBe(await verifier({ token }, of('a.example')));
  });

  it('may be a promise of an empty list', async () => {
    const verifier = jwt({
      issuers: async ({ headers: { host } }: HttpRequest) => Promise.resolve(host === 'a.example' ? [base] : []),
    });
    const token = await sign(keys.ES256);
    expect(await verifier({ token }, { ...request, headers: { host: 'a.example' } })).toMatchObject({
      principal: { sub: 'alice' },
    });
    const elsewhere = verifier({ token }, { ...request, headers: { host: 'b.example' } });
    await expect(elsewhere).rejects.toBeInstanceOf(RefusedException);
  });

  it('of a request cause an AuthConfigurationError if they are invalid', async () => {
    const verifier = jwt({ issuers: () => [{ ...base, audience: '' }] });
    await expect(verifier({ token: 'a.b.c' }, request)).rejects.toBeInstanceOf(AuthConfigurationError);
  });
});

describe('Configuration', () => {
  const local = { issuer, audience };
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const small = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
    type: 'spki',
    format: 'pem',
  });

  const wrong: [options: unknown, problem: string][] = [
    [undefined, 'jwt(): needs options'],
    [null, 'jwt(): needs options'],
    [{}, 'issuer must be the string of the claim iss'],
    [{ issuer: '', audience }, 'issuer must be'],
    [{ issuer: 'http://issuer.example', audience }, 'issuer must be https'],
    [{ issuer: 'http://issuer.example', audience, jwks }, 'issuer must be https'],
    [{ issuer: 'issuer', audience }, 'issuer must be an absolute URL'],
    [{ issuer: 'https://issuer.example?a=b', audience }, 'issuer must have no query'],
    [{ issuer: 'https://issuer.example#a', audience }, 'issuer must have no credentials and no fragment'],
    [{ issuer }, 'audience must be the aud of tokens for this application'],
    [{ issuer, audience: '' }, 'audience must be'],
    [{ issuer, audience: [] }, 'audience must be'],
    [{ issuer, audience: [''] }, 'audience must be'],
    [{ issuer, audience: null, profile: 'at+jwt' }, 'audience must be given if profile is at+jwt'],
    [{ ...local, profile: 'jwt' }, "profile must be 'at+jwt'"],
    [{ ...local, jwks, secret: 's'.repeat(32) }, 'jwks, key and secret exclude each other'],
    [{ ...local, jwks: 'http://keys.example' }, 'jwks must be https'],
    [{ ...local, jwks: {} }, 'jwks must be an https URL, or { keys'],
    [{ ...local, jwks: { keys: [] } }, 'jwks must be an https URL, or { keys'],
    [{ ...local, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, 'a shared key is the option secret'],
    [{ ...local, jwks: { keys: [keys.ES256.privateKey.export({ format: 'jwk' })] } }, 'jwks has a private key'],
    [{ ...local, key: 'secret' }, 'key must be a public key in PEM'],
    [{ ...local, key: small }, 'key must be a public key in PEM'],
    [{ ...local, key: weak.export({ type: 'spki', format: 'pem' }) }, 'RSA of 2048 bits or more'],
    [
      { ...local, key: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' },
      'key must be a public key in PEM',
    ],
    [{ ...local, jwks: { keys: [{ ...weak.export({ format: 'jwk' }), kid: 'a' }] } }, 'jwks has no key for signatures'],
    [{ ...local, jwks: { keys: [{ ...jwkOf(keys.ES256), use: 'enc' }] } }, 'jwks has no key for signatures'],
    [
      { ...local, key: keys.ES256.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      'key must be a public key in PEM',
    ],
    [{ ...local, key: keys.ES256.privateKey }, 'key must be a public key in PEM'],
    [{ ...local, secret: 's'.repeat(31) }, 'secret must have 32 bytes or more for HS256'],
    [{ ...local, secret: 's'.repeat(63), algorithms: ['HS256', 'HS512'] }, 'secret must have 64 bytes or more'],
    [{ ...local, secret: 5 }, 'secret must be a string or bytes'],
    [{ ...local, secret: 's'.repeat(32), algorithms: ['RS256'] }, 'algorithms: RS256 is not for a secret'],
    [{ ...local, algorithms: [] }, 'algorithms must list at least one'],
    [{ ...local, algorithms: ['RS256', 'None'] }, 'algorithms must not list none'],
    [{ ...local, algorithms: ['HS256'] }, 'algorithms: HS256 is for a shared secret, and a public key is not secret'],
    [{ ...local, jwks, algorithms: ['ES256K'] }, 'algorithms: ES256K is not supported; choose from RS256'],
    [
      { ...local, key: pemOf(keys.ES256), algorithms: ['RS256'] },
      'algorithms: RS256 is not supported; choose from ES256',
    ],
    [{ ...base, clockTolerance: '301s' }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ ...base, clockTolerance: 300_001 }, 'clockTolerance must be'],
    [{ ...base, clockTolerance: '5' }, 'clockTolerance must be'],
    [{ ...base, clockTolerance: 1 }, "jwt(): clockTolerance: 1 is 1 milliseconds, not seconds; write '1s'"],
    [{ ...base, clockTolerance: 5 }, "clockTolerance: 5 is 5 milliseconds, not seconds; write '5s'"],
    [{ ...base, clockTolerance: 300 }, "clockTolerance: 300 is 300 milliseconds, not seconds; write '300s'"],
    [{ ...base, clockTolerance: -1 }, 'clockTolerance must be'],
    [{ ...base, clockTolerance: NaN }, 'clockTolerance must be'],
    [{ ...base, cache: { max: 0 } }, 'cache.max must be a whole number'],
    [{ ...base, keys: { maxAge: 0 } }, 'keys.maxAge must be a duration of at least 1 ms and at most a day'],
    [{ ...base, keys: { cooldown: -1 } }, 'keys.cooldown must be'],
    [{ ...base, keys: { timeout: 1.5 } }, 'keys.timeout must be'],
    [{ ...base, keys: { timeout: '2 days' } }, 'keys.timeout must be'],
    [{ ...base, keys: { cooldown: 'soon' } }, 'keys.cooldown must be'],
    [{ ...base, principal: 'sub' }, 'principal must be a function'],
    [{ issuers: 'https://issuer.example' }, 'issuers must be a list'],
    [{ issuers: [null] }, 'issuers must be a list'],
    [{ issuers: [] }, 'issuers must list at least one'],
    [{ issuers: [base], issuer }, 'issuer and issuers exclude each other'],
    [{ issuers: [base, { ...base, audience: 'b' }] }, 'issuers: https://issuer.example is in the list twice'],
  ];
  // The options have new keys in each run, so they are not a part of the name of a test.
  it.each(wrong.map(([options, problem]) => [problem, options] as const))('stops startup: %s', (problem, options) => {
    const code = 'ERR_AUTH_JWT_OPTION';
    expect(() => jwt(options as never)).toThrow(expect.objectContaining({ name: 'AuthConfigurationError', code }));
    expect(() => jwt(options as never)).toThrow(problem);
  });

  it.each<[what: string, options: JwtOptions]>([
    ['a path in issuer', { issuer: 'https://issuer.example/realms/a', audience }],
    ['http of this machine', { issuer: 'http://localhost:8080', audience: [audience] }],
    ['any issuer, with jwks', { issuer: 'anything', audience, jwks: 'https://keys.example' }],
    ['any issuer, with a secret', { issuer: 'anything', audience, secret: 'é'.repeat(16) }],
    [
      'durations with units',
      { ...base, clockTolerance: '300s', cache: false, keys: { maxAge: '1 day', cooldown: '0s', timeout: '1ms' } },
    ],
    [
      'durations in milliseconds',
      { ...base, clockTolerance: 301, cache: false, keys: { maxAge: 1, cooldown: 0, timeout: 1 } },
    ],
    ['a function that returns no issuers', { issuers: () => [] }],
  ])('does not stop startup if the options have %s', (_what, options) => {
    expect(jwt(options)).toBeInstanceOf(Function);
  });
});

describe('Issuers of a function', () => {
  it('are compared by their values, even if an object hides them from JSON', async () => {
    const signing = newKey('a');
    const entry = (key: SigningKey): JwtIssuer =>
      Object.assign(Object.create({ toJSON: () => ({ issuer }) }) as JwtIssuer, { issuer, audience, key: pemOf(key) });
    let current = entry(signing);
    const verify = jwt({ issuers: () => [current] });
    const token = await sign(signing);
    expect((await verify({ token }, request)).principal.sub).toBe('alice');
    current = entry(newKey('b'));
    await expect(verify({ token }, request)).rejects.toThrow(RefusedException);
  });
});
