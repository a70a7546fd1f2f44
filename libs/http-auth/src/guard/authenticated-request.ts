import type { HttpRequest } from '../http/request.js';
import type { AdmissionInfo } from '../schemes/admission.js';

/**
 * How a request was authenticated: the scheme, the realm, and the info that the verifier passed to `admit()`, or that a
 * Passport strategy passed to `success()`.
 */
export interface AuthInfo extends AdmissionInfo {
  /** The auth-scheme, e.g. `Basic`. */
  readonly scheme: string;
  /** The realm of the route. */
  readonly realm: string;
}

/**
 * A request that the guard has authenticated.
 *
 * @typeParam Principal the result of the verifier
 * @typeParam Request Express's or Fastify's own request
 */
export type AuthenticatedRequest<Principal = unknown, Request = HttpRequest> = Omit<Request, 'user' | 'authInfo'> & {
  /** The principal. */
  user: Principal;
  /** How the request was authenticated. */
  authInfo: AuthInfo;
};
