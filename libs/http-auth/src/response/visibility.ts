import type { ServerResponse } from 'node:http';

/**
 * Lets a script of another origin read a field, where the application lets it read the response at all (Fetch standard,
 * CORS-exposed header-name). What the application exposes stays exposed.
 */
export function expose(response: ServerResponse, field: string): void {
  if (!response.hasHeader('Access-Control-Allow-Origin')) return;
  append(response, 'Access-Control-Expose-Headers', field);
}

/**
 * Keeps caches from giving one client what another one was answered: `Vary`, and `Cache-Control: private` where the
 * application has said nothing of caching (RFC 9111 sections 3.5, 4.1 and 5.2.2.7).
 */
export function forOneClient(response: ServerResponse, credentials: string): void {
  append(response, 'Vary', credentials);
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'private');
}

/** Adds an element to a field that is a list of names, unless it is there. */
function append(response: ServerResponse, field: string, name: string): void {
  const elements = [response.getHeader(field) ?? []].flat().map(String);
  const names = elements.flatMap((value) => value.split(',')).map((value) => value.trim().toLowerCase());
  if (names.includes(name.toLowerCase()) || (field === 'Vary' && names.includes('*'))) return;
  response.setHeader(field, [...elements, name].join(', '));
}
