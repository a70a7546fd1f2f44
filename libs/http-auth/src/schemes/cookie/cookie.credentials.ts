import type { HttpRequest } from '../../http/request.js';

/** The credentials in a cookie. The names are the same as in the Bearer scheme, so that `jwt()` and `tokens()` verify both. */
export interface CookieCredentials {
  /** The value of the cookie as the client sent it: percent-encoding is not decoded, and a signature is not removed. */
  readonly token: string;
}

/** `1*cookie-octet` (RFC 6265 section 4.1.1). It has no quotes, because servers do not agree if they belong to the value. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * White space around a name (RFC 6265 section 5.2). `trim()` would also remove U+00A0: browsers store `\u00A0__Host-sid` without the rules
 * of the prefix.
 */
const AROUND = /^[ \t]+|[ \t]+$/g;

/**
 * Returns the values of all cookies with a name (RFC 6265 section 4.2.1), as the client sent them. Other cookies may break the grammar,
 * because the application does not control all scripts that set cookies.
 *
 * White space between the name and the equals sign is not allowed, but most parsers ignore it. So such a cookie counts, and the result has
 * the white space, which makes it malformed.
 */
export function cookiesOf({ headers: { cookie } }: HttpRequest, name: string): string[] {
  if (cookie === undefined || !cookie.includes(name)) return [];
  const values: string[] = [];
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).replace(AROUND, '') !== name) continue;
    const rest = pair.slice(pair.indexOf(name) + name.length);
    values.push(rest.startsWith('=') ? rest.slice(1) : rest);
  }
  return values;
}

/**
 * Returns the credentials in a cookie, or `undefined` if its value is malformed or the cookie occurs more than once.
 *
 * Cookies with the same name have different paths or domains, but the request does not contain these. Another host of the same domain
 * may have set one of them, to replace the session of the user (RFC 6265 section 8.6).
 */
export function parseCookie(request: HttpRequest, name: string): CookieCredentials | undefined {
  const [token, second] = cookiesOf(request, name);
  return token !== undefined && second === undefined && VALUE.test(token) ? { token } : undefined;
}

/** Shorter parts of a cookie are not cut out of errors: they are not secret, and the errors would not be readable. */
const SHORTEST = 8;

/**
 * Returns the strings that an error may quote of a cookie: its value, the decoded value, and the value without a signature. The stores of
 * `express-session` and `@fastify/session` quote the last one, which is the id of the session.
 */
export function secretsOfCookie(value: string): string[] {
  const decoded = decode(value);
  const signed = decoded.replace(/^s:/, '');
  const id = signed.slice(0, Math.max(0, signed.lastIndexOf('.')));
  return [value, ...[decoded, signed, id].filter(({ length }) => length >= SHORTEST)];
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
