import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset, hostProblem } from './preset.js';

/** Options of `auth0()`. */
export interface Auth0Options {
  /** The domain of the tenant, or its custom domain, e.g. `example.eu.auth0.com`. */
  readonly domain: string;
  /** The identifier of the API. Without it in the request, Auth0 issues opaque tokens. */
  readonly audience: string | readonly string[];
  /**
   * The client IDs whose tokens are accepted.
   *
   * @default true: every client of the tenant
   */
  readonly clients?: JwtIssuer['clients'];
}

const NAMES: OptionNames<Auth0Options> = { domain: true, audience: true, clients: true };

/**
 * Returns the issuer of a tenant of Auth0, for both of its token profiles. Access tokens name their client in `azp` or
 * `client_id`. ID tokens have neither, and `aud` is the client.
 *
 * Sources: Auth0, "Access Token Profiles" and "Validate Access Tokens".
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(auth0({ domain: 'example.eu.auth0.com', audience: 'https://api.example' }))
 */
export function auth0(options: Auth0Options): JwtIssuer {
  checkPreset('auth0', options, NAMES, ({ domain }) => hostProblem('domain', domain, 'example.eu.auth0.com'));
  const { domain, audience, clients = true } = options;
  return { issuer: `https://${domain}/`, audience, clients };
}
