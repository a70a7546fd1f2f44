import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from './request.js';

/** Returns `true` if pages of an origin may send requests with ambient credentials. Anything but `true` refuses them. */
export type OriginPredicate = (origin: string, request: HttpRequest) => boolean;

/** The pages that may send requests with ambient credentials: those of this host, those of a list, or those of a function. */
export type Origins = 'same' | readonly string[] | OriginPredicate;

/** Checks the option `origins`. Returns an error message, or `undefined` if it is valid. */
export function originsProblem(origins: unknown): string | undefined {
  if (origins === 'same' || typeof origins === 'function') return undefined;
  if (!Array.isArray(origins)) return "origins must be 'same', a list of origins, or a function";
  const wrong = origins.map(String).find((origin) => !isOrigin(origin));
  if (wrong === undefined) return undefined;
  return `origins: '${wrong}' is not an origin; write scheme, host and port only, e.g. https://app.example`;
}

/** Returns `true` for an origin in the form in which browsers send it (RFC 6454 section 6.2). */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

/**
 * Returns `true` if a page of another site may have sent a request without the knowledge of the user. Browsers state the origin of the
 * page in `Origin`, or its relation to this host in `Sec-Fetch-Site`. Since 2020, every browser sends `Origin` with each WebSocket and with
 * each unsafe request of another site. Other clients send neither field.
 */
export function isFromOtherSite(request: HttpRequest, origins: Origins): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  // The browser knows the URL that it has sent the request to, which a proxy may change. On a page with `Referrer-Policy: no-referrer`, which
  // is the default of helmet, the `Origin` of a form is `null` (Fetch standard, "append a request `Origin` header").
  if (origins === 'same' && site !== undefined) return !isOwn(site);
  if (origin !== undefined) return !isAllowed(origin, request, origins);
  // A script element does not send an Origin, but browsers name the relation (Fetch Metadata).
  return site !== undefined && !isOwn(site);
}

/** Returns `true` if a page of this origin, or the user, has sent the request (Fetch Metadata, section 2.1). */
function isOwn(site: string | string[]): boolean {
  return site === 'same-origin' || site === 'none';
}

function isAllowed(origin: string, request: HttpRequest, origins: Origins): boolean {
  if (typeof origins === 'function') {
    const result: unknown = origins(origin, request);
    // An async function is a mistake, and refuses the origin. Without a handler, its rejection would end the process.
    if (typeof result !== 'boolean') Promise.resolve(result).catch(() => undefined);
    return result === true;
  }
  return origins === 'same' ? isSameOrigin(origin, request) : origins.includes(origin);
}

/**
 * Compares the origin with the host that the client has connected to. An `https` page of this host is accepted on a connection without
 * TLS as well, because a proxy may terminate it. The opposite is refused, because an attacker on the network can change an `http` page.
 */
function isSameOrigin(origin: string, request: HttpRequest): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (protocol !== 'https:' && (protocol !== 'http:' || isSecure(request))) return false;
  const own = `${protocol}//${hostOf(request) ?? ''}`;
  return URL.canParse(own) && new URL(own).host === host;
}

/** The properties of Express's and Fastify's requests that respect the setting for proxies. */
type FrameworkRequest = HttpRequest & { readonly protocol?: string; readonly host?: string };

function isSecure(request: FrameworkRequest): boolean {
  const { socket } = (request.raw ?? request) as Partial<IncomingMessage>;
  return request.protocol === 'https' || (socket as { encrypted?: boolean } | undefined)?.encrypted === true;
}

function hostOf({ host, headers }: FrameworkRequest): string | undefined {
  return typeof host === 'string' ? host : headers.host;
}
