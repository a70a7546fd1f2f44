import type { Failure } from '../../schemes/failure.js';
import { isForAudience } from '../audience.js';
import { FAILURES } from './failures.js';
import { ACCESS_TOKEN, isIdToken } from './id.token.js';
import type { JwtIssuer } from './jwt.options.js';
import { hasRequiredClaims, isOfClient } from './required.claims.js';

/** The requirements for the tokens of an issuer. */
export interface Requirements {
  /** The audiences, one of which a token must have; `null` if its audience does not matter. */
  readonly audience: readonly string[] | null;
  /** The profile that a token must follow. */
  readonly profile: JwtIssuer['profile'];
  /** The option `clients`, as a list. */
  readonly clients: readonly string[] | true | undefined;
  /** The option `require`. */
  readonly require: JwtIssuer['require'];
  /** Milliseconds by which the clocks of the issuer and of this machine may differ. */
  readonly clockTolerance: number;
}

/** The claims that a token of a profile must have: RFC 9068 section 2.2, and OpenID Connect Core section 2. */
const PROFILES = { 'at+jwt': ['exp', 'sub', 'client_id', 'iat', 'jti'], id_token: ['exp', 'sub', 'iat'] } as const;

/** RFC 9068 section 2.2: the claims that are strings. */
const STRINGS = ['sub', 'client_id', 'jti'];

/** The member of `events` that makes a JWT a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4). */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** RFC 8725 section 3.12: other types of token have other rules. */
const TYPES = /^(?:application\/)?(?:jwt|at\+jwt)$/i;

/**
 * Checks the type and the claims of a token. The caller has checked `iss`.
 *
 * @param now seconds since 1970
 * @returns the failure, or `undefined` if the token is valid
 */
export function claimsFailure(
  typ: unknown,
  claims: Readonly<Record<string, unknown>>,
  { audience, profile, clients, require, clockTolerance }: Requirements,
  now = Math.floor(Date.now() / 1000),
): Failure | undefined {
  const { exp, nbf, iat, aud } = claims;
  const tolerance = clockTolerance / 1000;
  if (!isOfType(typ, profile) || isLogoutToken(claims)) return FAILURES.type;
  if (profile !== 'id_token' && isIdToken(typ, claims)) return FAILURES.idToken;
  if (audience !== null && !isForAudience(aud, audience)) return FAILURES.audience;
  if (profile !== undefined && !PROFILES[profile].every((claim) => Object.hasOwn(claims, claim))) return FAILURES.claim;
  if (!STRINGS.every((claim) => isOptional(claims[claim], 'string'))) return FAILURES.claim;
  if (typeof exp !== 'number' || !isOptional(nbf, 'number') || !isOptional(iat, 'number')) return FAILURES.claim;
  if (!isOfClient(claims, clients)) return FAILURES.client;
  if (!hasRequiredClaims(claims, require)) return FAILURES.claim;
  if ((nbf as number) > now + tolerance) return FAILURES.early;
  return exp <= now - tolerance ? FAILURES.expired : undefined;
}

/**
 * Returns `true` for a logout token, which proves nothing about its sender. Older issuers give it the type of an ID token (OpenID Connect
 * Back-Channel Logout 1.0 section 2.4).
 */
function isLogoutToken({ events }: Readonly<Record<string, unknown>>): boolean {
  return typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT);
}

function isOfType(typ: unknown, profile: Requirements['profile']): boolean {
  if (typ === undefined) return profile !== 'at+jwt';
  if (typeof typ !== 'string') return false;
  // An ID token has no type of its own, and a token that says it is an access token is not an ID token.
  if (profile === 'id_token') return TYPES.test(typ) && !ACCESS_TOKEN.test(typ);
  return (profile === 'at+jwt' ? ACCESS_TOKEN : TYPES).test(typ);
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}
