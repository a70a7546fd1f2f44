import type { HttpRequest } from '../http/request.js';
import type { Admission } from '../schemes/admission.js';
import type { VerifierContext } from '../schemes/verifier.context.js';
import type { RevokedTokens } from './revocation.js';

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

/**
 * A verifier of access tokens that can refuse tokens before they expire.
 *
 * @example
 * const verify = jwt({ issuer, audience, revocation: { maxTokenAge: '1h' } });
 * await verify.invalidate({ sub: user.id }); // e.g. after the user has changed the password
 */
export interface RevocableVerifier<Principal, Request = HttpRequest> extends TokenVerifier<Principal, Request> {
  /**
   * Refuses all tokens with a claim that were issued before now, or in the same second. It needs the option `revocation`.
   *
   * The clock of the issuer may be ahead by `clockTolerance`, so tokens with an `iat` up to this time after now are refused too. A `jti`
   * is refused whatever its `iat` is.
   *
   * @throws AuthConfigurationError if the verifier does not have the option `revocation`
   * @throws TypeError if the argument does not select tokens of this verifier
   * @throws VerifierUnavailableException if Redis is down; the tokens are then still accepted when it is back
   */
  invalidate(tokens: RevokedTokens): Promise<void>;
}
