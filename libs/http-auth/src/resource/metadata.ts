import type { AuthParams } from '../http/auth-param.js';
import type { RouteEntry } from '../routes/route.entry.js';
import type { Scheme } from '../schemes/scheme.js';
import type { ResourceOptions } from './resource.options.js';

/** Where the metadata of resources are (RFC 9728 section 3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * The URL of the metadata: the well-known one is put between the host and the path of the resource, whose slash goes where
 * nothing follows it (RFC 9728 section 3.1).
 */
export function metadataUrlOf(resource: string): URL {
  const { origin, pathname } = new URL(resource);
  return new URL(`${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`);
}

/** What the challenges of OAuth's schemes say of the resource (RFC 9728 section 5.1). */
export function resourceParams(resource: ResourceOptions | undefined): AuthParams | undefined {
  return resource && { resource_metadata: metadataUrlOf(resource.url).href };
}

/** The metadata of a resource (RFC 9728 section 2). A member without a value is left out (section 3.2). */
export function metadataOf(
  { url, authorizationServers, scopes, name, documentation, metadata }: ResourceOptions,
  schemes: readonly Scheme[],
  routes: readonly RouteEntry[],
): Record<string, unknown> {
  const supported = scopes ?? [...new Set(routes.flatMap((route) => route.scopes?.names ?? []))];
  return {
    resource: url,
    authorization_servers: authorizationServers,
    ...(supported.length > 0 && { scopes_supported: supported }),
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...Object.assign({}, ...schemes.map((scheme) => scheme.metadata)),
    ...metadata,
  };
}
