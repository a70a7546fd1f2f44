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
function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

/**
 * Returns `true` if a page of another site may have sent a request without the knowledge of the user. Browsers state the origin of the
 * page in `Origin`, or at least its relation to this host in `Sec-Fetch-Site`. Other clients send neither field.
 */
export function isFromOtherSite(request: HttpRequest, origins: Origins): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return !isAllowed(origin, request, origins);
  // A script element sends no Origin, but browsers name the relation (Fetch Metadata).
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function isAllowed(origin: string, request: HttpRequest, origins: Origins): boolean {
  if (typeof origins === 'function') return (origins(origin, request) as unknown) === true;
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
