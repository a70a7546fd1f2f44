import { type AuthElement, formatElement, readElement } from './auth-param.js';
import { EMPTY_ELEMENTS, OWS, Scanner, TOKEN, TOKEN68 } from './grammar.js';

/** The credentials of an `Authorization` field: an auth-scheme with a token68 or auth-params (RFC 9110 section 11.4). */
export type Credentials = AuthElement;

/** The params of credentials that Digest must not quote (RFC 7616 section 3.4). */
const DIGEST_TOKENS = ['algorithm', 'qop', 'nc', 'userhash', 'username*'];

/**
 * Formats credentials, e.g. `Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==`.
 *
 * @throws TypeError if a name is not a token or occurs twice, or if a value has a control character or is not ASCII
 * @throws TypeError if there are both a token68 and params
 */
export function formatCredentials(credentials: Credentials): string {
  return formatElement(credentials, credentials.scheme.toLowerCase() === 'digest' ? DIGEST_TOKENS : []);
}

/**
 * Parses an `Authorization` or `Proxy-Authorization` field strictly (RFC 9110 section 11.4).
 *
 * @example
 * parseCredentials('Bearer abc'); // { scheme: 'Bearer', token68: 'abc' }
 * @returns the credentials, or `undefined` if the field is not well-formed
 */
export function parseCredentials(field: string): Credentials | undefined {
  const scanner = new Scanner(field);
  const credentials = readElement(scanner);
  scanner.take(credentials?.params === undefined ? OWS : EMPTY_ELEMENTS);
  return scanner.done ? credentials : undefined;
}

const TOKEN68_ALONE = new RegExp(`^(?:${TOKEN.source}) +(${TOKEN68.source})[ \\t]*$`);

/**
 * Returns the token68 of credentials that consist of an auth-scheme and a token68, as Basic and Bearer do. The result is
 * the same as with {@link parseCredentials}, in one step. Returns `undefined` for any other field.
 */
export function token68Of(field: string): string | undefined {
  return TOKEN68_ALONE.exec(field)?.[1];
}

/**
 * Returns the auth-scheme of an `Authorization` field in lower case, regardless of the rest. Returns `undefined` if the
 * field does not begin with a complete auth-scheme, as in `Basic:dXNlcg==`.
 */
export function schemeOf(field: string): string | undefined {
  return /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: |$)/.exec(field)?.[1]?.toLowerCase();
}
