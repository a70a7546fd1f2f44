/**
 * Changes a path in the way that some server, router or file system does. A rewrite returns the path as it is if there is
 * nothing to change. The result starts with a slash if the path does.
 */
export type Rewrite = (path: string) => string;

/**
 * The rewrites that a consumer may apply, in any order and any number of times. No consumer applies all of them. The comment
 * of each rewrite gives an example.
 */
export const REWRITES: readonly Rewrite[] = [
  // Each decoder: Express parameters, `send`, a proxy in front of the server (RFC 3986 section 2.1).
  (path) => (path.includes('%') ? path.replace(/(?:%[0-9a-f]{2})+/gi, decodeRun) : path),
  // Code that decodes a target before it looks for the query or the fragment.
  (path) => path.replace(/[?#].*$/s, ''),
  // Fastify with `useSemicolonDelimiter`.
  (path) => path.replace(/;.*$/s, ''),
  // Java servers and proxies: each segment loses its parameters (RFC 3986 section 3.3).
  (path) => (path.includes(';') ? path.replace(/;[^/]*/g, '') : path),
  // `new URL()`, and file systems on Windows.
  (path) => path.replaceAll('\\', '/'),
  // `new URL(target, base)`: what follows two slashes is an authority (RFC 3986 section 4.2).
  (path) => (path.startsWith('//') ? path.replace(/^\/+[^/]*/, '') || '/' : path),
  // File systems, and Fastify with `ignoreDuplicateSlashes`.
  (path) => (path.includes('//') ? path.replace(/\/{2,}/g, '/') : path),
];

/** The rewrites that remove dot segments (RFC 3986 section 5.2.4), as `path.normalize()` and `new URL()` do it. */
export const DOT_REWRITES: readonly Rewrite[] = [
  (path) => withoutDotSegments(path, (segment) => segment),
  (path) => withoutDotSegments(path, (segment) => segment.replaceAll(/%2e/gi, '.')),
];

/** Replaces characters by equivalent characters, as some file systems and proxies do: `／` becomes a slash. */
export const toCompatibleCharacters: Rewrite = (path) =>
  path.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');

/**
 * Folds a path as routers and file systems that ignore case do, and as Windows does, which ignores dots and spaces at the
 * end of a segment. Empty segments disappear.
 */
export function fold(path: string): string {
  // Upper case first: only there `ß` equals `ss`.
  const segments = toCompatibleCharacters(path).toUpperCase().toLowerCase().split('/');
  return `/${segments.map(trimEnd).filter(Boolean).join('/')}`;
}

/** Removes dots and spaces from the end. A regular expression would take quadratic time for many spaces. */
function trimEnd(segment: string): string {
  let end = segment.length;
  while (end > 0 && /[.\s]/.test(segment.charAt(end - 1))) end--;
  return segment.slice(0, end);
}

/** Decodes bytes that are not valid UTF-8 to U+FFFD, so that all other bytes are decoded. */
function decodeRun(encoded: string): string {
  return Buffer.from(encoded.replaceAll('%', ''), 'hex').toString();
}

function withoutDotSegments(path: string, read: Rewrite): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    const meaning = read(segment);
    if (meaning === '..') kept.pop();
    else if (meaning !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
