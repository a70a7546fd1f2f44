import { AuthConfigurationError } from '../common/configuration.error.js';
import { hashArgon2 } from './formats/argon2.js';
import { BCRYPT_BYTES, BCRYPT_COST, hashBcrypt } from './formats/bcrypt.js';
import { hashScrypt } from './formats/scrypt.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { isInstalled, missing } from '../common/library.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** The algorithms of `password.hash()`. */
export type HashAlgorithm = 'argon2id' | 'scrypt' | 'bcrypt';

/** Options of `password.hash()`. */
export interface HashOptions {
  /**
   * The algorithm, with the parameters that OWASP recommends first: argon2id with 19 MiB and 2 passes, scrypt with N = 2^17, or
   * bcrypt with cost 10. Node.js has scrypt; argon2id needs the package `@node-rs/argon2`, and bcrypt needs `@node-rs/bcrypt`.
   *
   * @default 'argon2id'
   */
  readonly algorithm?: HashAlgorithm;
  /**
   * The cost of bcrypt, 10 to 31. One more doubles the work. The other algorithms ignore it.
   *
   * @default 10
   */
  readonly cost?: number;
}

/** The longest password in bytes of UTF-8. Longer ones are not typed by people, and would only cost time. */
export const MAXIMUM_BYTES = 1024;

/** The package of each algorithm; `undefined` if Node.js has it. */
const LIBRARIES: Record<HashAlgorithm, string | undefined> = {
  argon2id: '@node-rs/argon2',
  scrypt: undefined,
  bcrypt: '@node-rs/bcrypt',
};

const NAMES: OptionNames<HashOptions> = { algorithm: true, cost: true };

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function hashOptionsProblem(options: HashOptions): string | undefined {
  const { algorithm = 'argon2id', cost = BCRYPT_COST } = options;
  const unknown = unknownOption(options, NAMES);
  if (unknown !== undefined) return unknown;
  if (!Object.hasOwn(LIBRARIES, algorithm)) return 'algorithm must be argon2id, scrypt or bcrypt';
  if (!Number.isInteger(cost) || cost < BCRYPT_COST || cost > 31) return `cost must be ${BCRYPT_COST} to 31`;
  const library = LIBRARIES[algorithm];
  if (library === undefined || isInstalled(library)) return undefined;
  return `${algorithm} ${missing(library)}, or choose scrypt, which is built in`;
}

/**
 * Verifies a password against a hash. It always computes exactly one hash, also for a password that is too long.
 *
 * @param plain in Unicode normalization form C
 */
export async function verifyBounded(plain: string, stored: StoredHash): Promise<boolean> {
  const fits = Buffer.byteLength(plain) <= MAXIMUM_BYTES;
  const same = await stored.verify(fits ? plain : '');
  return same && fits;
}

/**
 * Hashes a password. The result is a PHC string, or bcrypt's own format, and other programs can read both.
 *
 * @param plain the password; it is normalized to NFC, as `basic()` does with the passwords that it receives
 * @throws AuthConfigurationError if an option is invalid, or the package of the algorithm is not installed
 * @throws RangeError if the password has more than 1,024 bytes of UTF-8; for bcrypt, more than 72
 */
async function hash(plain: string, options: HashOptions = {}): Promise<string> {
  const problem = hashOptionsProblem(options);
  if (problem !== undefined) {
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `password.hash(): ${problem}`);
  }
  const text = plain.normalize('NFC');
  const { algorithm = 'argon2id', cost = BCRYPT_COST } = options;
  const [most, reason] =
    algorithm === 'bcrypt' ? [BCRYPT_BYTES, ' because bcrypt ignores the rest'] : [MAXIMUM_BYTES, ''];
  if (Buffer.byteLength(text) > most) {
    throw new RangeError(
      `password.hash(): the password must have at most ${most} bytes of UTF-8${reason}; choose a shorter password`,
    );
  }
  if (algorithm === 'bcrypt') return hashBcrypt(text, cost);
  return algorithm === 'scrypt' ? hashScrypt(text) : hashArgon2(text);
}

/**
 * Returns `true` if a password matches a hash: argon2id, bcrypt, scrypt, or any other format that `htpasswd()` reads. A password
 * of more than 1,024 bytes never matches. With bcrypt, only the first 72 bytes count.
 *
 * @param plain the password; it is normalized to NFC
 * @throws AuthConfigurationError if the hash is invalid; the message does not contain the hash
 */
async function verify(plain: string, stored: string): Promise<boolean> {
  const read = readHash(stored);
  if (typeof read === 'string') {
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `password.verify(): the hash is ${read}`);
  }
  return verifyBounded(plain.normalize('NFC'), read);
}

/**
 * Returns `true` if a hash is invalid, or weaker than OWASP recommends. OWASP recommends argon2id with m=19456 and t=2, scrypt
 * with N=2^17, r=8 and p=1, or bcrypt with cost 10, and some parameters of the same strength.
 */
function needsRehash(stored: string): boolean {
  const read = readHash(stored);
  return typeof read === 'string' || !read.current;
}

/** Creates and verifies password hashes, e.g. when users sign up. */
export const password = { hash, verify, needsRehash };
