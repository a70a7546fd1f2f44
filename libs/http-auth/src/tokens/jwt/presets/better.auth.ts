import type { OptionNames } from '../../../common/options.js';
import type { JwtIssuer } from '../jwt.options.js';
import { baseUrlProblem, checkPreset } from './preset.js';

/** Options of `betterAuth()`. */
export interface BetterAuthOptions {
  /** The `baseURL` of Better Auth, without a path, e.g. `https://app.example`. */
  readonly url: string;
  /**
   * The `basePath` of Better Auth.
   *
   * @default '/api/auth'
   */
  readonly basePath?: string;
  /**
   * The option `jwt.audience` of the plugin.
   *
   * @default url
   */
  readonly audience?: string | readonly string[];
}

const NAMES: OptionNames<BetterAuthOptions> = { url: true, basePath: true, audience: true };

/**
 * Returns Better Auth with its JWT plugin as the issuer. `iss` and `aud` are its `baseURL`, unless the options of the plugin change
 * them. The plugin has keys, but no metadata. A session token is not a JWT.
 *
 * Source: Better Auth, "JWT" plugin.
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * jwt(betterAuth({ url: 'https://app.example' }))
 */
export function betterAuth(options: BetterAuthOptions): JwtIssuer {
  checkPreset('betterAuth', options, NAMES, problem);
  const { basePath = '/api/auth' } = options;
  const url = new URL(options.url).origin;
  return { issuer: url, audience: options.audience ?? url, jwks: `${url}${basePath}/jwks` };
}

function problem({ url, basePath = '/' }: BetterAuthOptions): string | undefined {
  const wrong = baseUrlProblem('url', url);
  if (wrong !== undefined) return wrong;
  if (new URL(url).pathname !== '/') return 'url must have no path; write the path as basePath';
  return typeof basePath === 'string' && /^\/[\w./~-]*$/.test(basePath) && !basePath.endsWith('//')
    ? undefined
    : "basePath must be a path such as '/api/auth'";
}
