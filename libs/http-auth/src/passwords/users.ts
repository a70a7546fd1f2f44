import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { plainText } from './formats/plain.js';
import { HashTable } from './hash.table.js';
import { looksLikeHash, readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';
import { type NamedUser, type PasswordVerifier, type PasswordVerifierOptions, verifierOf } from './verifier.js';

/** Options of {@link users}. */
export interface UsersOptions extends PasswordVerifierOptions {
  /**
   * Takes what does not look like a hash for a password: for an example or a test, and for nothing that others can reach.
   *
   * @default false
   */
  readonly plainText?: boolean;
}

/**
 * A verifier of a few users that the configuration names, by the hashes of their passwords.
 *
 * @param hashes a hash for each username: argon2id, bcrypt, scrypt, or any other that `htpasswd()` reads
 * @throws AuthConfigurationError where one of them is none; its sentence names the user, and does not show the hash
 */
export function users<Request extends object = HttpRequest>(
  hashes: Readonly<Record<string, string>>,
  options: UsersOptions = {},
): PasswordVerifier<NamedUser, Request> {
  const known = new Map<string, StoredHash>();
  for (const [name, text] of Object.entries(hashes)) {
    // Basic's credentials come so.
    const username = name.normalize('NFC');
    if (known.has(username))
      throw new AuthConfigurationError(
        'ERR_AUTH_PASSWORD_HASH',
        `users(): "${username}" is there twice: keep one of them`,
      );
    const hash = options.plainText === true && !looksLikeHash(text) ? plainText(text) : readHash(text);
    if (typeof hash === 'string') {
      throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `users(): the password of "${username}" is ${hash}`);
    }
    known.set(username, hash);
  }
  const table = new HashTable(known);
  return verifierOf('users()', options, (username) => table.find(username));
}
