import { token68Of } from '../../http/credentials.js';
import { isToken68 } from '../../http/grammar.js';
import type { HttpRequest } from '../../http/request.js';

/** The credentials of the Bearer scheme (RFC 6750 section 2.1). */
export interface BearerCredentials {
  /** The access token, as it came. */
  readonly token: string;
}

/**
 * Reads an `Authorization` field of the Bearer scheme: `"Bearer" 1*SP b64token`, where b64token is RFC 9110's token68
 * (RFC 6750 section 2.1).
 *
 * @returns the credentials, or `undefined` where the field is malformed
 */
export function parseBearerCredentials(field: string): BearerCredentials | undefined {
  const token = token68Of(field);
  return token === undefined ? undefined : Object.freeze({ token });
}

/** Methods whose body means something (RFC 6750 section 2.2). */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Whether a request has an `access_token` in a form-encoded body (RFC 6750 section 2.2), which must be parsed by now. */
export function hasFormToken(request: HttpRequest): boolean {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  return (
    METHODS_WITH_BODY.has(request.method) &&
    mediaType === 'application/x-www-form-urlencoded' &&
    typeof request.body === 'object' &&
    request.body !== null &&
    Object.hasOwn(request.body, 'access_token')
  );
}

/** The credentials in a form-encoded body; `undefined` where the token is malformed or was given more than once. */
export function parseFormToken(request: HttpRequest): BearerCredentials | undefined {
  const { access_token: token } = request.body as { access_token: unknown };
  return typeof token === 'string' && isToken68(token) ? Object.freeze({ token }) : undefined;
}
