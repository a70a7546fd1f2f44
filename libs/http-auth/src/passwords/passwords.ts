import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { redact } from '../schemes/redact.js';
import { isPromise } from '../common/promise.js';
import { type HashOptions, hashOptionsProblem, password as hasher } from './password.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';
import { firstDecoy, type Found, type PasswordVerifier, type PasswordVerifierOptions, verifierOf } from './verifier.js';

/** What the application's own store has of a user. */
export interface StoredUser<Principal> {
  /** The hash of the password: argon2id, bcrypt, scrypt, or any other that `htpasswd()` reads. */
  readonly hash: string;
  /** Who it is, once the password is found to be theirs. */
  readonly principal: Principal;
}

/** Looks a user up: `null` or `undefined` where there is none. It must take as long for those who do not exist. */
export type FindUser<Principal, Request = HttpRequest> = (
  username: string,
  request: Request,
) => StoredUser<Principal> | null | undefined | Promise<StoredUser<Principal> | null | undefined>;

/** Options of {@link passwords}. */
export interface PasswordsOptions extends PasswordVerifierOptions {
  /**
   * Any hash that has the algorithm and the parameters of those in the store: an unknown user costs what it does. Give one
   * where attackers may come before the first user does, or where the hashes of the store are not all alike.
   *
   * @default like the hash that was found last; before that, what password.hash() makes
   */
  readonly decoy?: string;
  /**
   * Stores a better hash of a password that was just found good, where `password.needsRehash()` says so of the one in the
   * store. It is called after the login, once for each user at a time; what it throws is logged, and no login fails for it.
   */
  readonly onRehash?: (username: string, newHash: string) => void | Promise<void>;
  /**
   * How `onRehash` has its hashes made.
   *
   * @default { algorithm: 'argon2id' }
   */
  readonly rehash?: HashOptions;
}

/**
 * A verifier for the application's own store of users. The store is asked at every request, so that whoever is removed from
 * it, or has another password, is refused at once.
 *
 * @throws AuthConfigurationError where the options cannot be meant; and at a request, where the hash of a user is none
 */
export function passwords<Principal, Request extends object = HttpRequest>(
  findUser: FindUser<Principal, Request>,
  options: PasswordsOptions = {},
): PasswordVerifier<Principal, Request> {
  const { onRehash, rehash = {}, decoy: given } = options;
  const problem = onRehash === undefined ? undefined : hashOptionsProblem(rehash);
  if (problem !== undefined)
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `passwords(): rehash: ${problem}`);
  const upgrade = onRehash && upgrader(onRehash, rehash);
  let decoy = given === undefined ? firstDecoy() : read(given, 'the decoy').decoy();

  const found = (username: string, user: StoredUser<Principal> | null | undefined): Found<Principal> => {
    if (user === null || user === undefined) {
      const { text } = decoy;
      return { text, read: () => read(text, 'the decoy'), principal: undefined };
    }
    // What a store really has is seen when it is read.
    const text: unknown = user.hash;
    return {
      text: String(text),
      read: () => {
        const hash = read(user.hash, `the password of "${username}"`);
        if (given === undefined && hash.profile !== decoy.profile) decoy = hash.decoy();
        return hash;
      },
      principal: user.principal,
      good: (password, hash) => {
        if (!hash.current) upgrade?.(username, password);
      },
    };
  };
  return verifierOf('passwords()', options, (username, request) => {
    const user = findUser(username, request);
    return isPromise(user) ? user.then((one) => found(username, one)) : found(username, user);
  });
}

function read(text: string, what: string): StoredHash {
  const hash = readHash(text);
  if (typeof hash === 'string')
    throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `passwords(): ${what} is ${hash}`);
  return hash;
}

/** Makes better hashes beside the logins, for one user at a time. */
function upgrader(onRehash: NonNullable<PasswordsOptions['onRehash']>, options: HashOptions) {
  const logger = new Logger('passwords');
  const busy = new Set<string>();
  const upgrade = async (username: string, password: string): Promise<void> => {
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
    void upgrade(username, password);
  };
}
