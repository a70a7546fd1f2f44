import type { HttpRequest } from '../http/request.js';
import type { Verdict } from '../schemes/verifier.js';

/** What is judged: the credentials of the Bearer scheme. */
export interface TokenCredentials {
  /** The access token. */
  readonly token: string;
}

/** A verifier of access tokens, e.g. for `bearer()`. It answers at once where it need not wait. */
export type TokenVerifier<Principal, Request = HttpRequest> = (
  credentials: TokenCredentials,
  request: Request,
) => Verdict<Principal> | Promise<Verdict<Principal>>;
