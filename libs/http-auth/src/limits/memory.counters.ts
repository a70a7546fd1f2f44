import type { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { recent } from './recent.js';

/**
 * The in-memory counters of rate-limiter-flexible, with a maximum. The least recently used counter is removed first. Counters that
 * have reached their limit are kept apart, so that new names and addresses cannot push them out.
 */
export class MemoryCounters {
  private readonly limiter = new RateLimiterMemory({ points: 1, duration: 1 });
  private readonly open: LRUCache<string, number>;
  private readonly full: LRUCache<string, number>;

  /** @param max the maximum of the counters below their limit, and of the counters at their limit */
  constructor(max: number) {
    const dispose = (_limit: number, key: string, reason: string): void => {
      if (reason === 'evict') void this.limiter.delete(key);
    };
    this.open = recent<number>(max, { dispose });
    this.full = recent<number>(max, { dispose });
  }

  /**
   * Adds to a counter. The counter has changed when the function returns, before the promise resolves.
   *
   * @param limit the count at which the counter is full
   */
  async penalty(
    key: string,
    points: number,
    options: { readonly customDuration: number },
    limit: number,
  ): Promise<RateLimiterRes> {
    if (!this.full.has(key)) this.open.set(key, limit);
    const result = await this.limiter.penalty(key, points, options);
    this.place(key, limit, result);
    return result;
  }

  /** Reads a counter. Returns `null` if there is none. */
  get(key: string): Promise<RateLimiterRes | null> {
    return this.limiter.get(key);
  }

  /** Subtracts from a counter, unless it was removed. */
  async reward(key: string, points: number, options: { readonly customDuration: number }): Promise<unknown> {
    const limit = this.full.get(key) ?? this.open.get(key);
    if (limit === undefined) return undefined;
    const result = await this.limiter.reward(key, points, options);
    this.place(key, limit, result);
    return result;
  }

  /** The number of counters. */
  get size(): number {
    return this.open.size + this.full.size;
  }

  private place(key: string, limit: number, { consumedPoints }: RateLimiterRes): void {
    const [to, from] = consumedPoints >= limit ? [this.full, this.open] : [this.open, this.full];
    from.delete(key);
    to.set(key, limit);
  }
}
