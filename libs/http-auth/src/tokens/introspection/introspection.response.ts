import { admit, type Admission, type AdmissionInfo } from '../../schemes/admission.js';
import { Failure } from '../../schemes/failure.js';
import { frozen } from '../frozen.js';

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

/** Why a token is refused, in the words of RFC 6750 section 3. It says nothing of what is in the token. */
function refusal(description: string): Failure {
  return new Failure('invalid', 'Bearer', 401, { params: { error_description: description } });
}

const FAILURES = {
  inactive: refusal('The token is not active'),
  bound: refusal('The token is bound to a key, and cannot be used as a bearer token'),
  type: refusal('The token is of another type'),
  issuer: refusal('The issuer of the token is not trusted'),
  audience: refusal('The token is not for this audience'),
  expired: refusal('The token has expired'),
  early: refusal('The token is not valid yet'),
} as const;

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
  return admit(claims, frozen(infoOf(claims)));
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

function infoOf({ scope, acr, auth_time: authTime }: IntrospectionClaims): AdmissionInfo {
  return {
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    ...(typeof acr === 'string' && { acr }),
    ...(typeof authTime === 'number' && { authTime }),
  };
}
