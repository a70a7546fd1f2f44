import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isInstalled } from '../common/library.js';
import { isPromise } from '../common/promise.js';
import type { PasswordCredentials } from './password.credentials.js';
import { verifyBounded } from './password.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';
import { cacheProblem, VerifiedCache, type VerifiedCacheOptions } from './verified.js';

/** What all verifiers of passwords may be told. */
export interface PasswordVerifierOptions {
  /**
   * Remembers good credentials for a while, as Basic sends them with every request, and a hash is slow by design. A changed
   * hash and a removed user end that at once. `false` has every request hashed.
   *
   * @default { ttl: 60_000, max: 1000 }
   */
  readonly cache?: VerifiedCacheOptions | false;
}

/** A verifier of usernames and passwords, e.g. for `basic()`: a function, and what else can be done with it. */
export interface PasswordVerifier<Principal, Request = HttpRequest> {
  /**
   * The principal, or `null` where there is no such user, or the password is not theirs; at once where these credentials were
   * good a moment ago, and the store answers at once.
   */
  (credentials: PasswordCredentials, request: Request): Principal | null | Promise<Principal | null>;
  /** Forgets that credentials of this user were good: the next ones are held to the stored hash. */
  invalidate(username: string): void;
}

/** The principal where a store has nothing but names. */
export interface NamedUser {
  /** The username. */
  readonly name: string;
}

/** What a store says of a username. */
export interface Found<Principal> {
  /** The hash to judge by, as it is stored: that of the user, or where there is none, of a decoy that costs the same. */
  readonly text: string;
  /** Reads it, which takes time as well: where it need not be judged by, it is not read, and else whoever it is of. */
  readonly read: () => StoredHash;
  /** The principal; `undefined` where there is no such user. */
  readonly principal: Principal | undefined;
  /** Called once for each time that the password was hashed and found good. */
  readonly good?: (password: string, hash: StoredHash) => void;
}

/**
 * A verifier that asks a store. Whoever it is, exactly one hash is computed before it answers, unless these very credentials
 * were good a moment ago, or are being judged already.
 *
 * @throws AuthConfigurationError where the options cannot be meant
 */
export function verifierOf<Principal, Request>(
  factory: string,
  { cache: cacheOptions = {} }: PasswordVerifierOptions,
  find: (username: string, request: Request) => Found<Principal> | Promise<Found<Principal>>,
): PasswordVerifier<Principal, Request> {
  const problem = cacheProblem(cacheOptions);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_PASSWORD_OPTION', `${factory}: ${problem}`);
  const cache = cacheOptions === false ? undefined : new VerifiedCache(cacheOptions);
  const hold = async (credentials: PasswordCredentials, { text, read, principal, good }: Found<Principal>) => {
    const { password } = credentials;
    const verify = async () => {
      const hash = read();
      const same = await verifyBounded(password, hash);
      if (!same || principal === undefined) return false;
      good?.(password, hash);
      return true;
    };
    const admitted = await (cache?.judge(credentials, text, verify) ?? verify());
    return admitted && principal !== undefined ? principal : null;
  };
  const judge = (credentials: PasswordCredentials, found: Found<Principal>) =>
    cache?.remembers(credentials, found.text) === true && found.principal !== undefined
      ? found.principal
      : hold(credentials, found);
  const verifier = (credentials: PasswordCredentials, request: Request) => {
    const found = find(credentials.username, request);
    return isPromise(found) ? found.then((one) => judge(credentials, one)) : judge(credentials, found);
  };
  return Object.assign(verifier, { invalidate: (username: string) => cache?.invalidate(username) });
}

/** The hash of nobody, where a store does not show yet what its hashes cost. */
export function firstDecoy(): StoredHash {
  const known = isInstalled('@node-rs/argon2')
    ? `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
    : `$scrypt$ln=17,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  return (readHash(known) as StoredHash).decoy();
}
