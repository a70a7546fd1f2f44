/** The application as an OAuth protected resource. Clients read this metadata to find out where to get a token (RFC 9728 section 2). */
export interface ResourceOptions {
  /**
   * The resource identifier: the URL of the application for its clients, e.g. `https://api.example.com/mcp`. It is an
   * https URL, or an http URL of this machine, without a query and a fragment. Behind a proxy, it is the public URL. The
   * `Host` field of a request never changes it.
   */
  readonly url: string;
  /** The issuers of the authorization servers whose tokens the application accepts, at least one (RFC 8414 section 2). */
  readonly authorizationServers: readonly string[];
  /**
   * The scopes that clients may request.
   *
   * @default the scopes of `@Scopes()` on the guarded routes
   */
  readonly scopes?: readonly string[];
  /** The name that clients show to users. */
  readonly name?: string;
  /** The http or https URL of a page for developers. */
  readonly documentation?: string;
  /**
   * More members of the metadata by their own names, e.g. `resource_policy_uri` or `signed_metadata`. A member that
   * another option or a scheme sets is not allowed.
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
