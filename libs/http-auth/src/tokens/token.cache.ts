import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TokenCredentials } from './token.verifier.js';

/** How much is remembered of tokens. */
export interface TokenCacheOptions {
  /**
   * How many tokens are remembered; the least recently used are forgotten first.
   *
   * @default 10_000
   */
  readonly max?: number;
}

/** Says what is wrong with the options of a cache, `undefined` where nothing is. */
export function tokenCacheProblem(options: TokenCacheOptions | false): string | undefined {
  if (options === false) return undefined;
  const { max = 1 } = options;
  return Number.isInteger(max) && max >= 1
    ? undefined
    : 'cache.max must be a whole number of at least 1; cache: false is none';
}

/** The digests of the tokens that connections repeat, whose credentials are the same object then. */
const digests = new WeakMap<TokenCredentials, { readonly token: string; readonly digest: string }>();

/**
 * What a token is known by: its SHA-256, so that no memory has the token. It needs no key, as tokens cannot be guessed, and
 * costs less than it does to compare long texts.
 */
export function digestOf(credentials: TokenCredentials): string {
  const { token } = credentials;
  let known = digests.get(credentials);
  if (known?.token !== token) digests.set(credentials, (known = { token, digest: hash('sha256', token, 'base64url') }));
  return known.digest;
}

/** Remembers what was found of tokens, each until a time of its own: `exp` at the latest, which is the caller's to see to. */
export class TokenCache<Value> {
  private readonly found: LRUCache<string, { readonly value: Value; readonly until: number }>;
  private readonly pending = new Map<string, Promise<Value>>();

  constructor({ max = 10_000 }: TokenCacheOptions = {}) {
    this.found = new LRUCache({ max });
  }

  /** What was found; `undefined` where nothing was, or its time is over. */
  get(credentials: TokenCredentials, now = Date.now()): Value | undefined {
    const digest = digestOf(credentials);
    const entry = this.found.get(digest);
    if (entry === undefined) return undefined;
    if (entry.until > now) return entry.value;
    this.found.delete(digest);
    return undefined;
  }

  /** @param until milliseconds since 1970 */
  set(credentials: TokenCredentials, value: Value, until: number): void {
    this.found.set(digestOf(credentials), { value, until });
  }

  /** What `ask` finds, which is asked once for all who want to know of one token at the same time. */
  once(credentials: TokenCredentials, ask: () => Promise<Value>): Promise<Value> {
    const digest = digestOf(credentials);
    let answer = this.pending.get(digest);
    if (answer === undefined) {
      answer = ask().finally(() => this.pending.delete(digest));
      this.pending.set(digest, answer);
    }
    return answer;
  }

  /** How many tokens are remembered. */
  get size(): number {
    return this.found.size;
  }
}
