import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset } from './preset.js';

/** Options of `oidcProvider()`. */
export interface OidcProviderOptions extends Pick<JwtIssuer, 'clients'> {
  /** The issuer identifier, which is the first argument of `new Provider()`. */
  readonly issuer: string;
  /** The `audience` that `getResourceServerInfo()` returns for this application. */
  readonly audience: string | readonly string[];
}

const NAMES: OptionNames<OidcProviderOptions> = { issuer: true, audience: true, clients: true };

/**
 * Returns a server with the npm package `oidc-provider` as the issuer. Its access tokens are JWTs of RFC 9068 if
 * `getResourceServerInfo()` returns `accessTokenFormat: 'jwt'`; otherwise they are opaque, for `introspection()`.
 *
 * Source: oidc-provider, README of `docs/`, "features.resourceIndicators".
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(oidcProvider({ issuer: 'https://login.example', audience: 'https://api.example' }))
 */
export function oidcProvider(options: OidcProviderOptions): JwtIssuer {
  checkPreset('oidcProvider', options, NAMES, () => undefined);
  const { issuer, audience, clients } = options;
  return { issuer, audience, profile: 'at+jwt', ...(clients !== undefined && { clients }) };
}
