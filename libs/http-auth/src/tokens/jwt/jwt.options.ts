import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { HttpRequest } from '../../http/request.js';
import { algorithmsOf, PUBLIC_KEY_ALGORITHMS, SECRET_ALGORITHMS } from '../algorithms.js';
import { audienceProblem, type PrincipalOf, principalProblem } from '../claims.js';
import { endpointProblem } from '../endpoint.js';
import { type TokenCacheOptions, tokenCacheProblem } from '../token.cache.js';
import type { JwtClaims } from './claims.js';
import { type RemoteKeysOptions, remoteKeysProblem } from './remote.keys.js';

/**
 * An issuer whose tokens are taken, and what they must be. Its keys are found by its metadata (OpenID Connect Discovery, or RFC
 * 8414), unless one of `jwks`, `key` and `secret` is given.
 */
export interface JwtIssuer {
  /**
   * The issuer's identifier: that of the claim `iss`, to the letter. It is an https URL, loopback addresses excepted; with
   * `jwks`, `key` or `secret` it may be any other text as well.
   */
  readonly issuer: string;
  /**
   * What the tokens must be for: the claim `aud` has one of these. `null` takes them whoever they are for, which is only safe
   * where the issuer has no other audience, or says it by another claim that `principal` looks at.
   */
  readonly audience: string | readonly string[] | null;
  /** Where the keys are, an https URL as `issuer`; or the keys themselves (RFC 7517 section 5). */
  readonly jwks?: string | JSONWebKeySet;
  /** The issuer's only key: a public one, in PEM. */
  readonly key?: string;
  /** A secret that is shared with the issuer, for HMAC: 32 octets of chance or more; a text is its UTF-8. */
  readonly secret?: string | Uint8Array;
  /**
   * The algorithms that tokens may be signed by (RFC 7518 section 3.1). `none` is never one.
   *
   * @default all that fit the key: RS256 to RS512, PS256 to PS512, ES256 to ES512, EdDSA, Ed25519; HS256 for a `secret`
   */
  readonly algorithms?: readonly string[];
  /**
   * `at+jwt` takes nothing but access tokens of RFC 9068: with that `typ`, and the claims that its section 2.2 requires.
   *
   * @default any token whose `typ` is absent, JWT or at+jwt
   */
  readonly profile?: 'at+jwt';
}

/** What `jwt()` is told, beside the issuers. */
export interface JwtSettings<Principal = JwtClaims, Request = HttpRequest> {
  /**
   * The principal of a verified token, e.g. the user of its `sub`, or a promise of it; `null` refuses. It is asked at every
   * request, the remembered tokens' included. `admit()` and a `Failure` are as good as they are from any verifier.
   *
   * @default the claims
   */
  readonly principal?: PrincipalOf<JwtClaims, Principal, Request>;
  /**
   * Seconds by which the clocks of the issuer and of this machine may differ, 300 at the most (RFC 9068 section 4).
   *
   * @default 5
   */
  readonly clockTolerance?: number;
  /**
   * Remembers verified tokens, by a digest, until they expire or their issuer's keys change: a repeated token costs no second
   * check of its signature. `false` has every one verified.
   *
   * @default { max: 10_000 }
   */
  readonly cache?: TokenCacheOptions | false;
  /** How the keys of the issuers are kept. */
  readonly keys?: RemoteKeysOptions;
}

/** The issuers whose tokens are taken on a request. */
export type JwtIssuers<Request = HttpRequest> =
  | readonly JwtIssuer[]
  | ((request: Request) => readonly JwtIssuer[] | Promise<readonly JwtIssuer[]>);

/**
 * Options of `jwt()`: one issuer, or several as `issuers`, of which the one counts that a token names; or a function that
 * knows those of a request, e.g. by its host. Whose tokens it lets in that way is for the application to bound.
 */
export type JwtOptions<Principal = JwtClaims, Request = HttpRequest> = JwtSettings<Principal, Request> &
  (JwtIssuer | { readonly issuers: JwtIssuers<Request> });

/** Says what is wrong with the options, but for the issuers themselves; `undefined` where nothing is. */
export function optionsProblem(options: JwtOptions<unknown, never> | undefined): string | undefined {
  if (typeof options !== 'object' || options === null) return 'needs options: an issuer and an audience';
  const { principal, clockTolerance = 0, cache = {}, keys = {} } = options;
  if ('issuers' in options) {
    if ('issuer' in options) return 'issuer and issuers exclude each other';
    if (Array.isArray(options.issuers) && options.issuers.length === 0) return 'issuers must name one or more';
  }
  const wrong = principalProblem(principal);
  if (wrong !== undefined) return wrong;
  if (!(Number.isFinite(clockTolerance) && clockTolerance >= 0 && clockTolerance <= 300)) {
    return 'clockTolerance must be a number of seconds, 300 at the most (RFC 9068 section 4)';
  }
  return tokenCacheProblem(cache) ?? remoteKeysProblem(keys);
}

/** Says what is wrong with the issuers of one request, `undefined` where nothing is. */
export function issuersProblem(issuers: readonly JwtIssuer[]): string | undefined {
  if (!Array.isArray(issuers) || issuers.some((one) => typeof one !== 'object' || one === null)) {
    return 'issuers must be a list of { issuer, audience, … }, or a function of the request that returns one';
  }
  const names = issuers.map(({ issuer }) => issuer);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `issuers: ${twice} is there twice; give it a list as audience`;
}

/** Says what is wrong with an issuer, `undefined` where nothing is. */
export function issuerProblem(entry: JwtIssuer): string | undefined {
  const { issuer, audience, profile, jwks, key, secret } = entry;
  if (typeof issuer !== 'string' || issuer === '') return 'issuer must be the text of the claim iss';
  if ([jwks, key, secret].filter((one) => one !== undefined).length > 1) {
    return 'jwks, key and secret exclude each other: give the one that the issuer signs by';
  }
  const found = jwks ?? key ?? secret;
  const url = found === undefined || issuer.startsWith('http:') ? endpointProblem(issuer) : undefined;
  if (url !== undefined) return `issuer ${url}`;
  if (found === undefined && new URL(issuer).search !== '') return 'issuer must have no query (RFC 8414 section 2)';
  if (profile !== undefined && profile !== 'at+jwt') return "profile must be 'at+jwt', or absent";
  if (profile !== undefined && audience === null) {
    return 'audience must be given where profile is at+jwt, which requires it (RFC 9068 section 4)';
  }
  return audienceProblem(audience) ?? keyProblem(entry) ?? algorithmsProblem(entry);
}

function keyProblem({ jwks, key, secret }: JwtIssuer): string | undefined {
  if (typeof jwks === 'string') {
    const problem = endpointProblem(jwks);
    return problem && `jwks ${problem}`;
  }
  if (jwks !== undefined) return setProblem(jwks);
  if (key !== undefined && publicKeyOf(key) === undefined) {
    return 'key must be a public key in PEM: RSA, an elliptic curve of NIST, or Ed25519';
  }
  if (secret !== undefined && !(typeof secret === 'string' || secret instanceof Uint8Array)) {
    return 'secret must be a text or octets';
  }
  return undefined;
}

/** A set that was given must be of public keys: what is private has no business here, and a secret is no set. */
function setProblem({ keys }: JSONWebKeySet): string | undefined {
  const fine =
    Array.isArray(keys) &&
    keys.length > 0 &&
    keys.every((jwk) => typeof jwk === 'object' && jwk !== null && typeof jwk.kty === 'string' && jwk.kty !== 'oct');
  if (!fine) return 'jwks must be an https URL, or { keys: [ … ] } of public keys; a shared key is the option secret';
  return keys.some((jwk) => 'd' in jwk || 'priv' in jwk)
    ? 'jwks has a private key: leave out what is not public'
    : undefined;
}

/** The algorithms that an issuer's tokens may be signed by. */
export function allowedAlgorithms({ algorithms, key, secret }: JwtIssuer): readonly string[] {
  return algorithms ?? (secret === undefined ? fitting(key) : ['HS256']);
}

function algorithmsProblem(entry: JwtIssuer): string | undefined {
  const { secret, key } = entry;
  const algorithms = allowedAlgorithms(entry);
  if (!Array.isArray(algorithms) || algorithms.length === 0) return 'algorithms must list one or more, e.g. RS256';
  if (algorithms.some((one) => String(one).toLowerCase() === 'none')) return 'algorithms must not list none';
  if (secret === undefined) {
    const wrong = algorithms.find((one) => !fitting(key).includes(one));
    if (wrong === undefined) return undefined;
    if (Object.hasOwn(SECRET_ALGORITHMS, wrong)) {
      return `algorithms: ${wrong} is for a shared secret, which a public key is not (RFC 8725 section 2.1)`;
    }
    return `algorithms: ${wrong} is none of ${fitting(key).join(', ')}`;
  }
  const wrong = algorithms.find((one) => !Object.hasOwn(SECRET_ALGORITHMS, one));
  if (wrong !== undefined) return `algorithms: ${wrong} is not for a secret; HS256, HS384 and HS512 are`;
  const octets = Math.max(...algorithms.map((one) => SECRET_ALGORITHMS[one] ?? 0));
  return secretOf(secret).length < octets
    ? `secret must have ${octets} octets or more for ${algorithms.join(', ')} (RFC 7518 section 3.2)`
    : undefined;
}

/** What may be signed by a private key: by this one's, where it is known. */
function fitting(key: string | undefined): readonly string[] {
  const known = key === undefined ? undefined : publicKeyOf(key);
  return known === undefined ? PUBLIC_KEY_ALGORITHMS : algorithmsOf(known);
}

/** A public key of its PEM; `undefined` where it is none, or one that no algorithm is for. */
export function publicKeyOf(pem: string): KeyObject | undefined {
  if (!/^\s*-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/.test(pem)) return undefined;
  try {
    const key = createPublicKey(pem);
    return algorithmsOf(key).length > 0 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A secret as octets. */
export function secretOf(secret: string | Uint8Array): Uint8Array {
  return typeof secret === 'string' ? Buffer.from(secret) : secret;
}
