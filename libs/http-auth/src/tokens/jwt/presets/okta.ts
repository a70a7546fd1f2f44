import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset, hostProblem, segmentProblem } from './preset.js';

/** Options of `okta()`. */
export interface OktaOptions {
  /** The domain of the organization, or its custom domain, e.g. `example.okta.com`. */
  readonly domain: string;
  /**
   * The identifier of the custom authorization server.
   *
   * @default 'default'
   */
  readonly server?: string;
  /** The audience of the authorization server. Of the server `default` it is `api://default`, unless the administrator changed it. */
  readonly audience: string | readonly string[];
  /**
   * The client IDs whose tokens are accepted.
   *
   * @default true: every client of the organization
   */
  readonly clients?: JwtIssuer['clients'];
}

const NAMES: OptionNames<OktaOptions> = { domain: true, server: true, audience: true, clients: true };

/**
 * Returns the issuer of a custom authorization server of Okta. Access tokens name their client in `cid`, and ID tokens do not.
 * The access tokens of the org authorization server (`https://example.okta.com`) are only for Okta itself.
 *
 * Sources: Okta, "OpenID Connect & OAuth 2.0 API", "Access token payload" and "ID token payload"; "Authorization servers".
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(okta({ domain: 'example.okta.com', audience: 'api://default' }))
 */
export function okta(options: OktaOptions): JwtIssuer {
  checkPreset('okta', options, NAMES, problem);
  const { domain, server = 'default', audience, clients = true } = options;
  return { issuer: `https://${domain}/oauth2/${server}`, audience, clients };
}

function problem({ domain, server = 'default' }: OktaOptions): string | undefined {
  return hostProblem('domain', domain, 'example.okta.com') ?? segmentProblem('server', server);
}
