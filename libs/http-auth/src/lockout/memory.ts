import type { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { recent } from './recent.js';

/**
 * rate-limiter-flexible's counters in memory, which has no bound of its own: there are at most so many, and the one that was
 * least recently counted goes first.
 */
export class MemoryLimiter {
  private readonly limiter = new RateLimiterMemory({ points: 1, duration: 1 });
  private readonly keys: LRUCache<string, true>;

  constructor(max: number) {
    this.keys = recent<true>(max, { dispose: (_, key) => void this.limiter.delete(key) });
  }

  /** Counts one more. It has counted when it returns, whenever the promise is looked at. */
  penalty(key: string, points: number, options: { readonly customDuration: number }): Promise<RateLimiterRes> {
    this.keys.set(key, true);
    return this.limiter.penalty(key, points, options);
  }

  /** Counts one less, of what is still there. */
  async reward(key: string, points: number, options: { readonly customDuration: number }): Promise<unknown> {
    return this.keys.get(key) && this.limiter.reward(key, points, options);
  }
}
