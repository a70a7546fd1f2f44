import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { Failure } from '../schemes/failure.js';
import { RefusedException } from '../schemes/refused.exception.js';
import { HashQueue } from './hash.queue.js';
import { cacheProblem, PasswordCache, type VerifiedCacheOptions } from './password.cache.js';
import type { PasswordCredentials } from './password.credentials.js';
import { verifyBounded } from './password.js';
import type { StoredHash } from './stored.hash.js';

/** Options of `users()`, `passwords()` and `htpasswd()`. */
export interface PasswordVerifierOptions {
  /**
   * The cache of verified passwords. If it is `false`, the password of every request is hashed.
   *
   * @default { ttl: '1h', max: 1000 }
   */
  readonly cache?: VerifiedCacheOptions | false;
}

/**
 * A verifier of usernames and passwords, e.g. for `basic()`. Application code can call it as well. It never returns a value for
 * wrong credentials: it throws. A missing `if`, or a spread of the result, therefore cannot authenticate a wrong password.
 *
 * @example
 * const staff = htpasswd('./staff.htpasswd');
 * const customers = passwords((username) => accounts.find(username));
 *
 * // Adds a check of your own.
 * basic(async (credentials, request) => {
 *   const account = await customers(credentials, request);
 *   return account.suspended ? null : account;
 * });
 *
 * // Accepts the credentials if one of the verifiers does. Each request costs one hash for each verifier.
 * basic((credentials, request) => Promise.any([staff(credentials, request), customers(credentials, request)]));
 */
export interface PasswordVerifier<Principal, Request = HttpRequest> {
  /**
   * Verifies the credentials and returns the principal.
   *
   * @param credentials the password in Unicode normalization form C, as `basic()` passes it
   * @throws RefusedException if the user is unknown or the password is wrong; both take the same time
   */
  (credentials: PasswordCredentials, request: Request): Promise<Principal>;
  /** Forgets the verified passwords of a user. The user's next request is checked against the stored hash. */
  invalidate(username: string): void;
}

/** The principal of `users()` and `htpasswd()`, which store only usernames and hashes. */
export interface NamedUser {
  /** The username. */
  readonly name: string;
}

/** The result of looking up a username. */
export interface Lookup<Principal> {
  /** The stored hash of the user. For an unknown user, the hash of a decoy that costs the same. */
  readonly text: string;
  /** Parses the hash. It is not called if the password is remembered. */
  readonly read: () => StoredHash;
  /** The principal, or `undefined` if there is no such user. */
  readonly principal: Principal | undefined;
  /** Called each time the password was hashed and is right. */
  readonly onVerified?: (password: string, hash: StoredHash) => void;
}

/** The options that all verifiers of passwords have. */
export const VERIFIER_NAMES: OptionNames<PasswordVerifierOptions> = { cache: true };

/** All verifiers of the process share the cores. */
const hashes = new HashQueue();

/**
 * Creates a verifier for a store of users. It computes exactly one hash for a known and for an unknown user, unless the
 * password is remembered or another request is checking the same one.
 *
 * @param factory the public function that messages name, e.g. `users()`
 * @param names the names of its options
 * @throws AuthConfigurationError if an option is invalid
 */
export function passwordVerifier<Principal, Request>(
  factory: string,
  options: PasswordVerifierOptions,
  names: Readonly<Record<string, true>>,
  find: (username: string, request: Request) => Lookup<Principal> | Promise<Lookup<Principal>>,
): PasswordVerifier<Principal, Request> {
  const { cache: cacheOptions = {} } = options;
  const problem = unknownOption(options, names) ?? cacheProblem(cacheOptions);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `${factory}: ${problem}`);
  const cache = cacheOptions === false ? undefined : new PasswordCache(cacheOptions);

  const verify = async (credentials: PasswordCredentials, request: Request): Promise<Principal> => {
    const deadline = hashes.deadline();
    const { text, read, principal, onVerified } = await find(credentials.username, request);
    const check = async (): Promise<boolean> => {
      const hash = read();
      const compute = () => verifyBounded(credentials.password, hash);
      const valid = await hashes.run((request ?? {}) as HttpRequest, compute, deadline);
      // A decoy has no principal, and its password must not be remembered.
      if (!valid || !principal) return false;
      onVerified?.(credentials.password, hash);
      return true;
    };
    const valid = cache === undefined ? await check() : await cache.verify(credentials, text, check);
    if (!valid || !principal) throw RefusedException.of(new Failure('invalid', 'Basic'));
    return principal;
  };
  return Object.assign(verify, { invalidate: (username: string) => cache?.invalidate(username) });
}
