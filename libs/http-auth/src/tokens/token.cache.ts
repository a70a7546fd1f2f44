import { LRUCache } from 'lru-cache';
import { type OptionNames, unknownOption } from '../common/options.js';

/** Options of a cache of tokens. */
export interface TokenCacheOptions {
  /**
   * The maximum number of tokens. If the cache is full, the least recently used token is removed.
   *
   * @default 10_000
   */
  readonly max?: number;
}

const NAMES: OptionNames<TokenCacheOptions> = { max: true };

/**
 * Checks the options of a cache. Returns an error message, or `undefined` if the options are valid.
 *
 * @param names the names of the options, if the cache has more
 */
export function tokenCacheProblem(
  options: TokenCacheOptions | false,
  names: Readonly<Record<string, true>> = NAMES,
): string | undefined {
  if (options === false) return undefined;
  const { max = 1 } = options;
  const unknown = unknownOption(options, names, 'cache.');
  if (unknown !== undefined) return unknown;
  return Number.isInteger(max) && max >= 1
    ? undefined
    : 'cache.max must be a whole number of at least 1; write cache: false to disable the cache';
}

/** Keeps the result of a check of a token, by a digest of the token. Each result has its own end. */
export class TokenCache<Value> {
  private readonly results: LRUCache<string, { readonly value: Value; readonly until: number }>;
  private readonly pending = new Map<string, Promise<Value>>();

  constructor({ max = 10_000 }: TokenCacheOptions = {}) {
    this.results = new LRUCache({ max });
  }

  /** Returns the result, or `undefined` if it is missing or has ended. */
  get(digest: string, now = Date.now()): Value | undefined {
    const entry = this.results.get(digest);
    if (entry === undefined) return undefined;
    if (entry.until > now) return entry.value;
    this.results.delete(digest);
    return undefined;
  }

  /**
   * Keeps a result, unless it has ended already.
   *
   * @param until the end in milliseconds since 1970, `exp` of the token at the latest
   */
  set(digest: string, value: Value, until: number, now = Date.now()): void {
    if (until > now) this.results.set(digest, { value, until });
  }

  /** Calls `ask` once for all requests that bring the same token at the same time. */
  once(digest: string, ask: () => Promise<Value>): Promise<Value> {
    let answer = this.pending.get(digest);
    if (answer === undefined) {
      answer = ask().finally(() => this.pending.delete(digest));
      this.pending.set(digest, answer);
    }
    return answer;
  }

  /** The number of results. */
  get size(): number {
    return this.results.size;
  }
}
