/** The principal of this application: the result of both verifiers, and the value of `@CurrentUser()`. */
export interface User {
  readonly name: string;
}
