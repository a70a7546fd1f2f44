import type { Access, AccessReason } from '../guard/policy.js';
import type { RequiredScopes } from '../guard/scopes.js';
import type { StepUpOptions } from '../guard/step-up.js';

/** What a route asks for, and why. */
export interface RouteEntry {
  /** The method, in upper case; `ALL` for `@All()`. */
  readonly method: string;
  /** The path as the router has it, e.g. `/api/articles/:id`. */
  readonly path: string;
  /** The versions, where something else than the path says them, e.g. a field of the request. */
  readonly version?: string;
  /** The hosts that the controller is bound to; absent: all. */
  readonly host?: string;
  /** Whether the route asks for credentials. */
  readonly access: Access;
  /** What says so; `no guard` where `HttpAuthGuard` does not stand before the route. */
  readonly because: AccessReason | 'no guard';
  /** The auth-schemes that open the route, in the order of their challenges; none where it is public. */
  readonly schemes: readonly string[];
  /** The realm; absent where the route is public, and where a function of the request names it. */
  readonly realm?: string;
  /** The scopes that credentials need; absent: none. */
  readonly scopes?: RequiredScopes;
  /** `true` where a function names more scopes, by the request; absent: none does. */
  readonly scopesByRequest?: true;
  /** How their holder must have been authenticated; absent: anyhow. */
  readonly stepUp?: StepUpOptions;
  /** The class of the controller. */
  readonly controller: string;
  /** The method of the controller. */
  readonly handler: string;
}
