import type { Head } from './head.js';

/**
 * Lets a script of another origin read a field, where the application lets it read the response at all (Fetch standard,
 * CORS-exposed header-name). What the application exposes stays exposed.
 */
export function expose(head: Head, field: string): void {
  if (head.get('Access-Control-Allow-Origin') !== undefined) append(head, 'Access-Control-Expose-Headers', field);
}

/**
 * Keeps caches from giving one client what another one was answered: `Vary`, and `Cache-Control: private` where the
 * application has said nothing of caching (RFC 9111 sections 3.5, 4.1 and 5.2.2.7).
 */
export function forOneClient(head: Head, credentials: string): void {
  // In lower case, as Node looks for them: any other must be made to be, time and again.
  append(head, 'vary', credentials);
  if (head.get('cache-control') === undefined) head.set('cache-control', 'private');
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
