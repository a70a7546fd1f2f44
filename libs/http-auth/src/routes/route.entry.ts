import type { Access, AccessReason } from '../guard/policy.js';
import type { RequiredScopes } from '../guard/scopes.js';
import type { StepUpOptions } from '../guard/step-up.js';

/** The requirements of a route, and the reason. */
export interface RouteEntry {
  /** The method, in upper case; `ALL` for `@All()`. */
  readonly method: string;
  /** The path as the router has it, e.g. `/api/articles/:id`. */
  readonly path: string;
  /** The versions, if they are not a part of the path but e.g. of a field. */
  readonly version?: string;
  /** The hosts that the controller is bound to; absent: all. */
  readonly host?: string;
  /** The access of the route. */
  readonly access: Access;
  /** The decorator or option that decides the access; `no guard` if `HttpAuthGuard` does not run on the route. */
  readonly because: AccessReason | 'no guard';
  /** The auth-schemes that the route accepts, in the order of their challenges; empty if the route is public. */
  readonly schemes: readonly string[];
  /** The realm; `undefined` if the route is public, or if a function returns the realm of a request. */
  readonly realm?: string;
  /** The scopes that credentials need; absent: none. */
  readonly scopes?: RequiredScopes;
  /** `true` if a function returns more scopes for each request. */
  readonly scopesByRequest?: true;
  /** How their holder must have been authenticated; absent: anyhow. */
  readonly stepUp?: StepUpOptions;
  /** The class of the controller. */
  readonly controller: string;
  /** The method of the controller. */
  readonly handler: string;
}
