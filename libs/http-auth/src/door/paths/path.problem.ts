import { readingsOf } from './readings.js';
import { decodeOnlyEncoded } from './target.js';

/** Characters of patterns in Express, Fastify and Nest. */
const PATTERN = /[*:(){}[\]?]/;

/** A literal `*`, `:`, `(` or `)`. The other pattern characters are legal in a URL only if they are encoded. */
const ENCODED_PATTERN = /%(?:2[89A]|3A)/gi;

/** Characters that are legal without an encoding (RFC 3986 section 2.3), except `.`: a dot in an encoding hides a segment. */
const UNRESERVED = /[a-z0-9_~-]/i;

/**
 * Checks a path for `protect()`, or for another option. It must be a literal path with one reading. Returns an error message that
 * shows the right spelling, or `undefined` if the path is valid.
 */
export function pathProblem(path: unknown, option = 'protect()'): string | undefined {
  return problemOf(path, option);
}

/** Checks an entry of the option `except`. It must be a valid path at or below the protected path. */
export function exceptionProblem(entry: unknown, root: string): string | undefined {
  const problem = problemOf(entry, 'protect(): except');
  if (problem !== undefined) return problem;
  const [path, protectedPath] = [literalPath(entry as string), literalPath(root)];
  const above = protectedPath === '/' ? '/' : `${protectedPath}/`;
  if (path !== protectedPath && !path.startsWith(above)) {
    return `protect(): except: '${entry as string}' is not below '${root}'; write a path that starts with '${above}'`;
  }
  if (path !== '/' && path === protectedPath && (entry as string).endsWith('/')) {
    return `protect(): except: '${entry as string}' opens everything below '${root}'; remove this protect(), or write '${withoutTrailingSlash(root)}' for this one path`;
  }
  return undefined;
}

/**
 * Returns the path that requests are compared with: decoded, and without a slash at the end.
 *
 * @param path a valid path; see `pathProblem()`
 */
export function literalPath(path: string): string {
  return withoutTrailingSlash(decodeOnlyEncoded(path).replace(ENCODED_PATTERN, decodeURIComponent));
}

function problemOf(path: unknown, option: string): string | undefined {
  if (typeof path !== 'string') {
    return `${option}: ${String(path)} is not a string; write a literal path, e.g. '/docs'`;
  }
  const wrong = (reason: string, fix: string): string => `${option}: '${path}' ${reason}; ${fix}`;
  if (!path.startsWith('/')) {
    return wrong('does not start with a slash', `write '/${path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\/?/i, '')}'`);
  }
  return (
    patternProblem(path, wrong) ??
    characterProblem(path, wrong) ??
    encodingProblem(path, wrong) ??
    readingProblem(path, wrong)
  );
}

type Wrong = (reason: string, fix: string) => string;

function patternProblem(path: string, wrong: Wrong): string | undefined {
  const index = path.search(PATTERN);
  const character = path[index];
  if (character === undefined) return undefined;
  const before = path.slice(0, index);
  if (character === '?' && /^[^*:(){}[\]]*$/.test(path)) {
    return wrong('has a query', `write '${withoutTrailingSlash(before)}'`);
  }
  // `/docs*` and `/docs(.*)` start with the path. `/a:b` and `/a{b}` need the segments before.
  const literal = character === '*' || character === '(' ? before : before.slice(0, before.lastIndexOf('/'));
  return wrong(
    `is a pattern because of '${character}'`,
    `write '${withoutTrailingSlash(literal)}', which includes everything below it, or '${encode(character)}' for the character '${character}'`,
  );
}

function characterProblem(path: string, wrong: Wrong): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f]/.test(path)) return wrong('has a control character', 'remove it');
  if (path.includes('#')) return wrong('has a fragment', `write '${withoutTrailingSlash(path.replace(/#.*$/s, ''))}'`);
  if (path.includes('\\')) return wrong('has a backslash', `write '${path.replaceAll('\\', '/')}'`);
  if (path.includes(';'))
    return wrong('has parameters', `write '${withoutTrailingSlash(path.replace(/;[^/]*/g, ''))}'`);
  return undefined;
}

function encodingProblem(path: string, wrong: Wrong): string | undefined {
  const rest = path.replace(ENCODED_PATTERN, '');
  try {
    decodeURIComponent(rest);
  } catch {
    return wrong('has a malformed percent-encoding', 'write the character itself, or its UTF-8 bytes as %XX');
  }
  const encoded = /%[0-9a-f]{2}/i.exec(decodeOnlyEncoded(rest))?.[0];
  if (encoded === undefined) return undefined;
  const character = decodeURIComponent(encoded);
  if (UNRESERVED.test(character))
    return wrong(`encodes '${character}'`, `write '${path.replaceAll(encoded, character)}'`);
  const parent = withoutTrailingSlash(path.slice(0, path.lastIndexOf('/', path.indexOf(encoded))));
  return wrong(`has '${encoded}', which servers read in several ways`, `write a path without it, e.g. '${parent}'`);
}

function readingProblem(path: string, wrong: Wrong): string | undefined {
  if (path.includes('//')) return wrong('has an empty segment', `write '${path.replace(/\/{2,}/g, '/')}'`);
  const readings = readingsOf([literalPath(path)]);
  if ('refused' in readings || readings.exact.length > 1) {
    return wrong('has a dot segment', `write '${new URL(path, 'http://localhost').pathname}'`);
  }
  return undefined;
}

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function withoutTrailingSlash(path: string): string {
  return path.replace(/\/+$/, '') || '/';
}
