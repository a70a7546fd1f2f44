import { type OptionNames, unknownOption } from '../common/options.js';
import type { AuthParams } from '../http/auth-param.js';
import type { Admission } from '../schemes/admission.js';

/** How and when the user must have authenticated (RFC 9470 section 3). At least one of the two is required. */
export interface StepUpOptions {
  /** The accepted authentication context classes, the preferred one first. */
  readonly acrValues?: readonly string[];
  /**
   * The maximum age of the authentication in seconds, as in the `max_age` param. Use a few minutes, because the client must
   * send its user to the authorization server and back. With 0, hardly any authentication is recent enough.
   */
  readonly maxAge?: number;
}

/** The characters of RFC 6750 section 3, which RFC 9470 uses as well. */
const ACR = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const NAMES: OptionNames<StepUpOptions> = { acrValues: true, maxAge: true };

/** Checks the options of `@StepUp()`. Returns an error message, or `undefined` if they are valid. */
export function stepUpProblem(options: StepUpOptions): string | undefined {
  const { acrValues, maxAge } = options;
  const unknown = unknownOption(options, NAMES, 'step-up: ');
  if (unknown !== undefined) return unknown;
  if (acrValues === undefined && maxAge === undefined) return 'step-up: pass acrValues, maxAge or both to @StepUp()';
  if (acrValues !== undefined) {
    const valid =
      Array.isArray(acrValues) &&
      acrValues.length > 0 &&
      acrValues.every((one) => typeof one === 'string' && ACR.test(one));
    if (!valid) {
      return 'step-up: acrValues must list strings of printable ASCII without spaces, " and \\ (RFC 9470 section 3)';
    }
  }
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 0)) {
    return 'step-up: maxAge must be a whole number of seconds, 0 or more (RFC 9470 section 3)';
  }
  return undefined;
}

/** Returns the params of the challenge. */
export function stepUpParams({ acrValues, maxAge }: StepUpOptions): AuthParams {
  return {
    error: 'insufficient_user_authentication',
    ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  };
}

/** Returns `true` if the authentication meets the options. If its class or its time is unknown, it does not. */
export function isSteppedUp({ acrValues, maxAge }: StepUpOptions, admission: Admission<unknown>): boolean {
  const { acr, authTime } = authenticationOf(admission);
  if (acrValues !== undefined && !(typeof acr === 'string' && acrValues.includes(acr))) return false;
  return maxAge === undefined || (typeof authTime === 'number' && isRecent(authTime, maxAge));
}

/** Maximum difference to another clock in seconds. A time further in the future is invalid, e.g. in milliseconds. */
const SKEW = 60;

/** Returns `true` if a time is at most `maxAge` ago. Both are in seconds. */
function isRecent(authTime: number, maxAge: number): boolean {
  const age = Math.floor(Date.now() / 1000) - authTime;
  return age <= maxAge && age >= -SKEW;
}

/** Reads `admit()`'s info first; otherwise the principal, which may be the claims of a token (RFC 9470 section 6). */
function authenticationOf({ principal, info }: Admission<unknown>): { acr: unknown; authTime: unknown } {
  const [said, claims] = [info, principal] as (Record<string, unknown> | null | undefined)[];
  return {
    acr: said?.['acr'] ?? claims?.['acr'],
    authTime: said?.['authTime'] ?? said?.['auth_time'] ?? claims?.['authTime'] ?? claims?.['auth_time'],
  };
}
