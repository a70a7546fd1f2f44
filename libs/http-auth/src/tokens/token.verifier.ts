import type { HttpRequest } from '../http/request.js';
import type { Admission } from '../schemes/admission.js';
import type { VerifierContext } from '../schemes/verifier.context.js';

/** The credentials of the Bearer scheme. */
export interface TokenCredentials {
  /** The access token. */
  readonly token: string;
}

/**
 * A verifier of access tokens, for `bearer()` or for a call from application code. It returns the principal with facts about the
 * token.
 *
 * A token that is bound to a key is valid only if the scheme checks the proof of the key, as `dpop()` does. The context tells so: without
 * it, a bound token is refused.
 *
 * It never returns a refusal: if the token is not valid, it throws a `RefusedException`. Its `failure` has the reason.
 *
 * @throws RefusedException if the token is not valid
 * @throws VerifierUnavailableException if the token cannot be verified now, because a server does not answer
 * @example
 * // Adds a check of the application. If `verify` throws, `bearer()` responds with 401 or 503. The context is for `dpop()`.
 * bearer(async (credentials, request, context) => {
 *   const { principal } = await verify(credentials, request, context);
 *   return (await sessions.isOpen(principal.sub)) ? principal : null;
 * });
 * @example
 * // Accepts what one of two verifiers accepts.
 * bearer(anyOf(byJwt, byKey));
 */
export type TokenVerifier<Principal, Request = HttpRequest> = (
  credentials: TokenCredentials,
  request: Request,
  context?: VerifierContext,
) => Promise<Admission<Principal>>;
