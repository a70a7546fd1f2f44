import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { checkPreset } from './preset.js';

/** Options of `entraId()`. */
export interface EntraIdOptions {
  /**
   * The tenants whose tokens are accepted: a tenant ID (a GUID), a list of them, or `common` for all tenants in the world. These
   * include personal accounts if the app registration allows them. With `common`, `principal` must decide who is accepted.
   */
  readonly tenant: string | readonly string[];
  /**
   * The audience of this application. In tokens of version 2 it is the client ID of the API. In version 1 it is the client ID or the
   * application ID URI, depending on the request.
   */
  readonly audience: string | readonly string[];
  /**
   * The version of the access tokens. The manifest of the API sets it as `requestedAccessTokenVersion` (formerly
   * `accessTokenAcceptedVersion`); `null` there is 1. It does not depend on the endpoint that the client uses.
   */
  readonly version: 1 | 2;
  /**
   * The client IDs of the applications whose tokens are accepted.
   *
   * @default true: every application that got a token for this audience
   */
  readonly clients?: JwtIssuer['clients'];
}

const NAMES: OptionNames<EntraIdOptions> = { tenant: true, audience: true, version: true, clients: true };

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The place of the tenant in the issuer, as the metadata of all tenants writes it. */
const TENANT = '{tenantid}';

/**
 * Returns the issuer of one or several tenants of Microsoft Entra ID. For several tenants, `iss` must be the issuer of the tenant in
 * `tid`. Access tokens name their client in `azp` (version 2) or `appid` (version 1). ID tokens do not. An access token for
 * Microsoft Graph is not for your application, and its signature cannot be verified.
 *
 * Sources: Microsoft identity platform, "Access tokens", "Access token claims reference" and "ID token claims reference".
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(entraId({ tenant: '8eaef023-2b34-4da1-9baa-8bc8c9d6a490', version: 2, audience: '6e74172b-be56-4843-9ff4-e66a39bb12e3' }))
 */
export function entraId(options: EntraIdOptions): JwtIssuer {
  checkPreset('entraId', options, NAMES, problem);
  const { tenant, audience, version, clients = true } = options;
  const common = { audience, clients };
  if (tenant !== 'common' && typeof tenant === 'string') {
    return { issuer: issuerOf(tenant, version), metadataUrl: metadataOf(tenant, version), ...common };
  }
  return {
    issuer: issuerOf(TENANT, version),
    metadataUrl: metadataOf('common', version),
    ...common,
    ...(tenant !== 'common' && { require: { tid: tenant } }),
  };
}

function issuerOf(tenant: string, version: 1 | 2): string {
  return version === 2 ? `https://login.microsoftonline.com/${tenant}/v2.0` : `https://sts.windows.net/${tenant}/`;
}

/** The host of version 1 in `iss` has no metadata. */
function metadataOf(tenant: string, version: 1 | 2): string {
  const path = version === 2 ? `${tenant}/v2.0` : tenant;
  return `https://login.microsoftonline.com/${path}/.well-known/openid-configuration`;
}

function problem({ tenant, version }: EntraIdOptions): string | undefined {
  const list: unknown[] = [tenant].flat();
  const valid =
    tenant === 'common' || (list.length > 0 && list.every((one) => typeof one === 'string' && GUID.test(one)));
  if (!valid) return "tenant must be a tenant ID (a GUID in lower case), a list of them, or 'common' for all tenants";
  return version === 1 || version === 2
    ? undefined
    : 'version must be 1 or 2, as requestedAccessTokenVersion in the manifest; null there is 1';
}
