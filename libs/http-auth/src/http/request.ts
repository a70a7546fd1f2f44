import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What Express's and Fastify's requests have in common, as far as authentication reads it. */
export interface HttpRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** The request target (RFC 9112 section 3.2). */
  readonly url: string;
  /** The fields, by lower-case name. */
  readonly headers: IncomingHttpHeaders;
  /** The body, once it is parsed. */
  readonly body?: unknown;
  /** The address that the request comes from, as the framework makes it out; behind a proxy that takes its settings. */
  readonly ip?: string | undefined;
  /** Node's own request, where the framework wraps it, as Fastify does. */
  readonly raw?: IncomingMessage;
  /** The field lines as they came, names and values in turn. */
  readonly rawHeaders?: readonly string[];
}

/** The path of a request target with its query, where the target may be an absolute URI as well (RFC 9112 section 3.2). */
export function originForm(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
}

/** Node's own response behind the framework's: Fastify wraps it, Express extends it. */
export function rawResponse(response: ServerResponse | { readonly raw: ServerResponse }): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * How many field lines of a name the request has. A field of credentials is no list, so more than one is an attempt to show
 * one party other credentials than another (RFC 9110 section 5.3); Node keeps the first and drops the rest without a word.
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
 * Whether a request is a browser's question whether a page may send the real one, which never has credentials (Fetch
 * standard, CORS-preflight request). A plain OPTIONS is none.
 */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
