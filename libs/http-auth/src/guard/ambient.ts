import { isFromOtherSite } from '../http/origin.js';
import type { ConnectionSource, Exchange } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import type { Policy } from './policy.js';

/** The message for a connection that a page of another site has opened. */
const CROSS_SITE = 'The Origin is not allowed to open a connection with these credentials';

/** Returns the connection that a request opens, or `undefined` if it does not open a connection. A policy of connections always has one. */
export function connectionSourceOf(policy: Policy, exchange: Exchange): ConnectionSource | undefined {
  const { opens, origins = 'same' } = policy;
  return exchange.connection ?? (opens === 'connection' ? { origins } : undefined);
}

/** Returns the failure if a page of another site may have opened a connection with the credentials of a user. */
export function originFailure(
  scheme: Scheme,
  { origins, isSentByPage = false }: ConnectionSource,
  { request }: Exchange,
): Failure | undefined {
  if (!isAmbient(scheme, isSentByPage) || !isFromOtherSite(request, origins)) return undefined;
  return new Failure('forbidden', scheme.name, 403, { crossSite: true, message: CROSS_SITE, body: CROSS_SITE });
}

/**
 * Returns `true` if a browser adds the credentials of a scheme to the requests of any page: cookies and cached passwords. CORS does not
 * apply to WebSockets (RFC 6455 section 10.2). A scheme that finds credentials elsewhere may read a cookie, even if it belongs to OAuth.
 *
 * @param isSentByPage if `true`, the page has sent the `Authorization` itself
 */
function isAmbient(scheme: Scheme, isSentByPage: boolean): boolean {
  const { ambient, oauth } = scheme;
  return ambient ?? (scheme.presents !== undefined || (oauth !== true && !isSentByPage));
}
