import type { AuthParams } from '../http/auth-param.js';
import type { RouteEntry } from '../routes/route.entry.js';
import { authSchemeOf } from '../schemes/auth.scheme.js';
import type { Scheme } from '../schemes/scheme.js';
import type { ResourceOptions } from './resource.options.js';

/** The well-known path of the metadata (RFC 9728 section 3). */
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Returns the URL of the metadata. The well-known path goes between the host and the path of the resource. The path
 * `/` alone is omitted (RFC 9728 section 3.1).
 */
export function metadataUrlOf(resource: string): URL {
  const { origin, pathname } = new URL(resource);
  return new URL(`${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`);
}

/** Returns the params of the resource for the challenges of OAuth schemes (RFC 9728 section 5.1). */
export function resourceParams(resource: string): AuthParams {
  return { resource_metadata: metadataUrlOf(resource).href };
}

/**
 * Returns the metadata of a resource (RFC 9728 section 2). Members without a value are omitted (section 3.2).
 *
 * @param routes all routes of the application
 */
export function metadataOf(
  { url, authorizationServers, scopes, name, documentation, metadata }: ResourceOptions,
  schemes: readonly Scheme[],
  routes: readonly RouteEntry[],
): Record<string, unknown> {
  const own = routes.filter((route) => route.resource === url);
  const supported = scopes ?? [...new Set(own.flatMap((route) => route.scopes?.names ?? []))];
  return {
    resource: url,
    authorization_servers: authorizationServers,
    ...(supported.length > 0 && { scopes_supported: supported }),
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...Object.assign({}, ...schemes.map((scheme) => scheme.metadata)),
    ...(areTokensBound(schemes) && { dpop_bound_access_tokens_required: true }),
    ...metadata,
  };
}

/** Returns `true` if `dpop()` is the only way to present an access token. */
function areTokensBound(schemes: readonly Scheme[]): boolean {
  const [first, ...others] = new Set(schemes.filter(acceptsTokens).map(authSchemeOf));
  return first === 'dpop' && others.length === 0;
}

/** A Passport strategy for Bearer does not say that it belongs to OAuth. */
function acceptsTokens(scheme: Scheme): boolean {
  return scheme.oauth === true || authSchemeOf(scheme) === 'bearer';
}
