import { token68Of } from '../../http/credentials.js';
import { isToken68 } from '../../http/grammar.js';
import type { HttpRequest } from '../../http/request.js';

/** The credentials of the Bearer scheme (RFC 6750 section 2.1). */
export interface BearerCredentials {
  /** The access token. */
  readonly token: string;
}

/**
 * Parses an `Authorization` field of the Bearer scheme: `"Bearer" 1*SP b64token`, with the token68 of RFC 9110 as b64token
 * (RFC 6750 section 2.1).
 *
 * @returns the credentials, or `undefined` if the field is malformed
 */
export function parseBearerCredentials(field: string): BearerCredentials | undefined {
  const token = token68Of(field);
  return token === undefined ? undefined : { token };
}

/** Returns the credentials in a form-encoded body, or `undefined` if the token is malformed or occurs more than once. */
export function parseFormToken(request: HttpRequest): BearerCredentials | undefined {
  const { access_token: token } = request.body as { access_token: unknown };
  return typeof token === 'string' && isToken68(token) ? { token } : undefined;
}
