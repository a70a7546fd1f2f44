import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { OptionNames } from '../common/options.js';
import { redact } from '../schemes/redact.js';
import { defaultDecoy } from './decoy.js';
import { type HashOptions, hashOptionsProblem, password as hasher } from './password.js';
import {
  type Lookup,
  type PasswordVerifier,
  type PasswordVerifierOptions,
  passwordVerifier,
  VERIFIER_NAMES,
} from './password.verifier.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** A user in the store of the application. */
export interface StoredUser<Principal> {
  /** The hash of the password: argon2id, bcrypt, scrypt, or any other format that `htpasswd()` reads. */
  readonly hash: string;
  /** The principal, if the password is right. A falsy value is refused. */
  readonly principal: Principal;
}

/**
 * Looks up a user. Returns `null` or `undefined` if there is no such user. If it is faster for unknown users, an attacker can
 * find out which users exist.
 */
export type FindUser<Principal, Request = HttpRequest> = (
  username: string,
  request: Request,
) => StoredUser<Principal> | null | undefined | Promise<StoredUser<Principal> | null | undefined>;

/** Options of {@link passwords}. */
export interface PasswordsOptions extends PasswordVerifierOptions {
  /**
   * A hash with the same algorithm and parameters as the hashes in the store. The password of an unknown user is verified
   * against a copy of it with random bytes, so that unknown users cost as much as known ones. Set it if attackers may come
   * before the first user logs in, or if the hashes in the store have different costs.
   *
   * @default the format of the hash that was verified last; before the first one, the format of password.hash()
   */
  readonly decoy?: string;
  /**
   * Stores a stronger hash of a password that was just verified. It is called if `password.needsRehash()` is `true` for the
   * stored hash, after the login, and once at a time for each user. If it throws, the error is logged and the login succeeds.
   */
  readonly onRehash?: (username: string, newHash: string) => void | Promise<void>;
  /**
   * The options of the hashes that `onRehash` receives.
   *
   * @default { algorithm: 'argon2id' }
   */
  readonly rehash?: HashOptions;
}

const NAMES: OptionNames<PasswordsOptions> = { ...VERIFIER_NAMES, decoy: true, onRehash: true, rehash: true };

/**
 * Creates a verifier for the users in the store of the application. It calls `findUser` for each request, so a removed user or
 * a changed password takes effect immediately, even if the old password is remembered.
 *
 * @throws AuthConfigurationError at startup if an option is invalid; at a request if the stored hash of the user is invalid
 */
export function passwords<Principal, Request extends object = HttpRequest>(
  findUser: FindUser<Principal, Request>,
  options: PasswordsOptions = {},
): PasswordVerifier<Principal, Request> {
  const { onRehash, rehash = {}, decoy: given } = options;
  const problem = onRehash && hashOptionsProblem(rehash);
  if (problem !== undefined) throw optionError(`rehash: ${problem}`);
  const upgrade = onRehash && rehasher(onRehash, rehash);
  let decoy = given === undefined ? defaultDecoy() : decoyFrom(given);

  const known = (username: string, user: StoredUser<Principal>): Lookup<Principal> => {
    // A store in JavaScript may return a user without a hash. readStoredHash() then throws.
    const stored: unknown = user.hash;
    const text = String(stored);
    return {
      text,
      read: () => {
        const hash = readStoredHash(text, username);
        if (given === undefined && hash.profile !== decoy.profile) decoy = hash.decoy();
        return hash;
      },
      principal: user.principal,
      onVerified: (password, hash) => {
        if (!hash.current) upgrade?.(username, password);
      },
    };
  };
  const unknown = (): Lookup<Principal> => {
    const { text } = decoy;
    // The decoy is parsed again, because parsing the hash of a known user takes time as well.
    return { text, read: () => readHash(text) as StoredHash, principal: undefined };
  };
  return passwordVerifier('passwords()', options, NAMES, async (username, request) => {
    const user = await findUser(username, request);
    return user === null || user === undefined ? unknown() : known(username, user);
  });
}

function optionError(problem: string): AuthConfigurationError {
  return new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `passwords(): ${problem}`);
}

function decoyFrom(text: string): StoredHash {
  const hash = readHash(text);
  if (typeof hash === 'string') throw optionError(`the decoy is ${hash}`);
  return hash.decoy();
}

function readStoredHash(text: string, username: string): StoredHash {
  const hash = readHash(text);
  if (typeof hash !== 'string') return hash;
  throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `passwords(): the password of "${username}" is ${hash}`);
}

/** Returns a function that makes and stores a new hash in the background, once at a time for each user. */
function rehasher(onRehash: NonNullable<PasswordsOptions['onRehash']>, options: HashOptions) {
  const logger = new Logger('passwords');
  const busy = new Set<string>();
  const rehash = async (username: string, password: string): Promise<void> => {
    const secrets = [password];
    try {
      const newHash = await hasher.hash(password, options);
      secrets.push(newHash);
      await onRehash(username, newHash);
    } catch (error) {
      logger.error('A better hash could not be stored', redact(error, secrets).stack);
    }
    busy.delete(username);
  };
  return (username: string, password: string): void => {
    if (busy.has(username)) return;
    busy.add(username);
    void rehash(username, password);
  };
}
