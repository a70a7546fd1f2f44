import { apr1 } from './formats/apr1.js';
import { argon2 } from './formats/argon2.js';
import { bcrypt } from './formats/bcrypt.js';
import { scrypt } from './formats/scrypt.js';
import { sha1 } from './formats/sha1.js';
import { shaCrypt } from './formats/sha.crypt.js';
import { isInstalled, missing } from '../common/library.js';
import type { HashFormat, StoredHash } from './stored.hash.js';

const FORMATS: readonly HashFormat[] = [argon2, bcrypt, scrypt, shaCrypt, apr1, sha1];

const MEND = 'make a hash with npx nestjs-http-auth hash';

/** Whether a text begins as hashes do, and must not be taken for a password. */
export function looksLikeHash(text: string): boolean {
  return /^\$|^\{[A-Z0-9-]+\}/.test(text);
}

/**
 * Reads a stored hash.
 *
 * @returns the hash, or what is wrong with it: a text for sentences such as "the password of alice is …", without the hash
 */
export function readHash(text: string): StoredHash | string {
  const format = FORMATS.find(({ prefix }) => prefix.test(text));
  if (format !== undefined) {
    const hash = format.read(text);
    if (hash === undefined) return `${format.name} that is malformed or out of bounds: ${MEND}`;
    const { name, library } = format;
    return library === undefined || isInstalled(library) ? hash : `${name}, which ${missing(library)}`;
  }
  if (looksLikeHash(text)) return `a hash of a kind that is not known here: ${MEND}`;
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return `a DES crypt hash or plain text, neither of which is safe: ${MEND}`;
  return `plain text: ${MEND}`;
}
