import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { THUMBPRINT_MEMBERS, thumbprintOf } from '../../jose/thumbprint.js';

/** The public key of a proof, with exactly the members of its type. Its spelling is canonical, so a key has one thumbprint. */
export type PublicJwk = Readonly<Record<string, string>>;

/** The members of private and symmetric keys (RFC 7518 section 6). Node would import the public part without an error. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** The type of the key for each algorithm: its curve, or RSA. */
const KEY_OF: Readonly<Record<string, readonly [kty: string, crv?: string]>> = {
  ES256: ['EC', 'P-256'],
  ES384: ['EC', 'P-384'],
  ES512: ['EC', 'P-521'],
  EdDSA: ['OKP', 'Ed25519'],
  Ed25519: ['OKP', 'Ed25519'],
  RS256: ['RSA'],
  RS384: ['RSA'],
  RS512: ['RSA'],
  PS256: ['RSA'],
  PS384: ['RSA'],
  PS512: ['RSA'],
};

/** The bytes of a coordinate for each curve (RFC 7518 section 6.2.1.2, RFC 8032 section 5.1.5). */
const COORDINATE: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66, Ed25519: 32 };

/** The only RSA exponent that clients use. A proof with a long exponent would take up to 60 times as long to verify. */
const EXPONENT = 'AQAB';

/** The lengths of the RSA modulus in bits: the minimum of RFC 7518 section 3.3, and a bound for the work. */
const MODULUS = { min: 2048, max: 4096 };

/**
 * Reads the key in the header of a proof. It checks its form only, which is cheap.
 *
 * @param alg an asymmetric algorithm
 * @returns `undefined` if it is not a public key, or a key that does not fit the algorithm
 */
export function publicJwkOf(value: unknown, alg: string): PublicJwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (PRIVATE.some((member) => Object.hasOwn(value, member))) return undefined;
  const jwk = value as Readonly<Record<string, unknown>>;
  const [kty, crv] = KEY_OF[alg] ?? [];
  if (kty === undefined || jwk['kty'] !== kty || (crv !== undefined && jwk['crv'] !== crv)) return undefined;
  const names = THUMBPRINT_MEMBERS[kty] ?? [];
  const members = names.map((name) => [name, jwk[name]] as const);
  if (!members.every(([, member]) => typeof member === 'string')) return undefined;
  const key = Object.fromEntries(members) as PublicJwk;
  return (kty === 'RSA' ? isRsa(key) : isOnCurve(key)) ? key : undefined;
}

function isOnCurve({ crv = '', x = '', y }: PublicJwk): boolean {
  return [x, y ?? x].every((coordinate) => bytesOf(coordinate)?.length === COORDINATE[crv]);
}

function isRsa({ e, n = '' }: PublicJwk): boolean {
  if (e !== EXPONENT || n.length > MODULUS.max) return false;
  const bytes = bytesOf(n);
  const first = bytes?.[0] ?? 0;
  if (bytes === undefined || first === 0) return false;
  const bits = bytes.length * 8 - (Math.clz32(first) - 24);
  return bits >= MODULUS.min && bits <= MODULUS.max;
}

/** Decodes base64url; `undefined` if the string is not the canonical one (RFC 4648 section 3.5). */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** The number of imported keys that are kept. An import takes longer than the rest of a check without the signature. */
const MAX_KEYS = 5000;

/** Imports the keys of proofs. Only holders of valid tokens get a key in here. */
export class ProofKeys {
  private readonly keys = new LRUCache<string, KeyObject>({ max: MAX_KEYS });

  /** Returns the key. Returns `undefined` if it cannot be imported, e.g. because its point is not on the curve. */
  find(jwk: PublicJwk, thumbprint = thumbprintOf(jwk)): KeyObject | undefined {
    let key = this.keys.get(thumbprint);
    if (key === undefined) {
      try {
        key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
      } catch {
        return undefined;
      }
      this.keys.set(thumbprint, key);
    }
    return key;
  }
}
