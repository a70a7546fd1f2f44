import type { StandardSchema } from './standard.schema.js';

/** A value that a claim may be compared with. */
export type ClaimValue = string | number | boolean;

/**
 * The check of one claim:
 * - A value: the claim must equal it or, if the claim is a list, contain it.
 * - A list of values: one of them is enough.
 * - A function of the value and of all claims. The value is `undefined` if the token does not have the claim. Only `true` accepts the
 *   token. The function must not be async.
 * - A Standard Schema, which may be async. Its output is not used.
 */
export type ClaimCheck<Token> =
  | ClaimValue
  | readonly ClaimValue[]
  | ((value: unknown, claims: Token) => boolean)
  | StandardSchema;

/** The checks of a token, by claim. A key is the name of a claim, or a path with dots, as in the option `roles`. */
export type ClaimChecks<Token> = Readonly<Record<string, ClaimCheck<Token>>>;

/** Reads the roles of a token: a list of strings, or a string for a single role. Any other value grants nothing. */
export type RolesFunction<Token> = (claims: Token) => readonly string[] | string | null | undefined;

/** Options for the claims of a valid token: their checks, and the place of the roles. */
export interface ClaimsOptions<Token, Claims = Token> {
  /**
   * The roles of the holder, for `@Roles()`: the name of a claim, such as `'groups'` or `'https://example.com/roles'`; a path, such as
   * `'realm_access.roles'` or `'resource_access.my-api.roles'`; or a function of the claims. If there is a claim whose name is the whole
   * path, it has priority over the path.
   *
   * The claim must be a list of strings, or a string for a single role. Any other value grants nothing.
   *
   * @default none: the guard reads `roles` of the principal
   */
  readonly roles?: string | RolesFunction<Token>;
  /**
   * More checks of the claims: one for each claim, or a Standard Schema (https://standardschema.dev) for all claims. The output of such
   * a schema replaces the claims for the option `principal`, and is the principal by default. The guard reads scopes, roles and times
   * from the token itself.
   *
   * A token that does not pass is refused with `invalid_token`. The description names the claim, and never its value. The checks run on
   * every request, also if the token is in the cache.
   *
   * @default none
   */
  readonly claims?: ClaimChecks<Token> | StandardSchema<Claims>;
}
