import type { HttpRequest } from '../http/request.js';
import { answerFor, HASHES } from '../common/measure.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { OptionNames } from '../common/options.js';
import { plainText } from './formats/plain.js';
import {
  type NamedUser,
  type PasswordVerifier,
  type PasswordVerifierOptions,
  passwordVerifier,
  VERIFIER_NAMES,
} from './password.verifier.js';
import { looksLikeHash, readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';
import { UserTable } from './user.table.js';

/** Options of {@link users}. */
export interface UsersOptions extends PasswordVerifierOptions {
  /**
   * If `true`, a value that does not look like a hash is a password in plain text. Only for examples and tests.
   *
   * @default false
   */
  readonly plainText?: boolean;
}

const NAMES: OptionNames<UsersOptions> = { ...VERIFIER_NAMES, plainText: true };

/**
 * Creates a verifier for a few users whose password hashes are in the configuration.
 *
 * @param hashes a hash for each username: argon2id, bcrypt, scrypt, or any other format that `htpasswd()` reads
 * @throws AuthConfigurationError if a hash is missing or invalid, if the package that computes it is not installed, or if an option
 * is invalid; the message names the user and does not contain the hash
 */
export function users<Request extends object = HttpRequest>(
  // Values from `process.env` may be missing. Then the message at startup is better than one of the compiler.
  hashes: Readonly<Record<string, string | undefined>>,
  options: UsersOptions = {},
): PasswordVerifier<NamedUser, Request> {
  const known = new Map<string, StoredHash>();
  for (const [name, text] of Object.entries(hashes)) {
    // basic() normalizes usernames in the same way.
    const username = name.normalize('NFC');
    if (known.has(username)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PASSWORD_OPTION',
        `users(): "${username}" is defined twice, in two Unicode spellings; remove one of the two`,
      );
    }
    known.set(username, hashOf(username, text, options));
  }
  const table = new UserTable(known);
  answerFor(HASHES, table, (question, used) =>
    question({ source: 'users()', count: used.size, weak: used.weak(), skipped: [] }),
  );
  return passwordVerifier('users()', options, NAMES, (username) => table.find(username));
}

/** Parses the value of a user. */
function hashOf(username: string, text: unknown, options: UsersOptions): StoredHash {
  if (text === undefined || text === null || text === '') {
    throw hashError(
      `the hash of "${username}" is missing; set the environment variable that it comes from, or remove the user`,
    );
  }
  if (typeof text !== 'string') throw hashError(`the hash of "${username}" is not a string; pass the hash as a string`);
  const hash = options.plainText === true && !looksLikeHash(text) ? plainText(text) : readHash(text);
  if (typeof hash === 'string') throw hashError(`the password of "${username}" is ${hash}`);
  return hash;
}

function hashError(message: string): AuthConfigurationError {
  return new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `users(): ${message}`);
}
