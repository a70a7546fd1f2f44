import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, undefinedOption, unknownOption } from '../common/options.js';
import type { RevocableVerifier } from '../tokens/token.verifier.js';
import { trustOf } from '../tokens/jwt/trust.js';
import type { Logout } from './logout.token.js';

/** Options of {@link BackChannelLogoutModule}. */
export interface BackChannelLogoutOptions {
  /**
   * The verifier of the access tokens, from `jwt()` with the option `revocation`. A logout token must be of an issuer of this verifier,
   * and a logout revokes tokens of this verifier.
   */
  readonly verifier: RevocableVerifier<unknown, never>;
  /**
   * The client that registered the URL of the endpoint at the issuer as its `backchannel_logout_uri`. `aud` of a logout token must
   * contain it, or one of a list.
   */
  readonly clientId: string | readonly string[];
  /**
   * Called after the tokens of a logout are revoked, e.g. to close connections or to end a session. The endpoint waits for its promise.
   * If it throws, or takes longer than `verifierTimeout` of `AuthModule`, the logout has failed, and the issuer may try again.
   *
   * @default nothing
   */
  readonly onLogout?: (logout: Logout) => void | Promise<void>;
}

const NAMES: OptionNames<BackChannelLogoutOptions> = { verifier: true, clientId: true, onLogout: true };

/**
 * Checks the options.
 *
 * @throws AuthConfigurationError `ERR_AUTH_LOGOUT_OPTION` if an option is invalid
 */
export function checkedOptions(options: BackChannelLogoutOptions): BackChannelLogoutOptions {
  const problem = optionsProblem(options);
  if (problem === undefined) return options;
  throw new AuthConfigurationError('ERR_AUTH_LOGOUT_OPTION', `BackChannelLogoutModule: ${problem}`);
}

/**
 * Checks the path.
 *
 * @throws AuthConfigurationError `ERR_AUTH_LOGOUT_OPTION` if it is invalid
 */
export function checkedPath(path: unknown): string {
  if (typeof path === 'string' && path.replace(/^\//, '').split('/').every(isSegment)) return path;
  throw new AuthConfigurationError(
    'ERR_AUTH_LOGOUT_OPTION',
    "BackChannelLogoutModule: path must be a path without parameters; write 'backchannel-logout', for example",
  );
}

/** Clients remove the segments `.` and `..` from a URL (RFC 3986 section 5.2.4). */
function isSegment(segment: string): boolean {
  return /^[\w.~-]+$/.test(segment) && segment !== '.' && segment !== '..';
}

function optionsProblem(options: BackChannelLogoutOptions): string | undefined {
  if (typeof options !== 'object' || options === null) return 'needs options; pass a verifier and a clientId';
  const { verifier, clientId, onLogout } = options;
  const unknown = unknownOption(options, NAMES) ?? undefinedOption(options, ['verifier', 'clientId', 'onLogout']);
  if (unknown !== undefined) return unknown;
  const trust = trustOf(verifier);
  if (trust === undefined) return 'verifier must be what jwt() returns; pass the same verifier to bearer()';
  if (trust.revocation.logouts === undefined) {
    return "verifier has no list of revoked tokens; set revocation: { maxTokenAge: '1h' } in jwt(), for example";
  }
  const ids: unknown[] = [clientId].flat();
  if (ids.length === 0 || !ids.every((id) => typeof id === 'string' && id !== '')) {
    return 'clientId must be the client_id of the client that registered the endpoint, a string or a list';
  }
  return onLogout === undefined || typeof onLogout === 'function'
    ? undefined
    : 'onLogout must be a function (logout) => …';
}
