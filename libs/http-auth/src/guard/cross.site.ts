import { isFromOtherSite, type Origins } from '../http/origin.js';
import type { HttpRequest } from '../http/request.js';
import type { Authenticated } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { pick } from './pick.js';
import type { Policy } from './policy.js';

/**
 * Returns `true` if a page of another origin may have opened the WebSocket without the knowledge of the user. Browsers add cookies and
 * cached passwords to the handshake of any page, and CORS does not apply to it (RFC 6455 section 10.2).
 *
 * @param request a handshake; its `Authorization` may come from a subprotocol
 * @param earlier the scheme that has authenticated the handshake already, e.g. on a protected path
 * @param isSentByPage if `true`, the page has sent the `Authorization` itself, so the browser has not added it
 */
export function isCrossSite(
  policy: Policy,
  request: HttpRequest,
  origins: Origins,
  earlier: Authenticated | undefined,
  isSentByPage = false,
): boolean {
  const scheme = earlier?.scheme ?? presentedScheme(policy, request);
  return scheme !== undefined && isAmbient(scheme, isSentByPage) && isFromOtherSite(request, origins);
}

/** Returns the scheme that the credentials of the request belong to. */
function presentedScheme(policy: Policy, request: HttpRequest): Scheme | undefined {
  const scheme = pick(policy, request);
  return scheme instanceof Failure ? undefined : scheme;
}

/** A scheme that finds credentials elsewhere may read a cookie, even if it belongs to OAuth. */
function isAmbient(scheme: Scheme, isSentByPage: boolean): boolean {
  const { ambient, oauth } = scheme;
  return ambient ?? (scheme.presents !== undefined || (oauth !== true && !isSentByPage));
}
