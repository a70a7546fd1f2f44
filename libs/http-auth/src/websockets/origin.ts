import type { IncomingMessage } from 'node:http';
import type { Policy } from '../guard/policy.js';
import { schemeOf } from '../http/credentials.js';
import type { HttpRequest } from '../http/request.js';
import type { Scheme } from '../schemes/scheme.js';
import type { ResolvedWebSocketOptions } from './websocket.options.js';

/**
 * Returns `true` if a page of another origin may have opened the WebSocket without the knowledge of the user. Browsers add cookies and
 * cached passwords to the handshake of any page, and CORS does not apply to it (RFC 6455 section 10.2).
 *
 * @param request a handshake; its `Authorization` may come from a subprotocol
 */
export function isCrossSite(
  policy: Policy,
  request: HttpRequest,
  origins: ResolvedWebSocketOptions['origins'],
): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  const scheme = presentedScheme(policy, request);
  return scheme !== undefined && isAmbient(scheme) && !isAllowed(origin, request, origins);
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

function isAllowed(origin: string, request: HttpRequest, origins: ResolvedWebSocketOptions['origins']): boolean {
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
