import type { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { recent } from './recent.js';

/** The in-memory counters of rate-limiter-flexible, with a maximum. The least recently used counter is removed first. */
export class MemoryLimiter {
  private readonly limiter = new RateLimiterMemory({ points: 1, duration: 1 });
  private readonly keys: LRUCache<string, true>;

  constructor(max: number) {
    this.keys = recent<true>(max, { dispose: (_, key) => void this.limiter.delete(key) });
  }

  /** Adds to a counter. The counter has changed when the function returns, before the promise resolves. */
  penalty(key: string, points: number, options: { readonly customDuration: number }): Promise<RateLimiterRes> {
    this.keys.set(key, true);
    return this.limiter.penalty(key, points, options);
  }

  /** Subtracts from a counter, unless it was removed. */
  async reward(key: string, points: number, options: { readonly customDuration: number }): Promise<unknown> {
    return this.keys.get(key) && this.limiter.reward(key, points, options);
  }
}
