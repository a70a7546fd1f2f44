import { type AuthElement, formatElement, readElement } from './auth-param.js';
import { EMPTY_ELEMENTS, OWS, Scanner, TOKEN, TOKEN68 } from './grammar.js';

/** The credentials of an `Authorization` field: an auth-scheme with a token68 or auth-params (RFC 9110 section 11.4). */
export type Credentials = AuthElement;

/**
 * The text of credentials, e.g. `Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==`.
 *
 * @throws TypeError where a name is no token or occurs twice, or a value has a control character or is not ASCII
 */
export function formatCredentials(credentials: Credentials): string {
  return formatElement(credentials);
}

/**
 * Reads an `Authorization` or `Proxy-Authorization` field strictly (RFC 9110 section 11.4).
 *
 * @returns the credentials, or `undefined` where the field is not well-formed
 */
export function parseCredentials(field: string): Credentials | undefined {
  const scanner = new Scanner(field);
  const credentials = readElement(scanner);
  scanner.take(credentials?.params === undefined ? OWS : EMPTY_ELEMENTS);
  return scanner.done ? credentials : undefined;
}

const TOKEN68_ALONE = new RegExp(`^(?:${TOKEN.source}) +(${TOKEN68.source})[ \\t]*$`);

/**
 * The token68 of credentials that are nothing but an auth-scheme and that, which is all that Basic and Bearer have; the
 * same as {@link parseCredentials} says, in one look. `undefined` where the field is anything else.
 */
export function token68Of(field: string): string | undefined {
  return TOKEN68_ALONE.exec(field)?.[1];
}

/**
 * The auth-scheme that an `Authorization` field names, in lower case, whatever follows it; `undefined` where the field
 * does not begin with a whole auth-scheme, as in `Basic:dXNlcg==`.
 */
export function schemeOf(field: string): string | undefined {
  return /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: |$)/.exec(field)?.[1]?.toLowerCase();
}
