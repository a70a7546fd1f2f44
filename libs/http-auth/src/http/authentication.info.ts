import { type AuthParams, formatParams } from './auth-param.js';

/** The params that Digest must not quote (RFC 7616 section 3.5). */
const TOKENS = ['qop', 'nc'];

/**
 * Formats the value of `Authentication-Info`: `#auth-param` (RFC 7615 section 3).
 *
 * @throws TypeError if a name or a value cannot be sent
 */
export function formatAuthenticationInfo(params: AuthParams): string {
  return formatParams(params, TOKENS);
}
