import { admit, type Admission } from '../../schemes/admission.js';
import { confirmationOf } from '../../schemes/confirmation.js';
import type { Failure } from '../../schemes/failure.js';
import { isForAudience } from '../audience.js';
import { frozen } from '../frozen.js';
import { infoOf } from '../principal.js';
import { foreign, REFUSALS } from '../refusals.js';

/**
 * The answer of the authorization server about an active token (RFC 7662 section 2.2). It is frozen, because requests share it.
 */
export interface IntrospectionClaims {
  /** The token is active. */
  readonly active: true;
  /** The scopes of the token, separated by spaces. */
  readonly scope?: string;
  /** The client that the token was issued to. */
  readonly client_id?: string;
  /** The name of the person who authorized the token, for people to read. */
  readonly username?: string;
  /** The type of the token, `Bearer` or `DPoP`. */
  readonly token_type?: string;
  /** The time when the token expires, in seconds since 1970. */
  readonly exp?: number;
  /** The time when the token was issued, in seconds since 1970. */
  readonly iat?: number;
  /** The time before which the token is not valid, in seconds since 1970. */
  readonly nbf?: number;
  /** The subject: a person, or the client itself. */
  readonly sub?: string;
  /** The audience of the token. */
  readonly aud?: string | readonly string[];
  /** The issuer of the token. */
  readonly iss?: string;
  /** The identifier of the token. */
  readonly jti?: string;
  /** How the holder of the token authenticated (RFC 9470 section 6.2). */
  readonly acr?: string;
  /** When the holder of the token authenticated, in seconds since 1970 (same section). */
  readonly auth_time?: number;
  /** Any other member of the answer. */
  readonly [claim: string]: unknown;
}

/** The requirements for a token. */
export interface Requirements {
  /** The issuer of the token; `undefined` if it does not matter. */
  readonly issuer: string | undefined;
  /** The audiences, one of which the token must have; `undefined` if its audience does not matter. */
  readonly audience: readonly string[] | undefined;
  /** Milliseconds by which the clocks of the two servers may differ. */
  readonly clockTolerance: number;
}

const FAILURES = { ...REFUSALS, inactive: foreign('The token is not active') } as const;

/**
 * Checks the answer of an introspection endpoint. A token is active only if the answer has `active: true`.
 *
 * @param now seconds since 1970
 * @throws Error if the answer is invalid
 */
export function readIntrospection(
  answer: Record<string, unknown>,
  { issuer, audience, clockTolerance }: Requirements,
  now: number,
): Admission<IntrospectionClaims> | Failure {
  if (answer['active'] !== true) return FAILURES.inactive;
  const { cnf, token_type: type, iss, aud } = answer;
  const [exp, nbf] = [timeOf(answer, 'exp'), timeOf(answer, 'nbf')];
  const tolerance = clockTolerance / 1000;
  if (isGiven(type) && !isOfType(type, cnf)) return FAILURES.type;
  if (issuer !== undefined && iss !== issuer) return FAILURES.issuer;
  if (audience !== undefined && !isForAudience(aud, audience)) return FAILURES.audience;
  if (exp !== undefined && exp + tolerance <= now) return FAILURES.expired;
  if (nbf !== undefined && nbf - tolerance > now) return FAILURES.early;
  const claims = frozen(answer) as IntrospectionClaims;
  const { scope } = claims;
  const facts = isGiven(cnf) ? claims : { ...claims, cnf: undefined };
  return admit(claims, infoOf(facts, typeof scope === 'string' ? scope.split(' ') : [], clockTolerance));
}

/** RFC 9449 section 6.2: the type is `DPoP` if the token is bound to a key of DPoP. All other tokens are of the type `Bearer`. */
function isOfType(type: unknown, cnf: unknown): boolean {
  const isDpop = confirmationOf(cnf).jkt !== undefined;
  return typeof type === 'string' && type.toLowerCase() === (isDpop ? 'dpop' : 'bearer');
}

/** Some servers send `null` for a member that has no value. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Returns a time of the answer. Without the error, an `exp` that is a string would count as no expiry at all. */
function timeOf(answer: Record<string, unknown>, name: 'exp' | 'nbf'): number | undefined {
  const value = answer[name];
  if (typeof value === 'number') return value;
  if (isGiven(value)) throw new Error(`The introspection endpoint returned an invalid ${name}; it must be a number`);
  return undefined;
}
