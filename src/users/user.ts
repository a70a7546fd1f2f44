/** The principal of this application: what both verifiers return, and what `@CurrentUser()` hands to a route. */
export interface User {
  readonly name: string;
}
