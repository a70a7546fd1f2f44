import type { Admission } from '../schemes/admission.js';
import { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';
import { hasRoles, type RequiredRoles } from './roles.js';
import { hasScopes } from './scopes.js';
import { unboundFailure } from './sender.constrained.js';
import { isSteppedUp, stepUpParams } from './step-up.js';

/**
 * Returns why valid credentials are not enough for a route, or `undefined` if they are. The binding comes first, because a token that
 * is not bound may be stolen. Then comes step-up: the next token of the user is checked for scopes as well, and the challenge names them (RFC 9470 section 3). Roles come last, because the client
 * cannot get them.
 *
 * @param scheme the auth-scheme of the credentials
 */
export function shortfallOf(
  { scopes, hierarchy, roles, stepUp, senderConstrained }: Policy,
  admission: Admission<unknown>,
  scheme: string,
): Failure | undefined {
  const unbound = senderConstrained === true ? unboundFailure(admission, scheme) : undefined;
  if (unbound !== undefined) return unbound;
  if (stepUp !== undefined && !isSteppedUp(stepUp, admission)) {
    return new Failure('insufficient', scheme, 401, { params: stepUpParams(stepUp) });
  }
  // RFC 6750 section 3.1
  if (scopes !== undefined && !hasScopes(scopes, admission, hierarchy)) {
    return new Failure('insufficient', scheme, 403, {
      message: `The credentials do not have the scopes: ${wordsOf(scopes)}`,
    });
  }
  // RFC 9110 section 15.5.4: the client should not repeat the request with other credentials of the same user.
  if (roles !== undefined && !hasRoles(roles, admission)) {
    return new Failure('forbidden', scheme, 403, { message: `The user does not have the roles: ${wordsOf(roles)}` });
  }
  return undefined;
}

/** Names requirements for logs and events, e.g. `a and b`. */
function wordsOf({ names, mode }: RequiredRoles): string {
  return names.join(mode === 'all' ? ' and ' : ' or ');
}
