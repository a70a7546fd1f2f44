import { Failure } from '../schemes/failure.js';
import type { Success } from '../schemes/outcome.js';
import type { Policy } from './policy.js';
import { reaches } from './scopes.js';
import { isSteppedUp, stepUpParams } from './step-up.js';

/**
 * Why good credentials are not enough for a route; `undefined` where they are. A person who must authenticate again comes
 * first: whatever token that yields is held to the scopes, which the challenge names as well (RFC 9470 section 3).
 *
 * @param scheme the auth-scheme that admitted them
 */
export function shortfallOf({ scopes, stepUp }: Policy, success: Success, scheme: string): Failure | undefined {
  if (stepUp !== undefined && !isSteppedUp(stepUp, success)) {
    return new Failure('insufficient', scheme, 401, { params: stepUpParams(stepUp) });
  }
  // RFC 6750 section 3.1
  if (scopes !== undefined && !reaches(scopes, success)) return new Failure('insufficient', scheme, 403);
  return undefined;
}
