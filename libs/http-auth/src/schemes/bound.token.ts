import type { HttpRequest } from '../http/request.js';
import { boundFailure, type Confirmation } from './confirmation.js';
import { isPromise } from '../common/promise.js';
import { outcomeOf } from './decide.js';
import { Failure } from './failure.js';
import type { Admission } from './admission.js';
import { RefusedException } from './refused.exception.js';
import type { VerifierContext } from './verifier.context.js';
import type { Verdict, VerifierFunction } from './verifier.js';

/** A valid token, with everything that it is bound to. */
export interface BoundToken {
  /** The result of the verifier. */
  readonly admission: Admission<unknown>;
  /** All bindings, which must all hold; empty if the token is not bound. */
  readonly confirmations: readonly Confirmation[];
}

/**
 * Verifies a token for a scheme that checks proofs. The bindings come from the token itself and from the result of the verifier, because
 * the application may have wrapped `jwt()`, and the result may then lack them.
 *
 * @param scheme the auth-scheme
 */
export async function verifyBound<Credentials extends { readonly token: string }>(
  scheme: string,
  verifier: VerifierFunction<Credentials>,
  credentials: Credentials,
  request: HttpRequest,
  context: VerifierContext,
): Promise<BoundToken | Failure> {
  const required: Confirmation[] = [];
  const requireConfirmation = (confirmation: Confirmation) => void required.push(confirmation);
  const verdict = await verifier(credentials, request, { ...context, requireConfirmation });
  const outcome = outcomeOf({ scheme, secrets: () => [credentials.token] }, verdict);
  if (outcome instanceof Failure) return outcome;
  const { confirmation } = outcome.info;
  return { admission: outcome, confirmations: confirmation === undefined ? required : [confirmation, ...required] };
}

/**
 * Returns a verifier that refuses bound credentials for the schemes that do not check proofs. The verifier of the application may have
 * asked another verifier after `jwt()` has refused them, and that one may not read the binding.
 */
export function refusingBound<Credentials, Principal, Request>(
  verify: VerifierFunction<Credentials, Principal, Request>,
): VerifierFunction<Credentials, Principal, Request> {
  return (credentials, request, context) => {
    if (context.requireConfirmation !== undefined) return verify(credentials, request, context);
    let isBound = false;
    const requireConfirmation = () => {
      isBound = true;
      throw RefusedException.of(boundFailure(context.scheme));
    };
    const checked = (verdict: Verdict<Principal>) => (isBound ? boundFailure(context.scheme) : verdict);
    const verdict = verify(credentials, request, { ...context, requireConfirmation });
    return isPromise(verdict) ? verdict.then(checked) : checked(verdict);
  };
}
