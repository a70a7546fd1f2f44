import { hash as digest, randomBytes } from 'node:crypto';
import { AuthConfigurationError } from '../../common/configuration.error.js';

/** How `token.create()` makes a token. */
export interface TokenOptions {
  /**
   * What it begins with, e.g. `acme`, so that people and scanners of leaked secrets see whose it is: letters and digits, parted by
   * single underscores.
   *
   * @default none
   */
  readonly prefix?: string;
}

/** A new token. */
export interface CreatedToken {
  /** The token, which its holder is shown once, and nobody stores. */
  readonly token: string;
  /** Its hash, which the application stores. */
  readonly hash: string;
}

/** Octets of randomness. The chance to guess one is 2^-256, where RFC 6749 section 10.10 asks for 2^-160. */
const ENTROPY = 32;

/** A part that the token stays one word with, for a double click as well. */
const PREFIX = /^[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/;

const HASH = /^[0-9a-f]{64}$/;

/** Whether a text is the hash of a token. */
export function isTokenHash(text: unknown): text is string {
  return typeof text === 'string' && HASH.test(text);
}

/**
 * A new token: 256 random bits in base64url, after the prefix and an underscore.
 *
 * @throws AuthConfigurationError where the prefix cannot be meant
 */
function create({ prefix }: TokenOptions = {}): CreatedToken {
  if (prefix !== undefined && !PREFIX.test(prefix)) {
    throw new AuthConfigurationError(
      'ERR_AUTH_TOKEN_OPTION',
      'token.create(): prefix must be letters and digits, parted by single underscores, e.g. acme_live',
    );
  }
  const secret = randomBytes(ENTROPY).toString('base64url');
  const token = prefix === undefined ? secret : `${prefix}_${secret}`;
  return { token, hash: hash(token) };
}

/**
 * The hash to store of a token, and to look it up by: SHA-256, as 64 hexadecimal digits in lower case. Random tokens need no slow
 * hash, and no salt: what has 112 bits of entropy cannot be guessed (NIST SP 800-63B-3 section 5.1.2.2). What people think
 * up does, so give them no say in it.
 */
function hash(text: string): string {
  return digest('sha256', text);
}

/** Makes tokens, and hashes them: for issuing tokens of the application's own. */
export const token = { create, hash };
