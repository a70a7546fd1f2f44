import { hash as digest, randomBytes } from 'node:crypto';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';

/** Options of `token.create()`. */
export interface TokenOptions {
  /**
   * The beginning of the token, e.g. `acme`. It tells people, and scanners for leaked secrets, which application issued the
   * token. It has letters and digits, and single underscores between them.
   *
   * @default none
   */
  readonly prefix?: string;
}

const NAMES: OptionNames<TokenOptions> = { prefix: true };

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

const HASH = /^[0-9a-f]{64}$/;

/** Returns `true` if a value is the hash of a token. */
export function isTokenHash(text: unknown): text is string {
  return typeof text === 'string' && HASH.test(text);
}

/**
 * Creates a token: the prefix, an underscore, and 256 random bits in base64url.
 *
 * @throws AuthConfigurationError if the prefix is invalid
 */
function create(options: TokenOptions = {}): CreatedToken {
  const { prefix } = options;
  const unknown = unknownOption(options, NAMES, 'token.create(): ');
  if (unknown !== undefined) throw new AuthConfigurationError('ERR_AUTH_TOKEN_OPTION', unknown);
  if (prefix !== undefined && !PREFIX.test(prefix)) {
    throw new AuthConfigurationError(
      'ERR_AUTH_TOKEN_OPTION',
      'token.create(): prefix must be letters and digits with single underscores between them, e.g. acme_live',
    );
  }
  const secret = randomBytes(ENTROPY).toString('base64url');
  const token = prefix === undefined ? secret : `${prefix}_${secret}`;
  return { token, hash: hash(token) };
}

/**
 * Returns the hash of a token, to store it and to find it: SHA-256 as 64 hexadecimal digits in lower case. A random token
 * does not need a slow hash or a salt, because 112 bits of entropy cannot be guessed (NIST SP 800-63B-3 section 5.1.2.2). A token
 * that a person chose can be guessed, so create tokens with `token.create()`.
 */
function hash(text: string): string {
  return digest('sha256', text);
}

/** Creates and hashes the application's own tokens. */
export const token = { create, hash };
