import { DOT_REWRITES, fold, type Rewrite, REWRITES, toCompatibleCharacters } from './path.rewrites.js';

/** All paths that a consumer may take a request target for. */
export interface Readings {
  /** As consumers read it that distinguish upper and lower case. The first one is the path as the client wrote it. */
  readonly exact: readonly string[];
  /** As consumers read it that ignore case and similar differences; see `fold()`. */
  readonly folded: readonly string[];
}

/** The reason to respond with 400, for logs. It does not contain data of the client. */
export interface Refusal {
  readonly refused: string;
}

/** Options of reading a request target. */
export interface ReadingOptions {
  /**
   * If `true`, dot segments (`/a/../b`) are allowed. The target is read with them and without them, so a request must
   * satisfy the policies of both paths.
   *
   * @default false: respond with 400
   */
  readonly dotSegments?: boolean;
}

/**
 * The limit for the lengths of all readings of one target together, in characters. It bounds the time that a hostile target
 * takes. Honest targets have fewer than 8 readings, so a path of 2,000 characters still fits.
 */
const MAX_CHARACTERS = 16_384;

/** The limit for the number of readings of one target. */
const MAX_READINGS = 64;

/** The places that rewrites change: percent-encodings, parameters, backslashes, empty segments. */
const AMBIGUOUS = /[%;\\]|\/(?=\/)/g;

/** The limit for ambiguous places in one target. A URL of 2,000 characters inside a path has about 60. */
const MAX_AMBIGUOUS = 128;

/** C0 controls and DEL (RFC 9110 section 5.5 calls them dangerous; URLs cannot contain them: RFC 3986 section 2). */
const CONTROL = /[\0-\x1f\x7f]/; // oxlint-disable-line no-control-regex

/** A dot segment as Windows reads it as well: `.`, `..`, `...`, `.. `. */
const DOTS_ONLY = /\/\.[.\s]*(?:\/|$)/;

/** The same, without the two that RFC 3986 section 3.3 defines. */
const STRANGE_DOTS_ONLY = /\/(?!\.{1,2}(?:\/|$))\.[.\s]*(?:\/|$)/;

/**
 * Applies the rewrites in every order and returns all results. Returns a refusal if a result has a control character or a
 * dot segment, or if there are too many results.
 *
 * @param paths one path, or several spellings of it
 */
export function readingsOf(paths: readonly string[], { dotSegments = false }: ReadingOptions = {}): Readings | Refusal {
  if (paths.some((path) => (path.match(AMBIGUOUS)?.length ?? 0) > MAX_AMBIGUOUS)) {
    return { refused: 'too many percent-encodings, parameters or empty segments' };
  }
  const rewrites = dotSegments ? [...REWRITES, ...DOT_REWRITES] : REWRITES;
  const dots = dotSegments ? STRANGE_DOTS_ONLY : DOTS_ONLY;
  const exact = closure(paths, rewrites, dots);
  if ('refused' in exact) return exact;
  // Every other character is compatible to itself.
  const others = exact.some((path) => /[^\0-\x7f]/.test(path)); // oxlint-disable-line no-control-regex
  const loose = others ? closure(exact, [...rewrites, toCompatibleCharacters], dots) : exact;
  if ('refused' in loose) return loose;
  return { exact, folded: [...new Set(loose.map(fold))] };
}

function closure(paths: readonly string[], rewrites: readonly Rewrite[], dots: RegExp): string[] | Refusal {
  const found = new Set(paths);
  let characters = 0;
  // The loop also visits what is added to the set on the way.
  for (const path of found) {
    characters += path.length;
    if (found.size > MAX_READINGS || characters > MAX_CHARACTERS) return { refused: 'too many readings' };
    if (CONTROL.test(path)) return { refused: 'a control character' };
    if (dots.test(path)) return { refused: 'a dot segment' };
    for (const rewrite of rewrites) found.add(rewrite(path));
  }
  return [...found];
}
