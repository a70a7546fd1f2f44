import { type HttpRequest, originForm, sentTarget } from '../../http/request.js';

/**
 * An http or https URI of a plain authority (RFC 9110 section 4.2): without user information, and with a host that has one spelling. Its
 * query and its fragment do not matter (RFC 9449 section 4.3).
 */
const URI = /^(https?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]*))?(\/[^?#]*)?(?:[?#][^]*)?$/i;

/** Visible ASCII without `?`, `#` and the backslash, which some software reads as a slash. */
const PATH = /^\/[!-"$->@-[\]-~]*$/;

/** A path segment that a client removes before it sends a request (RFC 3986 section 5.2.4). */
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * Returns the normal form of a URI without its query and its fragment: scheme and host in lower case, no default port, no empty path, no
 * percent-encodings of unreserved characters (RFC 3986 sections 6.2.2 and 6.2.3). It does not use `URL`, which returns the same URI for
 * several that a server may distinguish.
 *
 * @returns `undefined` if it is not such a URI, or has dot segments
 */
export function normalUri(uri: string): string | undefined {
  const [, scheme = '', host = '', port = '', path = '/'] = URI.exec(uri) ?? [];
  const normal = normalPath(path);
  if (scheme === '' || normal === undefined) return undefined;
  const name = scheme.toLowerCase();
  const suffix = port === '' || port === DEFAULT_PORTS[name] ? '' : `:${port}`;
  return `${name}://${host.toLowerCase()}${suffix}${normal}`;
}

/**
 * Returns the normal form of the path of a request, as the client sent it: frameworks and middleware may have rewritten `url` since.
 *
 * @returns `undefined` if the target has no path, or has dot segments
 */
export function targetPath(request: HttpRequest): string | undefined {
  // The authority of an absolute form is chosen by the client, like `Host`.
  const target = originForm(sentTarget(request));
  const query = target.search(/[?#]/);
  const path = query === -1 ? target : target.slice(0, query);
  return normalPath(path === '' ? '/' : path);
}

function normalPath(path: string): string | undefined {
  if (!PATH.test(path) || /%(?![0-9a-f]{2})/i.test(path)) return undefined;
  const normal = path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(parseInt(encoded.slice(1), 16));
    // `unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"` (RFC 3986 section 2.3)
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  });
  return DOT_SEGMENT.test(normal) ? undefined : normal;
}
