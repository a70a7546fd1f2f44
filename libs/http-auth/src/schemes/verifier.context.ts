import type { Type } from '@nestjs/common';
import type { Confirmation } from './confirmation.js';

/** The route that credentials are verified for. The guard passes it to the verifier as the third argument. */
export interface VerifierContext {
  /** The name of the scheme, as `@Schemes()` has it. */
  readonly scheme: string;
  /**
   * The route, as in events: the handler, e.g. `ArticlesController.create`, or the path that was given to `protect()`. It is
   * `passport` if `AuthGuard()` of `@nestjs/passport` calls the scheme, because the route is not known then.
   *
   * The guard verifies the credentials of a request once. On a protected path, `route` is that path; if one request of GraphQL calls
   * several resolvers, it is the first of them.
   */
  readonly route: string;
  /** The class of the controller, resolver or gateway; `undefined` for a protected path. */
  readonly controller?: Type | undefined;
  /** The method of the class; `undefined` for a protected path. */
  readonly handler?: Function | undefined;
  /** The realm of the route; `undefined` if its function failed for this request. */
  readonly realm: string | undefined;
  /** `true` if the route requires credentials, `false` if they are optional. */
  readonly required: boolean;
  /** The scopes that the route names in `@Scopes()`. The guard checks them after the verifier has accepted the request. */
  readonly scopes: readonly string[];
  /**
   * Tells the scheme that the credentials are bound to a key. The scheme then accepts the request only if the client proves that it has
   * the key, regardless of the result of the verifier. If the scheme cannot check a proof, the function throws a `RefusedException`, and the
   * request is refused, even if the verifier catches it. It is absent if the scheme has called the verifier itself: the verifier must then
   * refuse the credentials. `jwt()` and `introspection()` do so.
   */
  readonly requireConfirmation?: ((confirmation: Confirmation) => void) | undefined;
}
