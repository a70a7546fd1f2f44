import { type Readings, type ReadingOptions, readingsOf, type Refusal } from './readings.js';

/**
 * The scheme and a plain authority of an absolute form (RFC 9112 section 3.2.2). A plain authority is a name of letters,
 * digits, `.`, `-` and `_`, or an IP address. It may have a port. User information and percent-encodings are not allowed. A
 * path must follow.
 */
const SCHEME_AND_AUTHORITY = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]*)?(?=\/)/i;

/** Path characters (RFC 3986 section 3.3) without `;`, `%` and `.`; no empty segment, and single dots only. */
const PLAIN = /^(?:\/\.?[\w~!$&'()*+,=:@-]+(?:\.[\w~!$&'()*+,=:@-]+)*)*\/?$/;

/** Characters that no path contains (RFC 3986 section 3.3), but that Node accepts or HTTP/2 brings in. */
const FORBIDDEN = /[\0-\x20\x7f\\#]/; // oxlint-disable-line no-control-regex

/**
 * Percent-encodings of bytes that have no other spelling in a path (RFC 3986 section 2), so they do not make a second
 * reading: space, `"`, `<`, `>`, `[`, `]`, `^`, a backtick, `{`, `|`, `}`, and all bytes above 7F.
 */
const ONLY_ENCODED = /(?:%(?:2[02]|3[CE]|5[BDE]|60|7[B-D]|[89A-F][0-9A-F]))+/gi;

/**
 * Reads a request target (RFC 9112 section 3.2): a path with its query, or an absolute URI of a plain authority. Nothing
 * after the first `?` matters. Returns all readings of the path, or a refusal if no honest client sends the target.
 *
 * The other two forms name no path, so they are refused: `*` (of `OPTIONS`) and `host:port` (of `CONNECT`).
 */
export function readTarget(target: string, options?: ReadingOptions): Readings | Refusal {
  const query = target.indexOf('?');
  const beforeQuery = query === -1 ? target : target.slice(0, query);
  const path = beforeQuery.startsWith('/') ? beforeQuery : beforeQuery.replace(SCHEME_AND_AUTHORITY, '');
  if (!path.startsWith('/')) return { refused: 'neither a path nor a URL with a plain authority' };
  const absolute = path !== beforeQuery;
  if (!absolute && PLAIN.test(path)) return { exact: [path], folded: [path.toLowerCase()] };
  if (FORBIDDEN.test(path)) return { refused: 'a control character, a space, a backslash or a fragment' };
  const text = decodeBytes(path);
  if (text === undefined || !isEncodedUtf8(text)) return { refused: 'a malformed percent-encoding or not UTF-8' };
  // Some code takes a target for a path in any case, so an absolute URI is one more path.
  const paths = absolute ? [text, path, `/${beforeQuery}`] : [text, path];
  return readingsOf([...new Set(paths.map(decodeOnlyEncoded))], options);
}

/**
 * Decodes the percent-encodings of bytes that have no other spelling in a path.
 *
 * @param path with valid percent-encodings of UTF-8
 */
export function decodeOnlyEncoded(path: string): string {
  return path.replace(ONLY_ENCODED, decodeURIComponent);
}

/**
 * Reads bytes above 7F, which reach Node on HTTP/2 only, as UTF-8. Node has one character for each byte. Returns `undefined`
 * if the bytes are not valid UTF-8.
 */
function decodeBytes(path: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/^[\0-\x7f]*$/.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString();
  return bytes.toString('latin1') === path && Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Returns `false` if a `%` does not start a percent-encoding, or if the bytes are not UTF-8. */
function isEncodedUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
