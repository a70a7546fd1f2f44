/** An OAuth protected resource: the application, or a part of it. Clients read this metadata to find out where to get a token (RFC 9728 section 2). */
export interface ResourceOptions {
  /**
   * The resource identifier: the URL of the resource for its clients, e.g. `https://api.example.com/mcp`. It is an
   * https URL, or an http URL of this machine, without a query and a fragment. Behind a proxy, it is the public URL. The
   * `Host` field of a request never changes it.
   */
  readonly url: string;
  /**
   * The path inside the application, with the global prefix, or several paths. A request for a path, or for anything below it, belongs
   * to the resource, unless it belongs to a resource below it. A path is literal, as in `protect()`. Set it if a proxy changes the path
   * of `url`.
   *
   * @default the path of `url` in a list of resources; otherwise `/`, the whole application
   */
  readonly path?: string | readonly string[];
  /** The issuers of the authorization servers whose tokens the application accepts, at least one (RFC 8414 section 2). */
  readonly authorizationServers: readonly string[];
  /**
   * The scopes that clients may request.
   *
   * @default the scopes of `@Scopes()` on the guarded routes of the resource
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

/** A resource with its paths inside the application. */
export type PlacedResource = ResourceOptions & { readonly paths: readonly string[] };

/** Returns the resources with their paths. */
export function placed(resource: ResourceOptions | readonly ResourceOptions[]): readonly PlacedResource[] {
  const isList = Array.isArray(resource);
  return [resource].flat().map((one) => ({
    ...one,
    paths: [one.path ?? (isList ? new URL(one.url).pathname : '/')].flat(),
  }));
}
