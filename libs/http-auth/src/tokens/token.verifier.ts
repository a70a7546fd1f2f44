import type { HttpRequest } from '../http/request.js';
import type { Verdict } from '../schemes/verifier.js';

/** A verifier of access tokens, e.g. for `bearer()`. It answers at once where it need not wait. */
export type TokenVerifier<Principal, Request = HttpRequest> = (
  credentials: { readonly token: string },
  request: Request,
) => Verdict<Principal> | Promise<Verdict<Principal>>;
