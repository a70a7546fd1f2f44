import { timingSafeEqual } from 'node:crypto';
import type { Algorithm } from './digest.algorithm.js';
import type { DigestCredentials } from './digest.credentials.js';

/** The parts of credentials that are hashed into the response. */
export type Hashed = Pick<DigestCredentials, 'nonce' | 'nc' | 'cnonce' | 'uri'>;

/**
 * Returns HA1, the hash of the username, the realm and the password (RFC 7616 section 3.4.2). It is worth the password within its realm.
 *
 * @param username in Unicode normalization form C
 */
export function ha1Of({ digest }: Algorithm, username: string, realm: string, password: string): string {
  return digest(`${username}:${realm}:${password.normalize('NFC')}`);
}

/** Returns the hash of a username (RFC 7616 section 3.4.4). */
export function userhashOf({ digest }: Algorithm, username: string, realm: string): string {
  return digest(`${username}:${realm}`);
}

/** Returns the key of a request, which differs from HA1 for algorithms with `-sess` (RFC 7616 section 3.4.2). */
export function keyOf({ digest, session }: Algorithm, ha1: string, { nonce, cnonce }: Hashed): string {
  return session ? digest(bytes(`${ha1}:${nonce}:${cnonce}`)) : ha1;
}

/**
 * Returns the response to a challenge with `qop=auth` (RFC 7616 section 3.4.1), or the proof of the server that it knows the key (section
 * 3.5).
 *
 * @param method the method of the request; an empty string for the proof of the server
 */
export function responseOf(
  { digest }: Algorithm,
  key: string,
  { nonce, nc, cnonce, uri }: Hashed,
  method: string,
): string {
  return digest(bytes(`${key}:${nonce}:${nc}:${cnonce}:auth:${digest(bytes(`${method}:${uri}`))}`));
}

/** Compares two hashes in hexadecimal in constant time. */
export function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** A client hashes the bytes that it sends. Node reads a field and a target as ISO-8859-1, one character for each byte. */
function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
