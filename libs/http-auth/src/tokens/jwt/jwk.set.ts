import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmsOf } from '../../jose/algorithms.js';
import { issuerOf } from './issuer.template.js';
import type { JwsHeader } from './jws.js';
import type { TokenIssuer } from './keys.js';

/** A public key as JSON (RFC 7517 section 4). */
export interface Jwk {
  /** The type of the key: `RSA`, `EC` or `OKP`. */
  readonly kty?: string | undefined;
  /** The identifier of the key. */
  readonly kid?: string | undefined;
  /** Any other member. */
  readonly [member: string]: unknown;
}

/** A set of public keys (RFC 7517 section 5). */
export interface JwkSet {
  /** The keys. */
  readonly keys: readonly Jwk[];
}

/** A key that can verify signatures. */
interface Entry {
  readonly kid: string | undefined;
  /** The issuer that the key is for, in a set that the tenants of Entra ID share. */
  readonly issuer: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
}

/**
 * A set of public keys. It ignores each key that cannot verify a signature, because one invalid key must not make the others
 * useless (RFC 7517 section 5).
 */
export class KeySet {
  /** Messages about the keys that the set ignores. */
  readonly problems: readonly string[];
  private readonly entries: readonly Entry[];

  constructor({ keys }: JwkSet) {
    const results = keys.filter(isForSignatures).map(importKey);
    this.entries = results.filter((result) => typeof result !== 'string');
    this.problems = results.filter((result) => typeof result === 'string');
  }

  /** The number of keys that can verify a signature. */
  get size(): number {
    return this.entries.length;
  }

  /**
   * Returns the keys that may have signed a token. If the header has no `kid`, these are all keys for its algorithm.
   *
   * @param token the issuer of the token, if the issuers share the set. A key that names an issuer then counts only for it
   *   (Microsoft, "Access tokens in the Microsoft identity platform", "Validate the issuer").
   */
  find({ alg, kid }: JwsHeader, token?: TokenIssuer): readonly KeyObject[] {
    return this.entries
      .filter((entry) => entry.algorithms.includes(alg) && (kid === undefined || kid === entry.kid))
      .filter(({ issuer }) => !token || issuer === undefined || issuerOf(issuer, { ...token }) === token.iss)
      .map(({ key }) => key);
  }
}

/** Checks `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3). */
function isForSignatures(jwk: unknown): boolean {
  if (!isObject(jwk)) return true;
  const { use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** Imports a key. Returns an error message if that is not possible. */
function importKey(jwk: unknown): Entry | string {
  if (!isObject(jwk)) return 'A key of the issuer is ignored, because it is not an object';
  const { alg, kty } = jwk;
  const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined;
  const ignored = (reason: string) =>
    `${kid === undefined ? 'A key without kid' : `The key ${JSON.stringify(kid)}`} of the issuer is ignored, because ${reason}`;
  if (kty === 'oct' || 'd' in jwk || 'priv' in jwk) return ignored('it is secret, and must not be in a public set');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return ignored('it cannot be read, or its type is not supported');
  }
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) return ignored('it is too weak (RSA below 2048 bits), or its type is not supported');
  const issuer = typeof jwk['issuer'] === 'string' ? jwk['issuer'] : undefined;
  return { kid, issuer, key, algorithms: alg === undefined ? algorithms : algorithms.filter((one) => one === alg) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
