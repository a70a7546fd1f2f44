import type { Admission } from '../schemes/admission.js';
import { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';
import { hasScopes } from './scopes.js';
import { isSteppedUp, stepUpParams } from './step-up.js';

/**
 * Returns why valid credentials are not enough for a route, or `undefined` if they are. Step-up comes first: the next token of
 * the user is checked for scopes as well, and the challenge names them (RFC 9470 section 3).
 *
 * @param scheme the auth-scheme of the credentials
 */
export function shortfallOf(
  { scopes, stepUp }: Policy,
  admission: Admission<unknown>,
  scheme: string,
): Failure | undefined {
  if (stepUp !== undefined && !isSteppedUp(stepUp, admission)) {
    return new Failure('insufficient', scheme, 401, { params: stepUpParams(stepUp) });
  }
  // RFC 6750 section 3.1
  if (scopes !== undefined && !hasScopes(scopes, admission)) return new Failure('insufficient', scheme, 403);
  return undefined;
}
