import { admit, type Admission } from '../../schemes/admission.js';
import type { Failure } from '../../schemes/failure.js';
import { infoOf } from '../claims.js';
import { frozen } from '../frozen.js';
import { refusal, REFUSALS } from '../refusals.js';

/** What the authorization server says of an active token (RFC 7662 section 2.2). It cannot be changed, as requests share it. */
export interface IntrospectionClaims {
  /** That it is active. */
  readonly active: true;
  /** Its scopes, with blanks between. */
  readonly scope?: string;
  /** The client that it was issued to. */
  readonly client_id?: string;
  /** The person who authorized it, in a form to read. */
  readonly username?: string;
  /** Its type, `Bearer`. */
  readonly token_type?: string;
  /** When it expires, in seconds since 1970. */
  readonly exp?: number;
  /** When it was issued, in seconds since 1970. */
  readonly iat?: number;
  /** Before when it is not to be used, in seconds since 1970. */
  readonly nbf?: number;
  /** Whom it stands for. */
  readonly sub?: string;
  /** Whom it is for. */
  readonly aud?: string | readonly string[];
  /** Who issued it. */
  readonly iss?: string;
  /** Its identifier. */
  readonly jti?: string;
  /** How its holder was authenticated (RFC 9470 section 6.2). */
  readonly acr?: string;
  /** When its holder was authenticated, in seconds since 1970 (same section). */
  readonly auth_time?: number;
  /** Whatever else the server says. */
  readonly [claim: string]: unknown;
}

/** What a token must be to be taken. */
export interface Expected {
  /** Who must have issued it; absent: whoever did. */
  readonly issuer: string | undefined;
  /** Whom it must be for, any one of them; absent: whomever. */
  readonly audience: readonly string[] | undefined;
  /** Seconds that the clocks may differ. */
  readonly clockTolerance: number;
}

const FAILURES = { ...REFUSALS, inactive: refusal('The token is not active') } as const;

/**
 * Holds the answer of an introspection endpoint to what is expected. Only `active: true` is a yes.
 *
 * @param now seconds since 1970
 * @throws Error where the server says what cannot be meant
 */
export function readIntrospection(
  answer: Record<string, unknown>,
  { issuer, audience, clockTolerance }: Expected,
  now: number,
): Admission<IntrospectionClaims> | Failure {
  if (answer['active'] !== true) return FAILURES.inactive;
  const { cnf, token_type: type, iss, aud } = answer;
  const [exp, nbf] = [time(answer, 'exp'), time(answer, 'nbf')];
  // RFC 7800 section 3.1: whoever presents it must prove that they have the key, which Bearer does not.
  if (isGiven(cnf)) return FAILURES.bound;
  if (isGiven(type) && !(typeof type === 'string' && type.toLowerCase() === 'bearer')) {
    return FAILURES.type;
  }
  if (issuer !== undefined && iss !== issuer) return FAILURES.issuer;
  if (audience !== undefined && ![aud].flat().some((one) => audience.includes(one as string))) {
    return FAILURES.audience;
  }
  if (exp !== undefined && exp + clockTolerance <= now) return FAILURES.expired;
  if (nbf !== undefined && nbf - clockTolerance > now) return FAILURES.early;
  const claims = frozen(answer) as IntrospectionClaims;
  const { scope } = claims;
  return admit(claims, infoOf(claims, typeof scope === 'string' ? scope.split(' ') : []));
}

/** Some servers write what they do not say as `null`. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What cannot be compared with a clock must not pass for what need not be. */
function time(answer: Record<string, unknown>, name: 'exp' | 'nbf'): number | undefined {
  const value = answer[name];
  if (typeof value === 'number') return value;
  if (isGiven(value)) throw new Error(`The introspection endpoint answered an ${name} that is no number`);
  return undefined;
}
