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
  /** Node's own request, where the framework wraps it, as Fastify does. */
  readonly raw?: IncomingMessage;
  /** The field lines as they came, names and values in turn. */
  readonly rawHeaders?: readonly string[];
}

/** Node's own response behind the framework's: Fastify wraps it, Express extends it. */
export function rawResponse(response: ServerResponse | { readonly raw: ServerResponse }): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * How many `Authorization` field lines the request has. The field is no list, so more than one is an attempt to show one
 * party other credentials than another (RFC 9110 section 5.3); Node keeps the first and drops the rest without a word.
 */
export function countAuthorization(request: HttpRequest): number {
  const fields = (request.raw ?? request).rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (name.length === 13 && name.toLowerCase() === 'authorization') count++;
  }
  return count;
}
