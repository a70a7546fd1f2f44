import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PasswordCredentials } from './password.credentials.js';

/** How long, and how many, verified credentials are remembered. */
export interface VerifiedCacheOptions {
  /**
   * Milliseconds until the password is held to its hash again.
   *
   * @default 60_000
   */
  readonly ttl?: number;
  /**
   * How many credentials are remembered; the least recently used are forgotten first.
   *
   * @default 1000
   */
  readonly max?: number;
}

/** Says what is wrong with the options of a cache, `undefined` where nothing is. */
export function cacheProblem(options: VerifiedCacheOptions | false): string | undefined {
  if (options === false) return undefined;
  const { ttl = 1, max = 1 } = options;
  if (!Number.isInteger(ttl) || ttl < 1)
    return 'cache.ttl must be a whole number of milliseconds; cache: false is none';
  if (!Number.isInteger(max) || max < 1) return 'cache.max must be a whole number of at least 1; cache: false is none';
  return undefined;
}

/** Fields in one text that no other fields have: the length of each goes before it. */
export function keyText(username: string, password: string, hash: string): string {
  return `${username.length}:${username}${password.length}:${password}${hash.length}:${hash}`;
}

/** What a key was made of, and the key. */
interface KnownKey {
  readonly username: string;
  readonly password: string;
  readonly hash: string;
  readonly key: string;
}

/** Milliseconds that credentials may be remembered beyond their time: asking the clock less often is worth it. */
const RESOLUTION = 100;

/**
 * Remembers which credentials were good, and has those that come at the same time judged once. It knows them by an HMAC
 * under a key of its own, so that its memory has no password, nor a hash that could be guessed against elsewhere.
 */
export class VerifiedCache {
  private readonly key = randomBytes(32);
  /** The users of the good credentials. */
  private readonly good: LRUCache<string, string>;
  private readonly pending = new Map<string, Promise<boolean>>();
  /** The keys of the credentials that connections repeat, which are the same object then. */
  private readonly keys = new WeakMap<PasswordCredentials, KnownKey>();

  constructor({ ttl = 60_000, max = 1000 }: VerifiedCacheOptions) {
    this.good = new LRUCache({ max, ttl, ttlResolution: Math.min(ttl, RESOLUTION) });
  }

  /**
   * Whether the credentials are good: `verify` says so, unless it has said yes lately, or is being asked already. Good and
   * bad ones, of known users and of unknown ones, wait for each other alike.
   *
   * @returns at once where it is remembered
   */
  judge(credentials: PasswordCredentials, hash: string, verify: () => Promise<boolean>): true | Promise<boolean> {
    if (this.remembers(credentials, hash)) return true;
    const key = this.keyOf(credentials, hash);
    return this.pending.get(key) ?? this.ask(key, credentials, verify);
  }

  /** Whether it is remembered that the credentials are good. */
  remembers(credentials: PasswordCredentials, hash: string): boolean {
    return this.good.get(this.keyOf(credentials, hash)) !== undefined;
  }

  private ask(key: string, { username }: PasswordCredentials, verify: () => Promise<boolean>): Promise<boolean> {
    const answer = verify()
      .then((good) => {
        // Unless they were forgotten in the meantime.
        if (good && this.pending.get(key) === answer) this.good.set(key, username);
        return good;
      })
      .finally(() => {
        if (this.pending.get(key) === answer) this.pending.delete(key);
      });
    this.pending.set(key, answer);
    return answer;
  }

  private keyOf(credentials: PasswordCredentials, hash: string): string {
    const { username, password } = credentials;
    const known = this.keys.get(credentials);
    if (known?.username === username && known.password === password && known.hash === hash) return known.key;
    const key = createHmac('sha256', this.key)
      // UTF-16, which has every string of JavaScript: UTF-8 writes all lone surrogates alike.
      .update(keyText(username, password, hash), 'utf16le')
      .digest('base64');
    this.keys.set(credentials, { username, password, hash, key });
    return key;
  }

  /** Forgets the credentials of a user, those that are being judged included. */
  invalidate(username: string): void {
    // Whose they are, these do not say: all are judged to their end, and none is remembered.
    this.pending.clear();
    for (const [key, user] of this.good.entries()) if (user === username) this.good.delete(key);
  }
}
