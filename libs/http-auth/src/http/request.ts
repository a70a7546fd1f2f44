import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The common properties of Express's and Fastify's requests that authentication reads. */
export interface HttpRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** The request target (RFC 9112 section 3.2). */
  readonly url: string;
  /** The fields, by lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** The body, once it is parsed. */
  readonly body?: unknown;
  /** The address of the client, as the framework determines it. Behind a proxy, this requires its trust-proxy setting. */
  readonly ip?: string | undefined;
  /** Node's own request, if the framework wraps it, as Fastify does. */
  readonly raw?: IncomingMessage;
  /** The field lines as the client sent them: name, value, name, value, … */
  readonly rawHeaders?: readonly string[];
}

/** Returns the path and the query of a request target. The target may also be an absolute URI (RFC 9112 section 3.2). */
export function originForm(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
}

/** Returns the request target as the client has sent it: frameworks and middleware may have rewritten `url` since. */
export function sentTarget(request: HttpRequest): string {
  const { originalUrl } = request as { readonly originalUrl?: unknown };
  return typeof originalUrl === 'string' ? originalUrl : request.url;
}

/**
 * Returns an object that is the same for all views of one request: Node's request, the request of the framework, and an object that is
 * derived from it.
 */
export function identityOf(request: HttpRequest): object {
  const sent = request.raw ?? request;
  return sent.rawHeaders ?? sent;
}

/** The parts of the socket of a request that may be missing: requests of messages and of serverless functions have other sockets. */
export type PeerSocket = Partial<Pick<Socket, 'remoteAddress'> & Pick<TLSSocket, 'getPeerCertificate'>>;

/** Returns the socket of a request, or `undefined` for a request that is not of HTTP, e.g. a message. */
export function socketOf(request: HttpRequest): PeerSocket | undefined {
  return (request.raw ?? (request as { readonly socket?: PeerSocket })).socket;
}

/** Returns Node's response. Fastify wraps it, Express extends it. */
export function rawResponse(response: ServerResponse | { readonly raw: ServerResponse }): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * Counts the field lines with a name. A field of credentials must occur once, because it is not a list (RFC 9110 section
 * 5.3): with several lines, a proxy and this server may read different ones. `headers` hides them, because Node keeps only
 * the first.
 *
 * @param name in lower case
 */
export function countFieldLines(request: HttpRequest, name: string): number {
  const fields = (request.raw ?? request).rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < fields.length; index += 2) {
    const field = fields[index] as string;
    if (field.length === name.length && field.toLowerCase() === name) count++;
  }
  return count;
}

/**
 * Returns `true` if the request is a CORS preflight: a browser checks if a page may send the real request (Fetch
 * standard, CORS-preflight request). A preflight never has credentials. A plain OPTIONS request is not a preflight.
 */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Returns `true` if the request asks for an event stream. `EventSource` always sends this field (HTML standard, section 9.2.3). */
export function acceptsEventStream({ method, headers }: Pick<HttpRequest, 'method' | 'headers'>): boolean {
  return method === 'GET' && headers.accept !== undefined && /\btext\/event-stream\b/i.test(headers.accept);
}

/** Returns `true` if the client has disconnected and cannot get a response. */
export function isGone(request: HttpRequest): boolean {
  const { stream, socket } = (request.raw ?? request) as {
    /** HTTP/2 has a stream for each request. */
    readonly stream?: { readonly destroyed: boolean };
    readonly socket?: { readonly destroyed: boolean } | null;
  };
  return (stream ?? socket)?.destroyed === true;
}
