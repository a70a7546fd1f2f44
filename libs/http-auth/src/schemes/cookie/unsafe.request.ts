import type { HttpRequest } from '../../http/request.js';

/** The safe methods (RFC 9110 section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Returns `true` if a page of another site could do harm with a request, although it cannot read the response. The method is not safe,
 * or the request opens a WebSocket, to which CORS does not apply (RFC 6455 section 10.2).
 *
 * Browsers send `Upgrade` in no other request.
 */
export function isUnsafe({ method, headers }: HttpRequest): boolean {
  return !SAFE.has(method) || headers.upgrade !== undefined;
}
