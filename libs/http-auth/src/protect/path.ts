import { originForm } from '../http/request.js';

/** The maximum number of decodings of a path: by a proxy, by a router, and by the code behind the router. */
const DECODINGS = 3;

/**
 * Returns the paths that a request target may refer to, in one form: in lower case, without empty segments, parameters
 * and a trailing slash. Routers decode different characters and treat dot segments differently, so one protected path is
 * enough to require credentials.
 *
 * @param target a path with its query, or an absolute URI (RFC 9112 section 3.2)
 */
export function readingsOf(target: string): string[] {
  const readings = new Set<string>();
  let path = originForm(target).replace(/[?#].*$/s, '');
  for (let decodings = 0; decodings <= DECODINGS; decodings++) {
    const segments = segmentsOf(path);
    readings.add(`/${segments.join('/')}`);
    readings.add(`/${withoutDots(segments).join('/')}`);
    const decoded = decode(path);
    if (decoded === path) break;
    path = decoded;
  }
  return [...readings];
}

/** Returns `true` if a path is the root or is below it. Both are readings. */
export function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

function segmentsOf(path: string): string[] {
  return path
    .toLowerCase()
    .split(/[/\\]/)
    .map((segment) => segment.replace(/;.*$/s, '').replaceAll('\0', ''))
    .filter((segment) => segment !== '' && segment !== '.');
}

/** Resolves `..` (RFC 3986 section 5.2.4). */
function withoutDots(segments: readonly string[]): string[] {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === '..') resolved.pop();
    else resolved.push(segment);
  }
  return resolved;
}

/** Decodes what can be decoded, and leaves the rest as it is. */
function decode(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (octets) => Buffer.from(octets.replaceAll('%', ''), 'hex').toString());
}
