import type { IncomingMessage } from 'node:http';
import { schemeOf } from '../http/credentials.js';
import type { HttpRequest } from '../http/request.js';
import type { Authenticated } from '../response/exchange.js';
import type { Scheme } from '../schemes/scheme.js';
import type { Policy } from './policy.js';

/** Returns `true` if pages of an origin may open WebSockets with ambient credentials. Anything but `true` refuses them. */
export type OriginPredicate = (origin: string, request: HttpRequest) => boolean;

/** The pages that may open WebSockets with ambient credentials. */
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
 * Returns `true` if a page of another origin may have opened the WebSocket without the knowledge of the user. Browsers add cookies and
 * cached passwords to the handshake of any page, and CORS does not apply to it (RFC 6455 section 10.2).
 *
 * @param request a handshake; its `Authorization` may come from a subprotocol
 * @param earlier the scheme that has authenticated the handshake already, e.g. on a protected path
 */
export function isCrossSite(
  policy: Policy,
  request: HttpRequest,
  origins: Origins,
  earlier: Authenticated | undefined,
): boolean {
  const scheme = earlier?.scheme ?? presentedScheme(policy, request);
  if (scheme === undefined || !isAmbient(scheme)) return false;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return !isAllowed(origin, request, origins);
  // A script element sends no Origin, but browsers name the relation (Fetch Metadata). Other clients do not send the field.
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Returns the scheme that the credentials of the request belong to. */
function presentedScheme({ byName, schemes }: Policy, request: HttpRequest): Scheme | undefined {
  const field = request.headers.authorization;
  if (field !== undefined) return byName.get(schemeOf(field) ?? '');
  return schemes.find((scheme) => scheme.presents?.(request) === true);
}

function isAmbient({ ambient, oauth }: Scheme): boolean {
  return ambient ?? oauth !== true;
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
