import type { Scheme } from '../schemes/scheme.js';

/** The message for a connection that a page of another site has opened. */
export const CROSS_SITE = 'The Origin is not allowed to open a connection with these credentials';

/**
 * Returns `true` if a browser adds the credentials of a scheme to the requests of any page: cookies and cached passwords. CORS does not
 * apply to WebSockets (RFC 6455 section 10.2). A scheme that finds credentials elsewhere may read a cookie, even if it belongs to OAuth.
 *
 * @param isSentByPage if `true`, the page has sent the `Authorization` itself
 */
export function isAmbient(scheme: Scheme, isSentByPage: boolean): boolean {
  const { ambient, oauth } = scheme;
  return ambient ?? (scheme.presents !== undefined || (oauth !== true && !isSentByPage));
}
