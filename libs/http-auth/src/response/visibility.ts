import type { Head } from './head.js';

/**
 * Lets a script of another origin read a field, where the application lets it read the response at all (Fetch standard,
 * CORS-exposed header-name). What the application exposes stays exposed.
 */
export function expose(head: Head, field: string): void {
  if (head.get('Access-Control-Allow-Origin') !== undefined) append(head, 'Access-Control-Expose-Headers', field);
}

/** What is said of caching where the application says nothing. */
const UNSAID = 'private, no-cache';

/**
 * Keeps caches from giving one client what another one was answered. Where the application has said nothing of caching, only this
 * client may keep the answer, and must ask before it uses it again, whoever it is by then (RFC 9111 sections 5.2.2.4 and 5.2.2.7).
 * Where it has, that stands, for requests with the same credentials (section 4.1).
 */
export function forOneClient(head: Head, credentials: string): void {
  // In lower case, as Node looks for them: any other must be made to be, time and again.
  if (head.get('cache-control') === undefined) head.set('cache-control', UNSAID);
  else append(head, 'vary', credentials);
}

/** Adds a name to a field that is a list of names, unless it is there. */
function append(head: Head, field: string, name: string): void {
  const value = head.get(field);
  if (value === undefined) return head.set(field, name);
  const lines = [value].flat().map(String);
  const names = lines.flatMap((line) => line.split(',')).map((one) => one.trim().toLowerCase());
  if (names.includes(name.toLowerCase()) || (field === 'vary' && names.includes('*'))) return;
  head.set(field, [...lines, name].join(', '));
}
