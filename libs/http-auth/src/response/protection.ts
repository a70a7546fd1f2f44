import type { AuthParams } from '../http/auth-param.js';
import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';

/**
 * Names the protection space of a request. It may return a promise; what it throws is answered with a 500.
 *
 * A method in the types, so that it may ask for Express's or Fastify's own request.
 */
export type RealmFunction = { realm(request: HttpRequest): string | Promise<string> }['realm'];

/** The name of a protection space (RFC 9110 section 11.5): a text, or a function of the request. */
export type RealmOption = string | RealmFunction;

/**
 * When a browser may prompt for a username and a password: `always`, as RFC 9110 has it, or only on a `navigation`, and not
 * on a request that a script sends.
 */
export type Prompt = 'always' | 'navigation';

/** What guards a route or a whole application: a realm, and the schemes that open it. */
export interface Protection {
  readonly realm: RealmOption;
  readonly schemes: readonly Scheme[];
  readonly prompt: Prompt;
  /** What the challenges of OAuth's schemes say beside: the scopes, and where the metadata of the resource are. */
  readonly params?: AuthParams | undefined;
}
