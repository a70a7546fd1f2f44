import { isUtf8 } from 'node:buffer';
import type { AuthParams } from '../../http/auth-param.js';
import { parseCredentials } from '../../http/credentials.js';

/** The credentials of the Digest scheme (RFC 7616 section 3.4). */
export interface DigestCredentials {
  /** The username in Unicode normalization form C, or its hash in lower case if `userhash` is `true`. */
  readonly username: string;
  /** If `true`, `username` is a hash (RFC 7616 section 3.4.4). */
  readonly userhash: boolean;
  readonly realm: string;
  readonly nonce: string;
  /** The request target, as the client has hashed it. */
  readonly uri: string;
  /** The response, in lower case. */
  readonly response: string;
  /** The name of the algorithm, in any case. */
  readonly algorithm: string;
  readonly cnonce: string;
  /** The nonce count: eight hexadecimal digits. */
  readonly nc: string;
}

/** The maximum length of the field. */
const MAX_FIELD = 8192;

/** The maximum of bytes of a username. Normalization takes quadratic time for many combining characters. */
const MAX_USERNAME = 1024;

/** `cnonce` is sent back in a field. */
const CNONCE = /^[\x20-\x7e]+$/;

/** `nc-value = 8LHEX` (RFC 7616 section 3.4) */
const NC = /^[0-9a-f]{8}$/i;

/** A hash in hexadecimal: MD5 has 32 digits, the others have 64. */
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/i;

/** `ext-value = charset "'" [ language ] "'" value-chars` with UTF-8 (RFC 8187 section 3.2) */
const EXTENDED = /^utf-8'[a-z0-9-]*'((?:[a-z0-9!#$&+.^_`|~-]|%[0-9a-f]{2})*)$/i;

/**
 * Parses an `Authorization` field of the Digest scheme strictly (RFC 7616 section 3.4). `qop` must be `auth`: the response without it, of
 * RFC 2069, has no count and can be replayed.
 *
 * @returns `undefined` if the field is malformed: a parameter is missing, occurs twice, or has an invalid value
 */
export function parseDigestCredentials(field: string): DigestCredentials | undefined {
  const params = field.length > MAX_FIELD ? undefined : parseCredentials(field)?.params;
  if (params === undefined) return undefined;
  const { realm, nonce, uri, response, cnonce, nc, qop, algorithm = 'MD5', userhash = 'false' } = params;
  if (realm === undefined || nonce === undefined || uri === undefined || qop?.toLowerCase() !== 'auth')
    return undefined;
  if (response === undefined || !HASH.test(response)) return undefined;
  if (nc === undefined || !NC.test(nc) || cnonce === undefined || !CNONCE.test(cnonce)) return undefined;
  const isHash = userhash.toLowerCase() === 'true';
  if (!isHash && userhash.toLowerCase() !== 'false') return undefined;
  const username = isHash ? hashOf(params) : usernameOf(params);
  if (username === undefined) return undefined;
  return { username, userhash: isHash, realm, nonce, uri, response: response.toLowerCase(), algorithm, cnonce, nc };
}

/** A hash is always in `username` (RFC 7616 section 3.4.4). */
function hashOf({ username, 'username*': extended }: AuthParams): string | undefined {
  return username === undefined || extended !== undefined || !HASH.test(username) ? undefined : username.toLowerCase();
}

/** Exactly one of `username` and `username*` is present (RFC 7616 section 3.4). */
function usernameOf({ username, 'username*': extended }: AuthParams): string | undefined {
  if ((username === undefined) === (extended === undefined)) return undefined;
  const bytes = extended === undefined ? Buffer.from(username ?? '', 'latin1') : extendedBytes(extended);
  // Node reads a field as ISO-8859-1, one character for each byte.
  if (bytes === undefined || bytes.length > MAX_USERNAME || !isUtf8(bytes)) return undefined;
  const text = bytes.toString();
  return /\p{Cc}/u.test(text) ? undefined : text.normalize('NFC');
}

function extendedBytes(value: string): Buffer | undefined {
  const encoded = EXTENDED.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  return Buffer.from(
    encoded.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1',
  );
}
