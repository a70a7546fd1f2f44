import { apr1 } from './formats/apr1.js';
import { argon2 } from './formats/argon2.js';
import { bcrypt } from './formats/bcrypt.js';
import { scrypt } from './formats/scrypt.js';
import { sha1 } from './formats/sha1.js';
import { shaCrypt } from './formats/sha.crypt.js';
import { isInstalled, missing } from '../common/library.js';
import type { HashFormat, StoredHash } from './stored.hash.js';

const FORMATS: readonly HashFormat[] = [argon2, bcrypt, scrypt, shaCrypt, apr1, sha1];

const FIX = 'make a hash with npx nestjs-http-auth hash';

/** Returns `true` if a string starts like a hash and therefore cannot be a password in plain text. */
export function looksLikeHash(text: string): boolean {
  return /^\$|^\{[A-Z0-9-]+\}/.test(text);
}

/**
 * Checks if the package that computes a hash is installed. Returns an error message like {@link readHash}, or `undefined` if no
 * package is missing.
 */
export function packageProblem(text: string): string | undefined {
  const { name, library } = formatOf(text) ?? {};
  return library === undefined || isInstalled(library) ? undefined : `${name}, which ${missing(library)}`;
}

function formatOf(text: string): HashFormat | undefined {
  return FORMATS.find(({ prefix }) => prefix.test(text));
}

/**
 * Parses a stored hash.
 *
 * @returns the hash, or the rest of an error message that starts with "the password of alice is". It never contains the hash.
 */
export function readHash(text: string): StoredHash | string {
  const format = formatOf(text);
  if (format !== undefined) {
    const hash = format.read(text);
    if (hash === undefined) return `${format.name} that is malformed or has parameters out of range; ${FIX}`;
    return packageProblem(text) ?? hash;
  }
  if (looksLikeHash(text)) return `a hash in an unknown format; ${FIX}`;
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return `a DES crypt hash or plain text, and both are unsafe; ${FIX}`;
  return `plain text; ${FIX}`;
}
