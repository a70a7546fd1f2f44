import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { base64url, CompactEncrypt, type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { admit, AuthConfigurationError, Failure, type HttpRequest } from 'nestjs-http-auth';
import { type JwtIssuer, jwt, type JwtOptions } from 'nestjs-http-auth/jwt';
import { audience, Issuer, jwkOf, newKey, now, pemOf, sign, type SigningKey } from './support/issuer.js';

const issuer = 'https://issuer.example';
const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const keys = { ES256: newKey('es', 'ES256'), RS256: newKey('rs', 'RS256'), EdDSA: newKey('ed', 'EdDSA') };
const jwks = { keys: Object.values(keys).map(jwkOf) };
const base = { issuer, audience, jwks };

/** Whom a verifier of these options lets in with a token, or its word against it. */
async function verdictOf(token: string, options: JwtOptions = base): Promise<unknown> {
  const verdict = await jwt(options)({ token }, request);
  if (verdict instanceof Failure) {
    const { reason, scheme, status, details } = verdict;
    return reason === 'invalid' && scheme === 'Bearer' && status === 401 && details.params?.['error_description'];
  }
  return (verdict as ReturnType<typeof admit<JWTPayload>>).principal.sub;
}

/** Has the clock stand still. */
function at(seconds: number): void {
  jest.useFakeTimers({ now: seconds * 1000, doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'setImmediate'] });
}

afterEach(() => {
  jest.useRealTimers();
});

describe('A token', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('[J-3] [J-9] is verified by %s', async (algorithm) => {
    expect(await verdictOf(await sign(keys[algorithm]))).toBe('alice');
  });

  it('says who it is for, its scopes, and how its holder was authenticated', async () => {
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
  ])('of %j has the scopes %j', async (claims, scopes) => {
    const verdict = await jwt(base)({ token: await sign(keys.ES256, claims) }, request);
    expect((verdict as { info: unknown }).info).toEqual({ scopes });
  });

  it('has claims that no handler can change for another request', async () => {
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
    ['[J-4] an end in the past', { exp: now() - 60 }, 'The token has expired'],
    ['[J-4] no end', { exp: undefined }, 'The token lacks a claim, or has one that cannot be read'],
    [
      '[J-4] an end that is no number',
      { exp: '9999999999' as never },
      'The token lacks a claim, or has one that cannot be read',
    ],
    ['a beginning in the future', { nbf: now() + 60 }, 'The token is not valid yet'],
    ['a subject that is no text', { sub: 5 as never }, 'The token lacks a claim, or has one that cannot be read'],
    ['a key of RFC 9449', { cnf: { jkt: 'x' } }, 'The token is bound to a key, and cannot be used as a bearer token'],
    [
      'a certificate of RFC 8705',
      { cnf: { 'x5t#S256': 'x' } },
      'The token is bound to a key, and cannot be used as a bearer token',
    ],
    ['an empty binding', { cnf: null }, 'The token is bound to a key, and cannot be used as a bearer token'],
  ])('is refused with %s', async (_what, claims, why) => {
    expect(await verdictOf(await sign(keys.ES256, claims))).toBe(why);
  });

  it('[J-2] is for one of several audiences, and the verifier has several', async () => {
    const token = await sign(keys.ES256, { aud: ['https://other.example', 'https://two.example'] });
    expect(await verdictOf(token, { ...base, audience: ['https://one.example', 'https://two.example'] })).toBe('alice');
  });

  it('is taken whoever it is for, where that is asked for by null', async () => {
    const token = await sign(keys.ES256, { aud: undefined, client_id: 'x' });
    expect(await verdictOf(token, { ...base, audience: null })).toBe('alice');
  });

  it.each([
    [5, 'alice'],
    [6, 'The token has expired'],
  ])('[J-4] that ended %d seconds ago gets %s, as clocks differ', async (ago, verdict) => {
    at(2_000_000_000);
    // A token ends at its exp, and not after it.
    expect(await verdictOf(await sign(keys.ES256, { exp: 2_000_000_001 - ago }))).toBe(verdict);
  });

  it.each([
    [5, 'alice'],
    [6, 'The token is not valid yet'],
  ])('that begins in %d seconds gets %s', async (ahead, verdict) => {
    at(2_000_000_000);
    expect(await verdictOf(await sign(keys.ES256, { nbf: 2_000_000_000 + ahead }))).toBe(verdict);
  });

  it('[J-4] has no second more where no tolerance is asked for', async () => {
    at(2_000_000_000);
    const token = await sign(keys.ES256, { exp: 2_000_000_000 });
    expect(await verdictOf(token, { ...base, clockTolerance: 0 })).toBe('The token has expired');
  });

  it.each<[what: string, header: Partial<JWTHeaderParameters>]>([
    ['no type', {}],
    ['the type JWT', { typ: 'JWT' }],
    ['the type at+jwt', { typ: 'at+jwt' }],
    ['the type application/at+jwt', { typ: 'application/AT+JWT' }],
  ])('is taken with %s', async (_what, header) => {
    expect(await verdictOf(await sign(keys.ES256, {}, header))).toBe('alice');
  });

  it.each(['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'x-at+jwt', ''])('is refused with the type "%s"', async (typ) => {
    expect(await verdictOf(await sign(keys.ES256, {}, { typ }))).toBe('The token is of another type');
  });
});

describe('A token by the profile of RFC 9068', () => {
  const profiled = { ...base, profile: 'at+jwt' } as const;
  const whole = { client_id: 'app', iat: now(), jti: 'one' };

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT'])('[J-1] is of the type %s', async (typ) => {
    expect(await verdictOf(await sign(keys.RS256, whole, { typ }), profiled)).toBe('alice');
  });

  it.each([{ typ: 'JWT' }, { typ: 'jwt+at' }, {}])('[J-1] is refused with %j', async (header) => {
    expect(await verdictOf(await sign(keys.RS256, whole, header), profiled)).toBe('The token is of another type');
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('[J-8] is refused without %s', async (claim) => {
    const token = await sign(keys.RS256, { ...whole, [claim]: undefined }, { typ: 'at+jwt' });
    expect(await verdictOf(token, profiled)).toMatch(/^The (issuer of the )?token (lacks a claim|is not)/);
  });
});

describe('What a token brings', () => {
  const attacker = newKey('es', 'ES256');

  it('[J-3] is not signed by whoever names the key', async () => {
    expect(await verdictOf(await sign(attacker))).toBe('The signature of the token cannot be verified');
  });

  it('[J-3] is refused where its key is not known', async () => {
    expect(await verdictOf(await sign(newKey('unknown')))).toBe('The key of the token is not known');
  });

  it('[J-3] is refused without a signature, and with the algorithm none', async () => {
    const unsecured = new UnsecuredJWT({ iss: issuer, aud: audience, sub: 'alice', exp: now() + 60 }).encode();
    expect(await verdictOf(unsecured)).toBe('The algorithm of the token is not allowed');
    const [header = '', payload = ''] = (await sign(keys.ES256)).split('.');
    expect(await verdictOf(`${header}.${payload}.`)).toBe('The signature of the token cannot be verified');
    const none = base64url.encode(JSON.stringify({ alg: 'nOnE' }));
    expect(await verdictOf(`${none}.${payload}.`)).toBe('The algorithm of the token is not allowed');
  });

  it('is refused where a public key is taken for a secret', async () => {
    const pem = pemOf(keys.RS256);
    const forged = await new SignJWT({ iss: issuer, aud: audience, sub: 'eve', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'rs' })
      .sign(Buffer.from(pem));
    expect(await verdictOf(forged)).toBe('The algorithm of the token is not allowed');
    expect(await verdictOf(forged, { issuer, audience, key: pem })).toBe('The algorithm of the token is not allowed');
  });

  it('is refused by an algorithm that is not listed', async () => {
    const only = { ...base, algorithms: ['RS256'] };
    expect(await verdictOf(await sign(keys.ES256), only)).toBe('The algorithm of the token is not allowed');
    expect(await verdictOf(await sign(keys.RS256), only)).toBe('alice');
  });

  it.each<[what: string, header: object]>([
    ['jwk', { jwk: jwkOf(attacker) }],
    ['jku', { jku: 'http://127.0.0.1:1/keys' }],
    ['x5u', { x5u: 'http://127.0.0.1:1/certificate' }],
    ['x5c', { x5c: ['MIIB'] }],
  ])('is no key: %s', async (_what, header) => {
    expect(await verdictOf(await sign(attacker, {}, header))).toBe('The signature of the token cannot be verified');
    expect(await verdictOf(await sign({ ...attacker, kid: 'mine' }, {}, header))).toBe(
      'The key of the token is not known',
    );
  });

  it.each<[what: string, header: object]>([
    ['an extension that must be understood', { crit: ['exp'], exp: 5 }],
    ['an extension that is not even there', { crit: ['b64'] }],
    ['a payload that is not encoded', { crit: ['b64'], b64: false }],
  ])('is refused with %s', async (_what, header) => {
    const [, payload = ''] = (await sign(keys.ES256)).split('.');
    const encoded = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'es', ...header }));
    expect(await verdictOf(`${encoded}.${payload}.${'A'.repeat(86)}`)).toMatch(/no JWT|cannot be verified/);
  });

  it('is refused where it is encrypted', async () => {
    const token = await new CompactEncrypt(Buffer.from(await sign(keys.ES256)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    expect(await verdictOf(token)).toBe('The token is no JWT that can be read');
  });

  it('is verified by any key of the issuer where it names none', async () => {
    const two = [newKey('one'), newKey('two')];
    const options = { issuer, audience, jwks: { keys: two.map(jwkOf) } };
    const unnamed = (key: SigningKey) => sign(key, {}, { kid: undefined as never });
    expect(await verdictOf(await unnamed(two[1] as SigningKey), options)).toBe('alice');
    expect(await verdictOf(await unnamed(attacker), options)).toBe('The signature of the token cannot be verified');
    expect(await verdictOf(await sign(two[1] as SigningKey, { exp: 5 }, { kid: undefined as never }), options)).toBe(
      'The token has expired',
    );
  });

  it('is refused, whatever it is, and never an error', async () => {
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
        expect(typeof (await verdictOf(parts.join('.')))).toBe('string');
        expect(await jwt(base)({ token: parts.join('.') }, request)).toBeInstanceOf(Failure);
      }),
      { numRuns: 500 },
    );
  });

  it('is spelt in one way only', async () => {
    // 64 octets: the last character has two bits of the signature, and four that are none.
    const token = await sign(keys.EdDSA);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) as string);
    const other = token.slice(0, -1) + alphabet.charAt(last + 1);
    expect(Buffer.from(other.split('.')[2] as string, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] as string, 'base64url'),
    );
    expect(await verdictOf(other)).toBe('The token is no JWT that can be read');
  });

  it('counts to the last bit', async () => {
    const token = await sign(keys.EdDSA);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_', '.'),
        async (index, character) => {
          const other = token.slice(0, index) + character + token.slice(index + 1);
          fc.pre(other !== token);
          expect(await jwt(base)({ token: other }, request)).toBeInstanceOf(Failure);
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
  ])('%s, is verified in its time, and only then', async (_example, token, key) => {
    const verifier = jwt({ ...joe, ...key, clockTolerance: 0 });
    expect(await verifier({ token }, request)).toMatchObject({ principal: { 'http://example.com/is_root': true } });
    at(1_300_819_380);
    expect(await verifier({ token }, request)).toMatchObject({
      details: { params: { error_description: 'The token has expired' } },
    });
  });

  it('A.5, which is not secured, is refused', async () => {
    const token = `eyJhbGciOiJub25lIn0.${claims}.`;
    expect(await verdictOf(token, { ...joe, secret })).toBe('The algorithm of the token is not allowed');
  });

  it('and that of RFC 8037, appendix A.4, which has no claims, is refused for that', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const token =
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    expect(await verdictOf(token, { ...joe, jwks: { keys: [jwk] } })).toBe('The token is no JWT that can be read');
  });
});

describe('A key', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('in PEM verifies %s, whatever a token calls it', async (algorithm) => {
    const options = { issuer, audience, key: pemOf(keys[algorithm]) };
    expect(await verdictOf(await sign({ ...keys[algorithm], kid: 'other' }), options)).toBe('alice');
    expect(await verdictOf(await sign(newKey('other', algorithm)), options)).toBe(
      'The signature of the token cannot be verified',
    );
  });

  it.each(['HS256', 'HS384', 'HS512'])('that is shared verifies %s', async (alg) => {
    const secret = 's'.repeat(64);
    const signed = (text: string) =>
      new SignJWT({ iss: 'us', aud: 'us', sub: 'alice', exp: now() + 60 })
        .setProtectedHeader({ alg })
        .sign(Buffer.from(text));
    const options = { issuer: 'us', audience: 'us', secret, algorithms: [alg] };
    expect(await verdictOf(await signed(secret), options)).toBe('alice');
    expect(await verdictOf(await signed(`${secret}.`), options)).toBe('The signature of the token cannot be verified');
  });
});

describe('The principal', () => {
  const users = new Map([['alice', { name: 'Alice' }]]);

  it.each([
    ['at once', (sub: string) => users.get(sub) ?? null],
    ['later', (sub: string) => Promise.resolve(users.get(sub) ?? null)],
  ])('is looked up %s, with the scopes of the token', async (_when, find) => {
    const verifier = jwt({ ...base, principal: ({ sub = '' }) => find(sub) });
    const token = await sign(keys.ES256, { scope: 'a' });
    const admitted = { principal: { name: 'Alice' }, info: { scopes: ['a'] } };
    expect(await verifier({ token }, request)).toMatchObject(admitted);
    expect(await verifier({ token }, request)).toMatchObject(admitted);
    expect(await verifier({ token: await sign(keys.ES256, { sub: 'bob' }) }, request)).toBeNull();
  });

  it('is asked for with every request, so that a user who is gone is refused', async () => {
    let there = true;
    const verifier = jwt({ ...base, principal: ({ sub }) => there && { name: sub } });
    const token = await sign(keys.ES256);
    expect(await verifier({ token }, request)).toMatchObject({ principal: { name: 'alice' } });
    there = false;
    expect(await verifier({ token }, request)).toBe(false);
  });

  it('may say more than who it is', async () => {
    const token = await sign(keys.ES256, { scope: 'a' });
    const admitted = jwt({ ...base, principal: () => admit('alice', { scopes: ['b'] }) });
    expect(await admitted({ token }, request)).toMatchObject({ principal: 'alice', info: { scopes: ['b'] } });
    const failure = new Failure('invalid');
    expect(await jwt({ ...base, principal: () => failure })({ token }, request)).toBe(failure);
  });
});

describe('A repeated token', () => {
  it('is judged at once, without a promise', async () => {
    const verifier = jwt(base);
    const token = await sign(keys.RS256);
    expect(verifier({ token }, request)).toBeInstanceOf(Promise);
    const first = await verifier({ token }, request);
    expect(verifier({ token }, request)).toBe(first);
  });

  it('is verified anew where nothing is to be remembered', async () => {
    const verifier = jwt({ ...base, cache: false });
    const token = await sign(keys.RS256);
    await verifier({ token }, request);
    expect(verifier({ token }, request)).toBeInstanceOf(Promise);
  });

  it('[J-4] is not remembered beyond its end', async () => {
    at(2_000_000_000);
    const verifier = jwt({ ...base, clockTolerance: 0 });
    const token = await sign(keys.ES256, { exp: 2_000_000_010 });
    await verifier({ token }, request);
    jest.setSystemTime(2_000_000_009_999);
    expect(verifier({ token }, request)).toMatchObject({ principal: { sub: 'alice' } });
    jest.setSystemTime(2_000_000_010_000);
    expect(await verifier({ token }, request)).toMatchObject({
      details: { params: { error_description: 'The token has expired' } },
    });
  });

  it('is forgotten where there are too many', async () => {
    const verifier = jwt({ ...base, cache: { max: 2 } });
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => sign(keys.ES256, { sub })));
    for (const token of tokens) await verifier({ token }, request);
    expect(verifier({ token: tokens[0] as string }, request)).toBeInstanceOf(Promise);
    expect(verifier({ token: tokens[2] as string }, request)).not.toBeInstanceOf(Promise);
  });

  it('that was refused is not remembered', async () => {
    const verifier = jwt(base);
    const token = await sign(newKey('es'));
    await verifier({ token }, request);
    expect(verifier({ token }, request)).toBeInstanceOf(Promise);
  });
});

describe('Several issuers', () => {
  const other = newKey('es', 'ES256');
  const issuers = [base, { issuer: 'https://other.example', audience: 'other', jwks: { keys: [jwkOf(other)] } }];

  it('have each its own keys and audience', async () => {
    const of = (key: SigningKey, iss: string, aud: string) => sign(key, { iss, aud });
    expect(await verdictOf(await of(keys.ES256, issuer, audience), { issuers })).toBe('alice');
    expect(await verdictOf(await of(other, 'https://other.example', 'other'), { issuers })).toBe('alice');
    expect(await verdictOf(await of(other, issuer, audience), { issuers })).toBe(
      'The signature of the token cannot be verified',
    );
    expect(await verdictOf(await of(other, 'https://other.example', audience), { issuers })).toBe(
      'The token is not for this audience',
    );
    expect(await verdictOf(await of(other, 'https://third.example', 'other'), { issuers })).toBe(
      'The issuer of the token is not trusted',
    );
  });

  it('are chosen before anything is fetched', async () => {
    const [one, two] = [await Issuer.start(), await Issuer.start()];
    try {
      const verifier = jwt({ issuers: [one, two].map(({ url }) => ({ issuer: url, audience })) });
      await verifier({ token: await sign(keys.ES256, { iss: 'https://attacker.example' }) }, request);
      expect([one.asked, two.asked]).toEqual([[], []]);
      expect(await verifier({ token: await two.token() }, request)).toMatchObject({ principal: { iss: two.url } });
      expect([one.asked.length, two.asked.length > 0]).toEqual([0, true]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it('may be those of the request: what one tenant remembers lets nobody in at another', async () => {
    const verifier = jwt({
      issuers: ({ headers: { host = '' } }: HttpRequest) => [{ ...base, audience: `https://${host}` }],
    });
    const of = (host: string) => ({ ...request, headers: { host } });
    const token = await sign(keys.ES256, { aud: 'https://a.example' });
    for (let time = 0; time < 3; time++) {
      expect(await verifier({ token }, of('a.example'))).toMatchObject({ principal: { sub: 'alice' } });
      expect(await verifier({ token }, of('b.example'))).toBeInstanceOf(Failure);
    }
    expect(verifier({ token }, of('a.example'))).not.toBeInstanceOf(Promise);
  });

  it('may be looked up, and be none', async () => {
    const verifier = jwt({
      issuers: async ({ headers: { host } }: HttpRequest) => Promise.resolve(host === 'a.example' ? [base] : []),
    });
    const token = await sign(keys.ES256);
    expect(await verifier({ token }, { ...request, headers: { host: 'a.example' } })).toMatchObject({
      principal: { sub: 'alice' },
    });
    expect(await verifier({ token }, { ...request, headers: { host: 'b.example' } })).toBeInstanceOf(Failure);
  });

  it('of a request are an error where they cannot be meant, and not a refusal', async () => {
    const verifier = jwt({ issuers: () => [{ ...base, audience: '' }] });
    expect(() => verifier({ token: 'a.b.c' }, request)).toThrow(AuthConfigurationError);
  });
});

describe('Configuration', () => {
  const local = { issuer, audience };
  const small = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
    type: 'spki',
    format: 'pem',
  });

  it.each<[options: unknown, problem: string]>([
    [undefined, 'jwt(): needs options'],
    [{}, 'issuer must be the text of the claim iss'],
    [{ issuer: '', audience }, 'issuer must be'],
    [{ issuer: 'http://issuer.example', audience }, 'issuer must be https'],
    [{ issuer: 'http://issuer.example', audience, jwks }, 'issuer must be https'],
    [{ issuer: 'issuer', audience }, 'issuer must be an absolute URL'],
    [{ issuer: 'https://issuer.example?a=b', audience }, 'issuer must have no query'],
    [{ issuer: 'https://issuer.example#a', audience }, 'issuer must have no credentials and no fragment'],
    [{ issuer }, 'audience must be what tokens for this application have as aud'],
    [{ issuer, audience: '' }, 'audience must be'],
    [{ issuer, audience: [] }, 'audience must be'],
    [{ issuer, audience: [''] }, 'audience must be'],
    [{ issuer, audience: null, profile: 'at+jwt' }, 'audience must be given where profile is at+jwt'],
    [{ ...local, profile: 'jwt' }, "profile must be 'at+jwt'"],
    [{ ...local, jwks, secret: 's'.repeat(32) }, 'jwks, key and secret exclude each other'],
    [{ ...local, jwks: 'http://keys.example' }, 'jwks must be https'],
    [{ ...local, jwks: {} }, 'jwks must be an https URL, or { keys'],
    [{ ...local, jwks: { keys: [] } }, 'jwks must be an https URL, or { keys'],
    [{ ...local, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, 'a shared key is the option secret'],
    [{ ...local, jwks: { keys: [keys.ES256.privateKey.export({ format: 'jwk' })] } }, 'jwks has a private key'],
    [{ ...local, key: 'secret' }, 'key must be a public key in PEM'],
    [{ ...local, key: small }, 'key must be a public key in PEM'],
    [
      { ...local, key: keys.ES256.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      'key must be a public key in PEM',
    ],
    [{ ...local, key: keys.ES256.privateKey }, 'key must be a public key in PEM'],
    [{ ...local, secret: 's'.repeat(31) }, 'secret must have 32 octets or more for HS256'],
    [{ ...local, secret: 's'.repeat(63), algorithms: ['HS256', 'HS512'] }, 'secret must have 64 octets or more'],
    [{ ...local, secret: 5 }, 'secret must be a text or octets'],
    [{ ...local, secret: 's'.repeat(32), algorithms: ['RS256'] }, 'algorithms: RS256 is not for a secret'],
    [{ ...local, algorithms: [] }, 'algorithms must list one or more'],
    [{ ...local, algorithms: ['RS256', 'None'] }, 'algorithms must not list none'],
    [{ ...local, algorithms: ['HS256'] }, 'algorithms: HS256 is for a shared secret, which a public key is not'],
    [{ ...local, jwks, algorithms: ['ES256K'] }, 'algorithms: ES256K is none of RS256'],
    [{ ...local, key: pemOf(keys.ES256), algorithms: ['RS256'] }, 'algorithms: RS256 is none of ES256'],
    [{ ...base, clockTolerance: 301 }, 'clockTolerance must be a number of seconds, 300 at the most'],
    [{ ...base, clockTolerance: -1 }, 'clockTolerance must be'],
    [{ ...base, clockTolerance: NaN }, 'clockTolerance must be'],
    [{ ...base, cache: { max: 0 } }, 'cache.max must be a whole number'],
    [{ ...base, keys: { maxAge: 0 } }, 'keys.maxAge must be a whole number of milliseconds'],
    [{ ...base, keys: { cooldown: -1 } }, 'keys.cooldown must be'],
    [{ ...base, keys: { timeout: 1.5 } }, 'keys.timeout must be'],
    [{ ...base, principal: 'sub' }, 'principal must be a function'],
    [{ issuers: 'https://issuer.example' }, 'issuers must be a list'],
    [{ issuers: [null] }, 'issuers must be a list'],
    [{ issuers: [] }, 'issuers must name one or more'],
    [{ issuers: [base], issuer }, 'issuer and issuers exclude each other'],
    [{ issuers: [base, { ...base, audience: 'b' }] }, 'issuers: https://issuer.example is there twice'],
  ])('%j stops the boot', (options, problem) => {
    expect(() => jwt(options as never)).toThrow(AuthConfigurationError);
    expect(() => jwt(options as never)).toThrow(problem);
  });

  it.each<[options: JwtOptions]>([
    [{ issuer: 'https://issuer.example/realms/a', audience }],
    [{ issuer: 'http://localhost:8080', audience: [audience] }],
    [{ issuer: 'anything', audience, jwks: 'https://keys.example' }],
    [{ issuer: 'anything', audience, secret: 'é'.repeat(16) }],
    [{ ...base, clockTolerance: 300, cache: false, keys: { maxAge: 1, cooldown: 0, timeout: 1 } }],
    [{ issuers: () => [] }],
  ])('%j does not', (options) => {
    expect(jwt(options)).toBeInstanceOf(Function);
  });
});
