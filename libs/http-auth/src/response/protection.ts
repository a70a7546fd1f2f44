import type { AuthParams } from '../http/auth-param.js';
import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';

/**
 * Returns the realm of a request, or a promise of it. If it throws, the client gets a 500.
 *
 * The type is taken from a method, so that the function may declare Express's or Fastify's own request as its parameter.
 */
export type RealmFunction = { realm(request: HttpRequest): string | Promise<string> }['realm'];

/** The name of a protection space (RFC 9110 section 11.5), or a function that returns it for a request. */
export type RealmOption = string | RealmFunction;

/**
 * When a browser may prompt for a username and a password: `always`, as RFC 9110 describes it; or `navigation`, which excludes
 * requests that a script sends.
 */
export type Prompt = 'always' | 'navigation';

/** How a route or an application is protected: the parts that its challenges depend on. */
export interface Protection {
  readonly realm: RealmOption;
  readonly schemes: readonly Scheme[];
  readonly prompt: Prompt;
  /** More params for the challenges of OAuth schemes: the scopes of the route. */
  readonly params?: AuthParams | undefined;
}

/** The injection token of the {@link Protection} of routes without decorators. */
export const APPLICATION_PROTECTION = Symbol('nestjs-http-auth:protection');
