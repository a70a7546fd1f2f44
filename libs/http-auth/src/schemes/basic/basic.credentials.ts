import { parseCredentials } from '../../http/credentials.js';

/** The credentials of the Basic scheme (RFC 7617 section 2). Either may be empty. */
export interface BasicCredentials {
  /** The user-id: everything before the first colon. */
  readonly username: string;
  /** The password: everything after the first colon, further ones included. */
  readonly password: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads an `Authorization` field of the Basic scheme strictly (RFC 7617 section 2).
 *
 * @param latin1 whether text that is not UTF-8 is taken for ISO-8859-1
 * @returns the credentials in Unicode normalization form C, or `undefined` where the field is malformed
 */
export function parseBasicCredentials(field: string, latin1 = false): BasicCredentials | undefined {
  const { token68 = '' } = parseCredentials(field) ?? {};
  const octets = Buffer.from(token68, 'base64');
  // Node's decoder skips what is not base64: only what it gives back unchanged was canonical (RFC 4648 section 3.5).
  if (octets.length === 0 || octets.toString('base64') !== token68) return undefined;

  const userPass = decode(octets, latin1);
  const colon = userPass?.indexOf(':') ?? -1;
  if (userPass === undefined || colon === -1 || /\p{Cc}/u.test(userPass)) return undefined;
  return {
    username: userPass.slice(0, colon).normalize('NFC'),
    password: userPass.slice(colon + 1).normalize('NFC'),
  };
}

function decode(octets: Buffer, latin1: boolean): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return latin1 ? octets.toString('latin1') : undefined;
  }
}
