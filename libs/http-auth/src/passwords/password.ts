import { AuthConfigurationError } from '../common/configuration.error.js';
import { hashArgon2 } from './formats/argon2.js';
import { BCRYPT_BYTES, BCRYPT_COST, hashBcrypt } from './formats/bcrypt.js';
import { hashScrypt } from './formats/scrypt.js';
import { isInstalled, missing } from '../common/library.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** What new hashes are made with. */
export type HashAlgorithm = 'argon2id' | 'scrypt' | 'bcrypt';

/** How `password.hash()` makes a hash. */
export interface HashOptions {
  /**
   * The algorithm, with the parameters that OWASP puts first: argon2id with 19 MiB and 2 passes, scrypt with N = 2^17, or
   * bcrypt. Only scrypt is built in: argon2id needs the package `@node-rs/argon2`, bcrypt `@node-rs/bcrypt`.
   *
   * @default 'argon2id'
   */
  readonly algorithm?: HashAlgorithm;
  /**
   * The cost of bcrypt, 10 to 31, each of which doubles the work; of no use to the others.
   *
   * @default 10
   */
  readonly cost?: number;
}

/** How many octets of UTF-8 a password may have. No person types more, and nobody else shall have them hashed. */
export const MAXIMUM_BYTES = 1024;

const LIBRARIES: Record<HashAlgorithm, string | undefined> = {
  argon2id: '@node-rs/argon2',
  scrypt: undefined,
  bcrypt: '@node-rs/bcrypt',
};

/** Says what is wrong with the options, `undefined` where nothing is. */
export function hashOptionsProblem({ algorithm = 'argon2id', cost = BCRYPT_COST }: HashOptions): string | undefined {
  if (!Object.hasOwn(LIBRARIES, algorithm)) return 'algorithm must be argon2id, scrypt or bcrypt';
  if (!Number.isInteger(cost) || cost < BCRYPT_COST || cost > 31) return `cost must be ${BCRYPT_COST} to 31`;
  const library = LIBRARIES[algorithm];
  if (library === undefined || isInstalled(library)) return undefined;
  return `${algorithm} ${missing(library)}, or choose scrypt, which is built in`;
}

/**
 * Holds a password to a hash, at the cost of one hash whatever the password is.
 *
 * @param plain in Unicode normalization form C
 */
export async function verifyBounded(plain: string, stored: StoredHash): Promise<boolean> {
  const fits = Buffer.byteLength(plain) <= MAXIMUM_BYTES;
  const same = await stored.verify(fits ? plain : '');
  return same && fits;
}

/**
 * A new hash of a password, in the format that other programs read as well: a PHC string, or bcrypt's own.
 *
 * @param plain is normalized to NFC, as what comes by Basic is
 * @throws AuthConfigurationError where the algorithm's package is not installed, or the options cannot be meant
 * @throws RangeError where the password has more than 1,024 octets of UTF-8, or more than the 72 that bcrypt sees
 */
async function hash(plain: string, options: HashOptions = {}): Promise<string> {
  const problem = hashOptionsProblem(options);
  if (problem !== undefined)
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `password.hash(): ${problem}`);
  const text = plain.normalize('NFC');
  const { algorithm = 'argon2id', cost = BCRYPT_COST } = options;
  const [most, whose] = algorithm === 'bcrypt' ? [BCRYPT_BYTES, ', as bcrypt sees no more'] : [MAXIMUM_BYTES, ''];
  if (Buffer.byteLength(text) > most) {
    throw new RangeError(`password.hash(): the password must not be longer than ${most} octets of UTF-8${whose}`);
  }
  if (algorithm === 'bcrypt') return hashBcrypt(text, cost);
  return algorithm === 'scrypt' ? hashScrypt(text) : hashArgon2(text);
}

/**
 * Whether a password is the one of a hash: argon2id, bcrypt, scrypt, or any other that `htpasswd()` reads. A password of
 * more than 1,024 octets never is, and costs one hash like any other; of one for bcrypt, the first 72 octets count.
 *
 * @param plain is normalized to NFC
 * @throws AuthConfigurationError where the hash is none that can be judged; the message does not have it
 */
async function verify(plain: string, stored: string): Promise<boolean> {
  const read = readHash(stored);
  if (typeof read === 'string')
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `password.verify(): the hash is ${read}`);
  return verifyBounded(plain.normalize('NFC'), read);
}

/**
 * Whether a hash is weaker than OWASP asks for today, or none at all: argon2id with m=19456, t=2 or its like, scrypt with
 * N=2^17, r=8, p=1 or its like, bcrypt of cost 10.
 */
function needsRehash(stored: string): boolean {
  const read = readHash(stored);
  return typeof read === 'string' || !read.current;
}

/** Makes and judges hashes of passwords: for signing users up, and wherever no scheme does it. */
export const password = { hash, verify, needsRehash };
