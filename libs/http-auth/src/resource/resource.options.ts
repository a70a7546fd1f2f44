/** What the application is as a resource of OAuth, for clients that meet it for the first time (RFC 9728 section 2). */
export interface ResourceOptions {
  /**
   * The resource identifier: the URL that clients reach the application by, e.g. `https://api.example.com/mcp`. It is an https
   * URL, or an http one of this machine, with neither a query nor a fragment. Behind a proxy it is the public one; what a request
   * says of its host is never asked.
   */
  readonly url: string;
  /** The issuers of the authorization servers whose tokens open the application, one or more (RFC 8414 section 2). */
  readonly authorizationServers: readonly string[];
  /**
   * The scopes that clients may ask for.
   *
   * @default those of `@Scopes()` on the routes that the guard stands before
   */
  readonly scopes?: readonly string[];
  /** A name to show to people. */
  readonly name?: string;
  /** The URL of a page for developers. */
  readonly documentation?: string;
  /**
   * Further members of the metadata by their own names, e.g. `resource_policy_uri` or `signed_metadata`. What the other options
   * and the schemes say cannot be said here.
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
