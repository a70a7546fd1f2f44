import type { Failure } from '../../schemes/failure.js';
import { isForAudience } from '../audience.js';
import { FAILURES } from './failures.js';

/** The requirements for the tokens of an issuer. */
export interface Requirements {
  /** The audiences, one of which a token must have; `null` if its audience does not matter. */
  readonly audience: readonly string[] | null;
  /** If `true`, a token must follow RFC 9068. */
  readonly profiled: boolean;
  /** Milliseconds by which the clocks of the issuer and of this machine may differ. */
  readonly clockTolerance: number;
}

/** RFC 9068 section 2.2: the claims that an access token must have. */
const PROFILE = ['exp', 'sub', 'client_id', 'iat', 'jti'];

/** RFC 9068 section 2.2: the claims that are strings. */
const STRINGS = ['sub', 'client_id', 'jti'];

/** RFC 8725 section 3.12: other types of token have other rules. */
const TYPES = /^(?:application\/)?(?:jwt|at\+jwt)$/i;

/** RFC 9068 section 4. */
const PROFILED_TYPES = /^(?:application\/)?at\+jwt$/i;

/**
 * Checks the type and the claims of a token. The caller has checked `iss`.
 *
 * @param now seconds since 1970
 * @returns the failure, or `undefined` if the token is valid
 */
export function claimsFailure(
  typ: unknown,
  claims: Readonly<Record<string, unknown>>,
  { audience, profiled, clockTolerance }: Requirements,
  now = Math.floor(Date.now() / 1000),
): Failure | undefined {
  const { exp, nbf, iat, aud, cnf } = claims;
  const tolerance = clockTolerance / 1000;
  if (!isOfType(typ, profiled)) return FAILURES.type;
  if (audience !== null && !isForAudience(aud, audience)) return FAILURES.audience;
  if (profiled && !PROFILE.every((claim) => Object.hasOwn(claims, claim))) return FAILURES.claim;
  if (!STRINGS.every((claim) => isOptional(claims[claim], 'string'))) return FAILURES.claim;
  if (typeof exp !== 'number' || !isOptional(nbf, 'number') || !isOptional(iat, 'number')) return FAILURES.claim;
  if ((nbf as number) > now + tolerance) return FAILURES.early;
  if (exp <= now - tolerance) return FAILURES.expired;
  // RFC 9449 section 7.2: a token that is bound to a key, and comes without a proof of that key, may be stolen. RFC 8705 binds
  // tokens to certificates by the same claim.
  return cnf === undefined ? undefined : FAILURES.bound;
}

function isOfType(typ: unknown, profiled: boolean): boolean {
  if (typ === undefined) return !profiled;
  return typeof typ === 'string' && (profiled ? PROFILED_TYPES : TYPES).test(typ);
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}
