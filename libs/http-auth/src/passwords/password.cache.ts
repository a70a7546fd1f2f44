import { LRUCache } from 'lru-cache';
import { keyedDigest } from '../common/digest.js';
import { type Duration, milliseconds } from '../common/duration.js';
import { CACHE } from '../common/measure.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { ClientGoneException } from './hash.queue.js';
import type { PasswordCredentials } from './password.credentials.js';

/** Options of the cache of verified passwords. */
export interface VerifiedCacheOptions {
  /**
   * How long a verified password is remembered before it is hashed again: a number of milliseconds, or a string such as
   * `'15m'`. If the stored hash changes or the user is removed, the remembered password ends immediately.
   *
   * @default '1h'
   */
  readonly ttl?: Duration;
  /**
   * How many passwords are remembered at most. The least recently used are removed first.
   *
   * @default 1000
   */
  readonly max?: number;
}

const NAMES: OptionNames<VerifiedCacheOptions> = { ttl: true, max: true };

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function cacheProblem(options: VerifiedCacheOptions | false): string | undefined {
  if (options === false) return undefined;
  const { ttl = '1h', max = 1000 } = options;
  if ((milliseconds(ttl) ?? 0) < 1) {
    return "cache.ttl must be a duration of at least 1 millisecond; write '1h', or cache: false to disable the cache";
  }
  const unknown = unknownOption(options, NAMES, 'cache.');
  if (unknown !== undefined) return unknown;
  if (!Number.isInteger(max) || max < 1) {
    return 'cache.max must be a whole number, 1 or more; write cache: false to disable the cache';
  }
  return undefined;
}

/**
 * Remembers verified passwords, because browsers and scripts send the password with every request and a hash is slow by
 * design. The keys are digests that only this process can compute, so no password and no hash can be read from them.
 */
export class PasswordCache {
  /** The keys of verified passwords, each with the username. */
  private readonly verified: LRUCache<string, string>;
  private readonly pending = new Map<string, Promise<boolean>>();

  constructor({ ttl = '1h', max = 1000 }: VerifiedCacheOptions) {
    this.verified = new LRUCache({ max, ttl: milliseconds(ttl) as number });
  }

  /**
   * Verifies a password against a stored hash. The cache calls `check` only if the password is not remembered and no other
   * request is checking the same password against the same hash. Wrong passwords and unknown users share a check in the same
   * way, so the number of hashes does not depend on whether the user exists.
   */
  async verify(
    { username, password }: PasswordCredentials,
    hash: string,
    check: () => Promise<boolean>,
  ): Promise<boolean> {
    const key = keyedDigest(username, password, hash);
    const hit = this.verified.get(key) !== undefined;
    if (CACHE.isHeard) CACHE.publish({ cache: 'passwords', hit });
    if (hit) return true;
    const pending = this.pending.get(key);
    if (pending === undefined) return this.start(key, username, check);
    try {
      return await pending;
    } catch (error) {
      // The client that started the check has disconnected, but this client has not.
      if (!(error instanceof ClientGoneException)) throw error;
      return this.verify({ username, password }, hash, check);
    }
  }

  private async start(key: string, username: string, check: () => Promise<boolean>): Promise<boolean> {
    const result = check();
    this.pending.set(key, result);
    // invalidate() may have been called during the check. Then the entry was removed, or belongs to a later check.
    const isCurrent = (): boolean => this.pending.get(key) === result;
    try {
      const valid = await result;
      if (valid && isCurrent()) this.verified.set(key, username);
      return valid;
    } finally {
      if (isCurrent()) this.pending.delete(key);
    }
  }

  /** Forgets the passwords of a user. */
  invalidate(username: string): void {
    // These entries do not contain the username. Every running check continues, but its result is not remembered.
    this.pending.clear();
    for (const [key, user] of this.verified.entries()) if (user === username) this.verified.delete(key);
  }
}
