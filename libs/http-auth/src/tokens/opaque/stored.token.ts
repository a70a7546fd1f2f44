/** A record of the application's token store. */
export interface StoredToken<Principal> {
  /** The hash of the token, from `token.create()`. */
  readonly hash: string;
  /** The principal that the token was issued to. */
  readonly principal: Principal;
  /** The scopes of the token, for `@Scopes()`. A token without scopes cannot access a route that requires one. */
  readonly scopes?: readonly string[] | null;
  /** The time when the token expires. Without it, the token is valid as long as it is in the store. */
  readonly expiresAt?: Date | null;
}
