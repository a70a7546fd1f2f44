import { errors, type JSONWebKeySet, jwtVerify, type JWTVerifyOptions, type JWTVerifyResult } from 'jose';
import { LRUCache } from 'lru-cache';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import type { Failure } from '../../schemes/failure.js';
import { fetchJson, TIMEOUT } from '../endpoint.js';
import { frozen } from '../frozen.js';
import type { JwtClaims } from './claims.js';
import { FAILURES, failureOf } from './failures.js';
import {
  allowedAlgorithms,
  issuerProblem,
  issuersProblem,
  type JwtIssuer,
  publicKeyOf,
  secretOf,
} from './jwt.options.js';
import { type Keys, publicKey, secretKey, setOfKeys } from './keys.js';
import { discoverKeys } from './metadata.js';
import { RemoteKeys, type RemoteKeysOptions } from './remote.keys.js';

/** The claims that an access token must have (RFC 9068 section 2.2). */
const PROFILE = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Those of them that are texts (same section). */
const TEXTS = ['sub', 'client_id', 'jti'];

/** What a token may say that it is, beside nothing: other kinds have other rules (RFC 8725 section 3.12). */
const TYPES = /^(?:application\/)?(?:jwt|at\+jwt)$/i;

/** An issuer, with its keys and what its tokens must be. */
export class TrustedIssuer {
  /** Its identifier, as tokens name it. */
  readonly name: string;
  private readonly options: JWTVerifyOptions;
  private readonly profiled: boolean;

  constructor(
    entry: JwtIssuer,
    readonly keys: Keys,
    clockTolerance: number,
  ) {
    const { issuer, audience, profile } = entry;
    this.name = issuer;
    this.profiled = profile !== undefined;
    this.options = {
      issuer,
      algorithms: [...allowedAlgorithms(entry)],
      clockTolerance,
      requiredClaims: this.profiled ? PROFILE : ['exp'],
      ...(audience !== null && { audience: typeof audience === 'string' ? audience : [...audience] }),
      ...(profile !== undefined && { typ: profile }),
    };
  }

  /**
   * The claims of a token, or why it is refused.
   *
   * @throws VerifierUnavailableException where the keys cannot be fetched
   */
  async verify(token: string): Promise<JwtClaims | Failure> {
    try {
      const { payload, protectedHeader } = await this.signed(token);
      const { typ } = protectedHeader;
      if (!this.profiled && typ !== undefined && !TYPES.test(typ)) return FAILURES.type;
      // Bound to a key by RFC 9449 or RFC 8705, and stolen where it comes without a proof of that (RFC 9449 section 7.2).
      if (payload['cnf'] !== undefined) return FAILURES.bound;
      return TEXTS.every((claim) => payload[claim] === undefined || typeof payload[claim] === 'string')
        ? frozen(payload as JwtClaims)
        : FAILURES.claim;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      return failure;
    }
  }

  private async signed(token: string): Promise<JWTVerifyResult> {
    try {
      return await jwtVerify(token, this.keys.find, this.options);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return this.signedByAny(token, error);
    }
  }

  /** A token that names no key, of an issuer that has several. */
  private async signedByAny(token: string, candidates: errors.JWKSMultipleMatchingKeys): Promise<JWTVerifyResult> {
    for await (const key of candidates) {
      try {
        return await jwtVerify(token, key, this.options);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** How many issuers, and sets of keys, are kept where a function says whose tokens are taken. */
const MAX = 1000;

/**
 * Makes trusted issuers of what is said of them. It knows again what it has been told before, as a function tells it with every
 * request; and those that differ in their audience alone share their keys.
 */
export class Issuers {
  private readonly known = new LRUCache<string, TrustedIssuer>({ max: MAX });
  private readonly remote = new LRUCache<string, RemoteKeys>({ max: MAX });

  constructor(
    private readonly clockTolerance: number,
    private readonly options: RemoteKeysOptions,
  ) {}

  /** @throws AuthConfigurationError where something is wrong with one of them */
  all(entries: readonly JwtIssuer[]): readonly TrustedIssuer[] {
    const problem = issuersProblem(entries);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
    return entries.map((entry) => this.one(entry));
  }

  private one(entry: JwtIssuer): TrustedIssuer {
    const text = JSON.stringify(entry);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const problem = issuerProblem(entry);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
    const issuer = new TrustedIssuer(entry, this.keysOf(entry), this.clockTolerance);
    this.known.set(text, issuer);
    return issuer;
  }

  private keysOf({ issuer, jwks, key, secret }: JwtIssuer): Keys {
    if (secret !== undefined) return secretKey(secretOf(secret));
    const pem = key === undefined ? undefined : publicKeyOf(key);
    if (pem !== undefined) return publicKey(pem);
    if (typeof jwks === 'object') return setOfKeys(jwks);
    const id = jwks === undefined ? `issuer ${issuer}` : `jwks ${jwks}`;
    let keys = this.remote.get(id);
    if (keys === undefined)
      this.remote.set(id, (keys = new RemoteKeys(fetcher(issuer, jwks, this.options), this.options)));
    return keys;
  }
}

/** Fetches the keys: where they are is asked each time, unless it was said. */
function fetcher(issuer: string, jwks: string | undefined, { timeout = TIMEOUT }: RemoteKeysOptions) {
  return async (): Promise<JSONWebKeySet> => {
    const url = jwks ?? (await discoverKeys(issuer, timeout));
    return (await fetchJson(url, {
      timeout,
      headers: { accept: 'application/jwk-set+json, application/json' },
    })) as never;
  };
}
