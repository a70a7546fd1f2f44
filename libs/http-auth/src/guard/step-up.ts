import type { AuthParams } from '../http/auth-param.js';
import type { Success } from '../schemes/outcome.js';

/** How the holder of credentials must have been authenticated (RFC 9470 section 3). At least one of the two. */
export interface StepUpOptions {
  /** The authentication context classes that will do, the preferred one first. */
  readonly acrValues?: readonly string[];
  /**
   * Seconds that the authentication may lie back, at the most. A few minutes, as the client must send its user there and back;
   * 0 asks for this very second, which hardly anybody meets.
   */
  readonly maxAge?: number;
}

/** The characters of RFC 6750 section 3, which RFC 9470 keeps to. */
const ACR = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Says what is wrong with what a route asks for; `undefined` where nothing is. */
export function stepUpProblem({ acrValues, maxAge }: StepUpOptions): string | undefined {
  if (acrValues === undefined && maxAge === undefined) return 'step-up: give acrValues, maxAge or both to @StepUp()';
  if (acrValues !== undefined) {
    const texts =
      Array.isArray(acrValues) &&
      acrValues.length > 0 &&
      acrValues.every((one) => typeof one === 'string' && ACR.test(one));
    if (!texts)
      return 'step-up: acrValues must list texts of printable ASCII without blanks, " and \\ (RFC 9470 section 3)';
  }
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 0)) {
    return 'step-up: maxAge must be a whole number of seconds, 0 or more (RFC 9470 section 3)';
  }
  return undefined;
}

/** What the challenge says of it. */
export function stepUpParams({ acrValues, maxAge }: StepUpOptions): AuthParams {
  return {
    error: 'insufficient_user_authentication',
    ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  };
}

/** Whether an authentication will do. What is not known of it will not. */
export function isSteppedUp({ acrValues, maxAge }: StepUpOptions, success: Success): boolean {
  const { acr, authTime } = authenticationOf(success);
  if (acrValues !== undefined && !(typeof acr === 'string' && acrValues.includes(acr))) return false;
  return maxAge === undefined || (typeof authTime === 'number' && isRecent(authTime, maxAge));
}

/** Seconds that another clock may be ahead of ours. What is further ahead is no time, but milliseconds, say. */
const SKEW = 60;

/** Whether a time lies back no more than `maxAge`; both in seconds. */
function isRecent(authTime: number, maxAge: number): boolean {
  const age = Math.floor(Date.now() / 1000) - authTime;
  return age <= maxAge && age >= -SKEW;
}

/** From what the verifier gave to `admit()`, else from the principal, where it is the claims of a token (RFC 9470 section 6). */
function authenticationOf({ principal, info }: Success): { acr: unknown; authTime: unknown } {
  const [said, claims] = [info, principal] as (Record<string, unknown> | null | undefined)[];
  return {
    acr: said?.['acr'] ?? claims?.['acr'],
    authTime: said?.['authTime'] ?? said?.['auth_time'] ?? claims?.['authTime'] ?? claims?.['auth_time'],
  };
}
