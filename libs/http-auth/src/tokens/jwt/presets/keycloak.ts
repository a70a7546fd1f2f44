import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { baseUrlProblem, checkPreset, withoutSlash } from './preset.js';

/** Options of `keycloak()`. */
export interface KeycloakOptions extends Pick<JwtIssuer, 'audience' | 'clients'> {
  /** The URL that clients use for Keycloak, e.g. `https://login.example`. Before version 17 it ends with `/auth`. */
  readonly url: string;
  /** The name of the realm. */
  readonly realm: string;
  /**
   * The URL that this application uses for Keycloak, if it is another one, e.g. `http://keycloak:8080` in a Compose network. Keys are
   * fetched from there. If it is http, `jwt()` also needs `allowInsecureHttp: true`.
   *
   * @default url
   */
  readonly internalUrl?: string;
}

const NAMES: OptionNames<KeycloakOptions> = {
  url: true,
  realm: true,
  audience: true,
  clients: true,
  internalUrl: true,
};

/**
 * Returns the issuer of a realm of Keycloak. `aud` of its access tokens is `account` until the administrator adds an audience
 * mapper for this application.
 *
 * The claim `typ` of an access token is `Bearer`, and of an ID token `ID`. The header is `JWT` for both.
 *
 * Sources: Keycloak, "Server Administration Guide", "Audience support"; "Securing applications and services", "OpenID Connect
 * endpoints"; `TokenUtil.java` and `TokenManager.java` for `typ`.
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(keycloak({ url: 'https://login.example', realm: 'staff', audience: 'reports' }))
 */
export function keycloak(options: KeycloakOptions): JwtIssuer {
  checkPreset('keycloak', options, NAMES, problem);
  const { url, realm, audience, clients, internalUrl } = options;
  const path = `/realms/${encodeURIComponent(realm)}`;
  return {
    issuer: withoutSlash(url) + path,
    audience,
    require: { typ: 'Bearer' },
    ...(clients !== undefined && { clients }),
    // The metadata would not help: its jwks_uri has the URL of clients, unless Keycloak has hostname-backchannel-dynamic.
    ...(internalUrl !== undefined && { jwks: `${withoutSlash(internalUrl)}${path}/protocol/openid-connect/certs` }),
  };
}

function problem({ url, realm, internalUrl = url }: KeycloakOptions): string | undefined {
  if (typeof realm !== 'string' || realm === '') return 'realm must be the name of the realm';
  return baseUrlProblem('url', url) ?? baseUrlProblem('internalUrl', internalUrl);
}
