import { isUtf8 } from 'node:buffer';
import { token68Of } from '../../http/credentials.js';

/** The credentials of the Basic scheme (RFC 7617 section 2). Either may be empty. */
export interface BasicCredentials {
  /** The user-id: everything before the first colon. */
  readonly username: string;
  /** The password: everything after the first colon, further ones included. */
  readonly password: string;
}

/** Canonical base64: with its padding, and with no bits left over in the last character (RFC 4648 sections 3.2 and 3.5) */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/**
 * Reads an `Authorization` field of the Basic scheme strictly (RFC 7617 section 2).
 *
 * @returns the credentials in Unicode normalization form C, or `undefined` where the field is malformed
 */
export function parseBasicCredentials(field: string): BasicCredentials | undefined {
  return read(field, false);
}

/** The same, but that text which is not UTF-8 is taken for ISO-8859-1. */
export function parseLatin1Credentials(field: string): BasicCredentials | undefined {
  return read(field, true);
}

function read(field: string, latin1: boolean): BasicCredentials | undefined {
  const token68 = token68Of(field);
  if (token68 === undefined || !BASE64.test(token68)) return undefined;
  // atob() takes half the time of a Buffer, and each request pays for it.
  const octets = atob(token68);

  // Printable ASCII is its own UTF-8, without controls and in normalization form C.
  if (/^[\x20-\x7e]*$/.test(octets)) return split(octets);
  const userPass = decode(Buffer.from(octets, 'latin1'), latin1);
  return userPass === undefined || /\p{Cc}/u.test(userPass) ? undefined : split(userPass.normalize('NFC'));
}

/** `user-pass = user-id ":" password`, where the user-id has no colon (RFC 7617 section 2). */
function split(userPass: string): BasicCredentials | undefined {
  const colon = userPass.indexOf(':');
  if (colon === -1) return undefined;
  // Requests of one connection share them.
  return Object.freeze({ username: userPass.slice(0, colon), password: userPass.slice(colon + 1) });
}

function decode(octets: Buffer, latin1: boolean): string | undefined {
  if (isUtf8(octets)) return octets.toString('utf8');
  return latin1 ? octets.toString('latin1') : undefined;
}
