import { type HttpRequest, originForm } from '../http/request.js';
import { resourceOf } from '../response/resource.url.js';
import type { TicketRecord } from './ticket.store.js';

/**
 * Returns why a request may not use a ticket, or `undefined` if it may.
 *
 * A page of another origin always sends `Origin` with an `EventSource` and with a WebSocket. A page of the same origin does not send it
 * with an `EventSource` (Fetch standard, section 3.2); `Sec-Fetch-Site` then tells if another site has sent the request.
 */
export function bindingProblem({ resource, path, origin }: TicketRecord, request: HttpRequest): string | undefined {
  if (pathOf(request) !== path) return 'The ticket is for another path';
  // RFC 9728 section 7.4: a token for one resource must not open another one.
  if (resourceOf(request) !== resource) return 'The ticket is for another resource';
  if (origin === undefined) return undefined;
  const { origin: sender, 'sec-fetch-site': site } = request.headers;
  const fits = sender === undefined ? site === undefined || site === 'same-origin' : sender === origin;
  return fits ? undefined : 'The ticket is for another origin';
}

/** Returns the path of a request, as the client has sent it. Express moves the path of a mounted application to `baseUrl`. */
function pathOf(request: HttpRequest & { readonly baseUrl?: string }): string {
  const [path = ''] = originForm(request.url).split('?');
  return (request.baseUrl ?? '') + path;
}

/**
 * Returns a path in the form in which clients send it: without dot segments, and percent-encoded (URL standard).
 *
 * @returns `undefined` if the string is not a path
 */
export function sentPath(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^\/(?![/\\])[^?#\\\s\p{Cc}]*$/u.test(text)) return undefined;
  return new URL(text, 'http://localhost').pathname;
}
