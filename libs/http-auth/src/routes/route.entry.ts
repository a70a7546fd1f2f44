import type { Access, AccessReason } from '../guard/policy.js';
import type { RequiredRoles } from '../guard/roles.js';
import type { RequiredScopes } from '../guard/scopes.js';
import type { StepUpOptions } from '../guard/step-up.js';

/** A route, its requirements, and the decorator or option that decides them. */
export interface RouteEntry {
  /** The method, in upper case; `ALL` for `@All()`. */
  readonly method: string;
  /** The path in the router, with the global prefix, e.g. `/api/articles/:id`. */
  readonly path: string;
  /** The versions, if they are not part of the path, e.g. with header versioning. */
  readonly version?: string;
  /** The hosts that the controller is bound to; absent if it is bound to none. */
  readonly host?: string;
  /** The access of the route. */
  readonly access: Access;
  /**
   * The decorator or option that decides the access, or `protect('/path')` if a protected path is stricter; `no guard` if
   * `HttpAuthGuard` does not run on the route.
   */
  readonly because: AccessReason | `protect('${string}')` | 'no guard';
  /** The auth-schemes that the route accepts, in the order of their challenges; empty if the route is public. */
  readonly schemes: readonly string[];
  /** The realm; `undefined` if the route is public, or if a function returns the realm of a request. */
  readonly realm?: string;
  /** The scopes that credentials need; absent if the route does not require any. */
  readonly scopes?: RequiredScopes;
  /** `true` if a function returns more scopes for each request; otherwise absent. */
  readonly scopesByRequest?: true;
  /** The roles that the principal needs; absent if the route does not require any. */
  readonly roles?: RequiredRoles;
  /** How the user must have been authenticated (`@StepUp()`); absent if any way is accepted. */
  readonly stepUp?: StepUpOptions;
  /** `true` if tokens must be bound to a key or a certificate of the client (`@SenderConstrained()`); otherwise absent. */
  readonly senderConstrained?: true;
  /** The URL of the protected resource that the route belongs to; absent if it belongs to none, or if its path does not decide that. */
  readonly resource?: string;
  /** The option `except` of a protected path; absent if it has no exceptions. */
  readonly except?: readonly string[];
  /** The class of the controller; `protect()` for a protected path, which contains everything below it. */
  readonly controller: string;
  /** The method of the controller; empty for a protected path. */
  readonly handler: string;
}
