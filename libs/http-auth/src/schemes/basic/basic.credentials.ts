import { isUtf8 } from 'node:buffer';
import { token68Of } from '../../http/credentials.js';

/** The credentials of the Basic scheme (RFC 7617 section 2). Either may be empty. */
export interface BasicCredentials {
  /** The user-id: everything before the first colon. */
  readonly username: string;
  /** The password: everything after the first colon, further ones included. */
  readonly password: string;
}

/**
 * Reads an `Authorization` field of the Basic scheme strictly (RFC 7617 section 2).
 *
 * @param latin1 whether text that is not UTF-8 is taken for ISO-8859-1
 * @returns the credentials in Unicode normalization form C, or `undefined` where the field is malformed
 */
export function parseBasicCredentials(field: string, latin1 = false): BasicCredentials | undefined {
  const token68 = token68Of(field) ?? '';
  const octets = Buffer.from(token68, 'base64');
  // Node's decoder skips what is not base64: only what it gives back unchanged was canonical (RFC 4648 section 3.5).
  if (octets.length === 0 || octets.toString('base64') !== token68) return undefined;

  const userPass = decode(octets, latin1);
  const colon = userPass?.indexOf(':') ?? -1;
  if (userPass === undefined || colon === -1) return undefined;
  const [username, password] = [userPass.slice(0, colon), userPass.slice(colon + 1)];
  // Printable ASCII has neither controls nor another normalization form.
  if (/^[\x20-\x7e]*$/.test(userPass)) return { username, password };
  return /\p{Cc}/u.test(userPass)
    ? undefined
    : { username: username.normalize('NFC'), password: password.normalize('NFC') };
}

function decode(octets: Buffer, latin1: boolean): string | undefined {
  if (isUtf8(octets)) return octets.toString('utf8');
  return latin1 ? octets.toString('latin1') : undefined;
}
