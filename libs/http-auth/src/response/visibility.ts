import type { Head } from './head.js';

/**
 * Allows scripts of other origins to read a field, if the application allows them to read the response (Fetch standard,
 * CORS-exposed header-name). The fields that the application exposes stay exposed.
 */
export function expose(head: Head, field: string): void {
  if (head.get('Access-Control-Allow-Origin') !== undefined) append(head, 'Access-Control-Expose-Headers', field);
}

/** `Cache-Control` of a response for which the application sets none. */
const DEFAULT_CACHE_CONTROL = 'private, no-cache';

/**
 * Prevents caches from giving the response of one client to another. If the application sets no `Cache-Control`, only this
 * client may store the response, and must revalidate it before each use (RFC 9111 sections 5.2.2.4 and 5.2.2.7). Otherwise
 * the application's field applies to requests with the same credentials (section 4.1).
 *
 * @param credentials the names of the fields that may have credentials, in lower case
 */
export function forOneClient(head: Head, credentials: readonly string[]): void {
  // Lower case, the form in which Node stores names: another form costs a conversion on each access.
  if (head.get('cache-control') === undefined) head.set('cache-control', DEFAULT_CACHE_CONTROL);
  else for (const field of credentials) append(head, 'vary', field);
}

/** Adds a name to a field that is a list of names, unless the list has it. */
function append(head: Head, field: string, name: string): void {
  const value = head.get(field);
  if (value === undefined) return head.set(field, name);
  const lines = [value].flat().map(String);
  const names = lines.flatMap((line) => line.split(',')).map((one) => one.trim().toLowerCase());
  if (names.includes(name.toLowerCase()) || (field === 'vary' && names.includes('*'))) return;
  head.set(field, [...lines, name].join(', '));
}
