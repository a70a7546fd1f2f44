import type { HttpRequest } from '../http/request.js';
import type { AdmissionInfo } from '../schemes/admission.js';

/**
 * Which scheme and realm admitted a request, with what the verifier gave to `admit()`. A Passport strategy's own `info` is
 * merged into it.
 */
export interface AuthInfo extends AdmissionInfo {
  /** The auth-scheme, e.g. `Basic`. */
  readonly scheme: string;
  /** The realm of the route. */
  readonly realm: string;
}

/**
 * A request that the guard has let in with credentials.
 *
 * @typeParam Principal what the verifier returns
 * @typeParam Request Express's or Fastify's own request
 */
export type AuthenticatedRequest<Principal = unknown, Request = HttpRequest> = Omit<Request, 'user' | 'authInfo'> & {
  /** The principal. */
  user: Principal;
  /** What admitted it. */
  authInfo: AuthInfo;
};

/** Signs a principal in: from here on the request is theirs. */
export function signIn(request: HttpRequest, user: unknown, authInfo: AuthInfo): void {
  const signedIn = request as AuthenticatedRequest;
  signedIn.user = user;
  signedIn.authInfo = authInfo;
}
