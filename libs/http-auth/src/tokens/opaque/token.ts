import { hash as digest, randomBytes } from 'node:crypto';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import { base62, checksumOf } from './checksum.js';

/** Options of `token.create()`. */
export interface TokenOptions {
  /**
   * The beginning of the token, e.g. `acme`. It tells people, and scanners for leaked secrets, which application issued the
   * token. It has letters and digits, and single underscores between them.
   *
   * @default none
   */
  readonly prefix?: string;
  /**
   * If `true`, the token ends with a checksum of six characters. With it, `tokens(find, { checksum: true })` refuses a mistyped
   * token without a lookup, and a scanner for leaked secrets recognizes a token.
   *
   * @default true
   */
  readonly checksum?: boolean;
}

const NAMES: OptionNames<TokenOptions> = { prefix: true, checksum: true };

/** A new token. */
export interface CreatedToken {
  /** The token. Show it to its holder once, and do not store it. */
  readonly token: string;
  /** The hash of the token. Store it. */
  readonly hash: string;
}

/** Random bytes of a token. The chance to guess it is 2^-256; RFC 6749 section 10.10 asks for 2^-160. */
const ENTROPY = 32;

/** With these characters a double click selects the whole token. */
const PREFIX = /^[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/;

/** Base62 digits of 256 bits. Base64url would be as long, but has `-`, at which a double click stops. */
const LENGTH = 43;

/** A token with a checksum: the random part and the checksum, after an optional prefix. */
const FORM = new RegExp(`^(?:[A-Za-z0-9]+_)*([0-9A-Za-z]{${LENGTH}})([0-9A-Za-z]{6})$`);

const HASH = /^[0-9a-f]{64}$/;

/** Returns `true` if a value is the hash of a token. */
export function isTokenHash(text: unknown): text is string {
  return typeof text === 'string' && HASH.test(text);
}

/** Returns `true` if a value is a valid prefix of tokens. */
export function isPrefix(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && PREFIX.test(prefix);
}

/** The rule for prefixes, for error messages. */
export const PREFIX_RULE = 'must be letters and digits with single underscores between them, e.g. acme_live';

/**
 * Creates a token: the prefix, an underscore, 256 random bits in base62, and a checksum.
 *
 * @throws AuthConfigurationError if an option is invalid
 */
function create(options: TokenOptions = {}): CreatedToken {
  const problem = problemOf(options);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_TOKEN_OPTION', `token.create(): ${problem}`);
  const { prefix, checksum = true } = options;
  const secret = base62(BigInt(`0x${randomBytes(ENTROPY).toString('hex')}`), LENGTH);
  const token = `${prefix === undefined ? '' : `${prefix}_`}${secret}${checksum ? checksumOf(secret) : ''}`;
  return { token, hash: hash(token) };
}

function problemOf(options: TokenOptions): string | undefined {
  const { prefix, checksum } = options;
  if (prefix !== undefined && !isPrefix(prefix)) return `prefix ${PREFIX_RULE}`;
  if (checksum !== undefined && typeof checksum !== 'boolean') {
    return 'checksum must be true or false; leave it out for true';
  }
  return unknownOption(options, NAMES);
}

/**
 * Returns `true` if a string has the form of a token with a correct checksum. It separates tokens from other strings, e.g. in a
 * scanner for leaked secrets. It does not authenticate: everyone can compute the checksum of an invented token.
 */
function hasChecksum(text: unknown): boolean {
  const [, secret, checksum] = (typeof text === 'string' && FORM.exec(text)) || [];
  return secret !== undefined && checksumOf(secret) === checksum;
}

/**
 * Returns the hash of a token, to store it and to find it: SHA-256 as 64 hexadecimal digits in lower case. A random token
 * does not need a slow hash or a salt, because 112 bits of entropy cannot be guessed (NIST SP 800-63B-3 section 5.1.2.2). A token
 * that a person chose can be guessed, so create tokens with `token.create()`.
 */
function hash(text: string): string {
  return digest('sha256', text);
}

/** Creates, hashes and recognizes the application's own tokens. */
export const token = { create, hash, hasChecksum };
