import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type SignKeyObjectInput,
} from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey, SignJWT } from 'jose';
import { type HttpRequest, RefusedException } from 'nestjs-http-auth';
import { jwt, type JwtIssuer } from 'nestjs-http-auth/jwt';

beforeAll(() => Logger.overrideLogger(false));

// Each test gives the same token to jwt() and to jwtVerify() of jose, and compares the results.

const issuer = 'https://issuer.example';
const audience = 'https://api.example';
const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const secret = Buffer.alloc(64, 'secret');
const now = Math.floor(Date.now() / 1000);
const claims: JWTPayload = { iss: issuer, aud: audience, sub: 'alice', exp: now + 3600 };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const curve = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;

/** The private key of each algorithm. HMAC has the secret. */
const privateKeys: Readonly<Record<string, KeyObject>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: curve('P-256'),
  ES384: curve('P-384'),
  ES512: curve('P-521'),
  EdDSA: ed25519,
  Ed25519: ed25519,
};
const hmacs = ['HS256', 'HS384', 'HS512'];
const publicAlgorithms = Object.keys(privateKeys);
const algorithms = [...publicAlgorithms, ...hmacs];

const jwkOf = (key: KeyObject, more: object = {}) => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  ...more,
});
const jwks = { keys: [...new Set(Object.values(privateKeys))].map((key, index) => jwkOf(key, { kid: `key${index}` })) };

/** Signs bytes with node:crypto alone. */
function signatureOf(alg: string, input: string, key = privateKeys[alg] as KeyObject, options: object = {}): Buffer {
  const hash = `sha${alg.slice(2)}`;
  if (hmacs.includes(alg)) return createHmac(hash, secret).update(input).digest();
  if (key === ed25519) return sign(null, Buffer.from(input), key);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const usual = { RS: {}, PS: pss, ES: { dsaEncoding: 'ieee-p1363' } }[alg.slice(0, 2)];
  return sign(hash, Buffer.from(input), { key, ...usual, ...options } as SignKeyObjectInput);
}

const encode = (part: unknown): string =>
  (part instanceof Uint8Array ? Buffer.from(part) : Buffer.from(JSON.stringify(part))).toString('base64url');

/** Returns a token. Bytes are encoded as they are, and other values as JSON. */
function tokenOf(alg: string, header: unknown = { alg }, payload: unknown = claims, options: object = {}): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signatureOf(alg, input, privateKeys[alg], options).toString('base64url')}`;
}

/** Verifies a token with jwt(). Any error other than a refusal fails the test. */
async function accepts(token: string, options: Partial<JwtIssuer>): Promise<boolean> {
  try {
    await jwt({ issuer, audience, cache: false, ...options })({ token }, request);
    return true;
  } catch (error) {
    if (error instanceof RefusedException) return false;
    throw error;
  }
}

/** Verifies a token with jose, with each candidate if the token does not name a key. */
async function joseAccepts(token: string, key: JWTVerifyGetKey | Uint8Array, allowed: string[]): Promise<boolean> {
  const options = { issuer, audience, algorithms: allowed, clockTolerance: 5, requiredClaims: ['exp'] };
  const accepted = (one: never) =>
    jwtVerify(token, one, options).then(
      () => true,
      () => false,
    );
  try {
    await jwtVerify(token, key as never, options);
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    for await (const candidate of error) if (await accepted(candidate as never)) return true;
    return false;
  }
}

/** Returns both results, for public keys or for the secret, depending on the first algorithm. */
async function compare(token: string, allowed = publicAlgorithms, set = jwks) {
  const shared = hmacs.includes(allowed[0] as string);
  return {
    ours: await accepts(token, { algorithms: allowed, ...(shared ? { secret } : { jwks: set }) }),
    jose: await joseAccepts(token, shared ? secret : createLocalJWKSet(set), allowed),
  };
}

const both = (result: boolean) => ({ ours: result, jose: result });

describe.each(algorithms)('A token with %s', (alg) => {
  const allowed = hmacs.includes(alg) ? hmacs : publicAlgorithms;
  const token = tokenOf(alg);
  const [header = '', payload = '', encoded = ''] = token.split('.');
  const signature = Buffer.from(encoded, 'base64url');
  const withSignature = (bytes: Buffer) => `${header}.${payload}.${bytes.toString('base64url')}`;

  it('is accepted by both, signed with node:crypto or with jose', async () => {
    expect(await compare(token, allowed)).toEqual(both(true));
    const signed = new SignJWT(claims).setProtectedHeader({ alg }).sign(privateKeys[alg] ?? secret);
    expect(await compare(await signed, allowed)).toEqual(both(true));
  });

  it('is refused by both if its algorithm is not allowed', async () => {
    const others = allowed.filter((one) => one !== alg);
    expect(await compare(token, others)).toEqual(both(false));
  });

  it('is refused by both if the header, the payload or the signature is changed', async () => {
    const changed = Buffer.from(signature);
    changed[0] = (changed[0] as number) ^ 1;
    const other = encode({ ...claims, sub: 'eve' });
    for (const forged of [`${encode({ alg, kid: 'key0' })}.${payload}.${encoded}`, `${header}.${other}.${encoded}`]) {
      expect(await compare(forged, allowed)).toEqual(both(false));
    }
    expect(await compare(withSignature(changed), allowed)).toEqual(both(false));
  });

  it('is refused by both if its signature has another length', async () => {
    const { length } = signature;
    const zero = Buffer.alloc(1);
    const cut = [0, 1, length / 2, length - 1].map((end) => signature.subarray(0, end));
    const longer = [
      Buffer.concat([signature, zero]),
      Buffer.concat([zero, signature]),
      Buffer.concat([signature, signature]),
    ];
    for (const bytes of [...cut, ...longer, Buffer.alloc(length), Buffer.alloc(length, 255)]) {
      expect(await compare(withSignature(bytes), allowed)).toEqual(both(false));
    }
  });

  it('is refused by both if another algorithm signed it', async () => {
    for (const other of algorithms.filter((one) => privateKeys[one] !== ed25519 || privateKeys[alg] !== ed25519)) {
      if (other === alg) continue;
      const signedByOther = tokenOf(other, { alg });
      expect(await compare(signedByOther, allowed)).toEqual(both(false));
    }
  });

  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'ES256K',
    'HS1',
    'RS1',
    'toString',
    '__proto__',
    ` ${alg}`,
    alg.toLowerCase(),
  ])('is refused by both if its header names the algorithm "%s"', async (name) => {
    expect(await compare(`${encode({ alg: name })}.${payload}.`, allowed)).toEqual(both(false));
    expect(await compare(tokenOf(alg, { alg: name }), allowed)).toEqual(both(false));
  });
});

describe('A signature', () => {
  it.each(['ES256', 'ES384', 'ES512'])('of %s is refused by both if it is DER', async (alg) => {
    expect(await compare(tokenOf(alg, { alg }, claims, { dsaEncoding: 'der' }))).toEqual(both(false));
  });

  it.each(['PS256', 'PS384', 'PS512'])('of %s is refused by both if its salt has another length', async (alg) => {
    const digest = Number(alg.slice(2)) / 8;
    const longest = constants.RSA_PSS_SALTLEN_MAX_SIGN;
    for (const saltLength of [0, 20, digest - 1, digest + 1, longest]) {
      expect(await compare(tokenOf(alg, { alg }, claims, { saltLength }))).toEqual(both(false));
    }
    expect(await compare(tokenOf(alg, { alg }, claims, { saltLength: digest }))).toEqual(both(true));
  });

  it.each([1024, 2040])('by an RSA key of %d bits is refused by both', async (modulusLength) => {
    const weak = generateKeyPairSync('rsa', { modulusLength }).privateKey;
    for (const alg of ['RS256', 'PS256']) {
      const input = `${encode({ alg })}.${encode(claims)}`;
      const token = `${input}.${signatureOf(alg, input, weak).toString('base64url')}`;
      expect(await compare(token, publicAlgorithms, { keys: [...jwks.keys, jwkOf(weak)] })).toEqual(both(false));
    }
  });

  it('by the public key as an HMAC secret is refused by both', async () => {
    for (const key of new Set(Object.values(privateKeys))) {
      const publicKey = createPublicKey(key);
      const forms = [
        publicKey.export({ type: 'spki', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(publicKey.export({ format: 'jwk' })),
      ];
      for (const form of forms) {
        const input = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
        const token = `${input}.${createHmac('sha256', form).update(input).digest('base64url')}`;
        expect(await compare(token)).toEqual(both(false));
        expect(await accepts(token, { key: publicKey.export({ type: 'spki', format: 'pem' }) as string })).toBe(false);
      }
    }
  });
});

describe('A key of a set', () => {
  const alg = 'ES256';
  const key = privateKeys[alg] as KeyObject;
  const other = curve('P-256');

  it.each<[what: string, member: object, header: object]>([
    ['no kid in both', {}, {}],
    ['the kid of the token', { kid: 'a' }, { kid: 'a' }],
    ['a kid that the token does not name', { kid: 'a' }, {}],
    ['no kid, and the token has one', {}, { kid: 'a' }],
    ['another kid', { kid: 'b' }, { kid: 'a' }],
    ['a kid that is a number', { kid: 1 }, { kid: 1 }],
    ['a kid in other case', { kid: 'A' }, { kid: 'a' }],
    ['use: sig', { use: 'sig' }, {}],
    ['use: enc', { use: 'enc' }, {}],
    ['key_ops with verify', { key_ops: ['verify'] }, {}],
    ['key_ops without verify', { key_ops: ['encrypt'] }, {}],
    ['key_ops that are not a list', { key_ops: 'verify' }, {}],
    ['the same alg', { alg: 'ES256' }, {}],
    ['another alg', { alg: 'ES384' }, {}],
    ['an alg of encryption', { alg: 'ECDH-ES' }, {}],
    ['another crv', { crv: 'P-384' }, {}],
    ['an unknown kty', { kty: 'XX' }, {}],
    ['a point that is not on the curve', { x: encode(Buffer.alloc(32, 1)) }, {}],
    ['no x', { x: undefined }, {}],
  ])('gives the same result in both with %s', async (_what, member, header) => {
    const set = { keys: [jwkOf(other, { kid: 'other' }), jwkOf(key, member)] };
    const { ours, jose } = await compare(tokenOf(alg, { alg, ...header }), publicAlgorithms, set);
    expect(ours).toBe(jose);
  });

  it('verifies a token in both, also behind keys that do not fit or cannot be read', async () => {
    const invalid = [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, { kty: 'EC' }, { kty: 'AKP' }, { kty: 'RSA' }];
    for (const kid of [undefined, 'same']) {
      const keys = [...invalid.map((one) => ({ ...one, kid })), jwkOf(other, { kid }), jwkOf(key, { kid })];
      expect(await compare(tokenOf(alg, { alg, kid }), publicAlgorithms, { keys })).toEqual(both(true));
      expect(await compare(tokenOf(alg, { alg, kid }), publicAlgorithms, { keys: keys.slice(0, -1) })).toEqual(
        both(false),
      );
    }
  });
});

describe('A signed token', () => {
  const json = (text: string) => Buffer.from(text);
  const signed = (header: unknown, payload: unknown = claims) => compare(tokenOf('EdDSA', header, payload));

  it.each([
    ['[]'],
    ['null'],
    ['5'],
    ['"EdDSA"'],
    [''],
    ['{}'],
    ['{"alg":5}'],
    ['{"alg":["EdDSA"]}'],
    ['{"alg":"EdDSA"'],
    ['{"alg":"EdDSA"}}'],
    ['{"alg":"EdDSA"} '],
    ['\ufeff{"alg":"EdDSA"}'],
    ['{"alg":"none","alg":"EdDSA"}'],
    ['{"alg":"EdDSA","alg":"none"}'],
    ['{"__proto__":{"alg":"EdDSA"}}'],
    ['{"alg":"EdDSA","__proto__":{"crit":["x"]}}'],
    ['{"alg":"EdDSA","b64":false}'],
    ['{"alg":"EdDSA","b64":true}'],
    ['{"alg":"EdDSA","crit":["b64"],"b64":false}'],
    ['{"alg":"EdDSA","crit":["b64"]}'],
    ['{"alg":"EdDSA","crit":["exp"],"exp":5}'],
    ['{"alg":"EdDSA","crit":[]}'],
    ['{"alg":"EdDSA","crit":null}'],
    ['{"alg":"EdDSA","crit":"b64"}'],
    ['{"alg":"EdDSA","kid":null}'],
    ['{"alg":"EdDSA","kid":["key4"]}'],
    ['{"alg":"EdDSA","kid":""}'],
    ['{"alg":"EdDSA","zip":"DEF"}'],
    ['{"alg":"EdDSA","enc":"A256GCM"}'],
  ])('gives the same result in both with the header %s', async (header) => {
    const { ours, jose } = await signed(json(header));
    expect(ours).toBe(jose);
  });

  it.each([
    ['[]'],
    ['null'],
    [''],
    ['{}'],
    [`\ufeff${JSON.stringify(claims)}`],
    [`${JSON.stringify(claims)} x`],
    [JSON.stringify(claims).replace('{', '{"exp":1,')],
    [JSON.stringify(claims).replace('}', ',"exp":1}')],
    [`{"__proto__":${JSON.stringify(claims)}}`],
  ])('gives the same result in both with the payload %s', async (payload) => {
    const { ours, jose } = await signed({ alg: 'EdDSA' }, json(payload));
    expect(ours).toBe(jose);
  });

  it('is refused by both if its header or its payload is not UTF-8', async () => {
    const broken = (value: object) => Buffer.from(JSON.stringify({ ...value, x: '\xff' }), 'latin1');
    expect(await signed(broken({ alg: 'EdDSA' }))).toEqual(both(false));
    expect(await signed({ alg: 'EdDSA' }, broken(claims))).toEqual(both(false));
  });

  it.each<[claim: string, values: unknown[]]>([
    ['iss', [issuer, `${issuer}/`, [issuer], null, 5, undefined]],
    ['aud', [audience, [audience], ['a', audience], [[audience]], { 0: audience }, [], '', null, 5, undefined]],
    ['exp', [now + 60, now - 4, now - 6, 0, -1, Infinity, String(now + 60), null, [now + 60], undefined]],
    ['nbf', [now - 60, now + 4, now + 60, '0', null, [], undefined]],
    ['iat', [now, now + 9999, 'now', null, {}, undefined]],
  ])('gives the same result in both for any %s', async (claim, values) => {
    for (const value of values) {
      const text = JSON.stringify({ ...claims, [claim]: value === Infinity ? 'big' : value }).replace('"big"', '1e999');
      const { ours, jose } = await signed({ alg: 'EdDSA' }, json(text));
      expect([claim, value, ours]).toEqual([claim, value, jose]);
    }
  });

  it.each<[rule: string, header: object, payload: object]>([
    ['a critical extension that jose knows', { crit: ['b64'], b64: true }, {}],
    ['a type of another kind of token', { typ: 'logout+jwt' }, {}],
    ['a type that is not a string', { typ: ['JWT'] }, {}],
    ['a binding to a key', {}, { cnf: { jkt: 'x' } }],
    ['a sub that is not a string', {}, { sub: 5 }],
  ])('is refused only by jwt() with %s', async (_rule, header, payload) => {
    expect(await signed({ alg: 'EdDSA', ...header }, { ...claims, ...payload })).toEqual({ ours: false, jose: true });
  });
});

/** Returns `true` if a token breaks a rule that only jwt() has. */
function isStricter(token: string): boolean {
  const parts = token.split('.');
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part)) return true;
  const [header, payload] = parts.map((part) => Buffer.from(part, 'base64url').toString());
  const { crit, typ } = JSON.parse(header as string) as Record<string, unknown>;
  const { cnf, sub, client_id: client, jti } = JSON.parse(payload as string) as Record<string, unknown>;
  const isType = typ === undefined || (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ));
  const areStrings = [sub, client, jti].every((one) => one === undefined || typeof one === 'string');
  return crit !== undefined || cnf !== undefined || !isType || !areStrings;
}

describe('Any token', () => {
  const kinds = fc.constantFrom('RS256', 'PS256', 'ES256', 'EdDSA', 'HS256');

  async function check(alg: string, token: string): Promise<void> {
    const { ours, jose } = await compare(token, hmacs.includes(alg) ? hmacs : publicAlgorithms);
    expect(ours && !jose).toBe(false);
    expect(jose && !ours && !isStricter(token)).toBe(false);
  }

  it('is not accepted by only one of both after a change of its text, except for the rules above', async () => {
    const valid = Object.fromEntries(['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'].map((alg) => [alg, tokenOf(alg)]));
    const text = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_.=+/ -]{0,3}$/),
      fc.string({ maxLength: 3 }),
      fc.constantFrom('.', '..', '=', '\n', '\u00e4'),
    );
    await fc.assert(
      fc.asyncProperty(kinds, fc.nat(), fc.nat({ max: 3 }), text, async (alg, position, removed, inserted) => {
        const token = valid[alg] as string;
        const index = position % (token.length + 1);
        await check(alg, token.slice(0, index) + inserted + token.slice(index + removed));
      }),
      { numRuns: 400 },
    );
  });

  it('is not accepted by only one of both with any signed header and claims, except for the rules above', async () => {
    const header = fc.record(
      {
        alg: fc.oneof({ weight: 9, arbitrary: kinds }, { weight: 1, arbitrary: fc.jsonValue() }),
        kid: fc.oneof(fc.constantFrom('key0', 'key1', 'key4', 'x'), fc.jsonValue()),
        typ: fc.oneof(fc.constantFrom('JWT', 'at+jwt', 'application/jwt', 'x'), fc.jsonValue()),
        crit: fc.oneof(fc.constantFrom(['b64'], ['exp'], []), fc.jsonValue()),
        b64: fc.oneof(fc.boolean(), fc.jsonValue()),
        jwk: fc.constant(jwkOf(ed25519)),
      },
      { requiredKeys: ['alg'] },
    );
    const time = fc.oneof(fc.integer({ min: now - 60, max: now + 60 }), fc.constant(now + 3600), fc.jsonValue());
    const payload = fc.record(
      {
        iss: fc.oneof({ weight: 9, arbitrary: fc.constant(issuer) }, { weight: 1, arbitrary: fc.jsonValue() }),
        aud: fc.oneof(fc.constantFrom(audience, [audience], ['x', audience]), fc.jsonValue()),
        exp: fc.oneof({ weight: 5, arbitrary: fc.constant(now + 3600) }, { weight: 1, arbitrary: time }),
        nbf: time,
        iat: time,
        sub: fc.jsonValue(),
        cnf: fc.jsonValue(),
      },
      { requiredKeys: ['iss', 'aud', 'exp'] },
    );
    const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
    await fc.assert(
      fc.asyncProperty(kinds, header, payload, mostly, async (alg, members, body, honest) => {
        await check(alg, tokenOf(alg, honest ? { ...members, alg } : members, body));
      }),
      { numRuns: 400 },
    );
  });
});
