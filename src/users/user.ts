/** The principal of this application: what both verifiers return, and what `@CurrentUser()` hands to a route. */
export interface User {
  readonly name: string;
  /** What the token of the request was issued for. A password has no scopes: it stands for all that its user may do. */
  readonly scopes?: readonly string[];
}
