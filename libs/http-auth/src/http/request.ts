import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

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
  /** The address that the request comes from, as the framework makes it out; behind a proxy that takes its settings. */
  readonly ip?: string | undefined;
  /** Node's own request, if the framework wraps it, as Fastify does. */
  readonly raw?: IncomingMessage;
  /** The field lines as they came, names and values in turn. */
  readonly rawHeaders?: readonly string[];
}

/** Returns the path and the query of a request target. The target may also be an absolute URI (RFC 9112 section 3.2). */
export function originForm(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
}

/** Node's own response behind the framework's: Fastify wraps it, Express extends it. */
export function rawResponse(response: ServerResponse | { readonly raw: ServerResponse }): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * Returns the number of field lines with a name. A field of credentials is not a list, so several lines are an attack:
 * each server on the path may read another one (RFC 9110 section 5.3). Node keeps the first and drops the others
 * silently.
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
 * Returns `true` if a browser asks with the request if a page may send the real one (Fetch standard, CORS-preflight
 * request). Such a request never has credentials. A plain OPTIONS request is not a preflight.
 */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
