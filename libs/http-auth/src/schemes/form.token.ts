import type { HttpRequest } from '../http/request.js';

/** Methods whose body has a defined meaning (RFC 6750 section 2.2). */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Returns `true` if a form-encoded body has an `access_token` (RFC 6750 section 2.2). The body must already be parsed. */
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
