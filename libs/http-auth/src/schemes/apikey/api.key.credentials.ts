import { schemeOf, token68Of } from '../../http/credentials.js';
import { countFieldLines, type HttpRequest } from '../../http/request.js';

/** The credentials of an API key. The names are those of the Bearer scheme, so that `tokens()` verifies both. */
export interface ApiKeyCredentials {
  /** The key. */
  readonly token: string;
}

/** Visible ASCII, which every client can put into a field (RFC 9110 section 5.5). */
const KEY = /^[\x21-\x7e]+$/;

/** Returns the key in a field of its own, or `undefined` if the field is malformed or occurs more than once. */
export function parseKeyField(request: HttpRequest, field: string): ApiKeyCredentials | undefined {
  // Node joins several lines to one string.
  if (countFieldLines(request, field) > 1) return undefined;
  const value = request.headers[field];
  return typeof value === 'string' && KEY.test(value) ? { token: value } : undefined;
}

/** Returns the key in the `Authorization` field, as a token68 (RFC 9110 section 11.4); `undefined` if it is malformed. */
export function parseKeyAuthorization(field: string): ApiKeyCredentials | undefined {
  const token = token68Of(field);
  return token === undefined ? undefined : { token };
}

/** Returns `true` if the `Authorization` field names the scheme. */
export function hasKeyAuthorization({ headers: { authorization } }: HttpRequest, scheme: string): boolean {
  return authorization !== undefined && schemeOf(authorization) === scheme.toLowerCase();
}
