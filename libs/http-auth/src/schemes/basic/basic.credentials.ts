import { isAscii, isUtf8 } from 'node:buffer';
import { token68Of } from '../../http/credentials.js';

/** The credentials of the Basic scheme (RFC 7617 section 2). Both may be empty. */
export interface BasicCredentials {
  /** The user-id: everything before the first colon. */
  readonly username: string;
  /** The password: everything after the first colon, further colons included. */
  readonly password: string;
}

/** The maximum length of the field. It fits credentials of 6,000 bytes, such as a JWT as a password. */
const MAX_FIELD = 8192;

/** The maximum of bytes if they are not all ASCII, because normalization takes quadratic time for many combining characters. */
const MAX_UNICODE = 1024;

/** Canonical base64: padded, and without unused bits in the last character (RFC 4648 sections 3.2 and 3.5) */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/**
 * Parses an `Authorization` field of the Basic scheme strictly (RFC 7617 section 2).
 *
 * @returns the credentials in Unicode normalization form C, or `undefined` if the field is malformed
 */
export function parseBasicCredentials(field: string): BasicCredentials | undefined {
  return parse(field, false);
}

/** Like {@link parseBasicCredentials}, but reads bytes that are not UTF-8 as ISO-8859-1. */
export function parseLatin1Credentials(field: string): BasicCredentials | undefined {
  return parse(field, true);
}

function parse(field: string, latin1: boolean): BasicCredentials | undefined {
  if (field.length > MAX_FIELD) return undefined;
  const token68 = token68Of(field);
  if (token68 === undefined || !BASE64.test(token68)) return undefined;
  const bytes = Buffer.from(token68, 'base64');
  if (bytes.length > MAX_UNICODE && !isAscii(bytes)) return undefined;
  const userPass = decode(bytes, latin1);
  return userPass === undefined || /\p{Cc}/u.test(userPass) ? undefined : split(userPass.normalize('NFC'));
}

/** `user-pass = user-id ":" password`, and the user-id has no colon (RFC 7617 section 2) */
function split(userPass: string): BasicCredentials | undefined {
  const colon = userPass.indexOf(':');
  if (colon === -1) return undefined;
  return { username: userPass.slice(0, colon), password: userPass.slice(colon + 1) };
}

function decode(bytes: Buffer, latin1: boolean): string | undefined {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return latin1 ? bytes.toString('latin1') : undefined;
}
