import { Logger } from '@nestjs/common';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { type Limiter, type LimitOptions, windowSeconds } from './limits.js';
import { MemoryLimiter } from './memory.js';
import { sharedDigest } from '../common/digest.js';

/** The maximum number of counters in memory. */
const MAX = 50_000;

/** Milliseconds after which the shared store counts as unavailable. */
const TIMEOUT = 500;

/** Milliseconds between two attempts to reach an unavailable store. */
const INTERVAL = 1000;

/** The result of counting one failure. */
export interface Count {
  /** The key of the counter. */
  readonly key: string;
  /** The number of failures, including this one. */
  readonly count: number;
  /** The time at which the counter is reset, as `performance.now()`. */
  readonly until: number;
  /** The limiter that has the counter. */
  readonly limiter: Pick<Limiter, 'reward'> | MemoryLimiter;
}

/**
 * Counters in a store that all instances share, or in memory. While the store is unavailable, the counters are in memory. Keys in
 * the store are digests, so that it contains no names and no addresses.
 */
export class Counters {
  /** `true` if the counters are in a shared store. */
  readonly shared: boolean;
  private readonly memory = new MemoryLimiter(MAX);
  private readonly limiter: Limiter | undefined;
  private readonly logger = new Logger('limits');
  private readonly duration: { readonly customDuration: number };
  private readonly failClosed: boolean;
  private lost = false;

  constructor(options: LimitOptions) {
    const { redis, limiter, failClosed = false, prefix = 'http-auth' } = options;
    this.limiter = limiter ?? (redis && redisLimiter(redis, prefix));
    this.shared = this.limiter !== undefined;
    this.duration = { customDuration: windowSeconds(options) };
    this.failClosed = failClosed;
  }

  /** `true` if all requests must be refused, because failures cannot be counted. */
  get closed(): boolean {
    return this.lost && this.failClosed;
  }

  /** Adds one to the counter of each key. Returns `undefined` if the request must be refused. */
  add(keys: readonly string[]): Promise<Count[] | undefined> {
    return this.limiter === undefined || this.lost ? this.addInMemory(keys) : this.addShared(keys, this.limiter);
  }

  /** Subtracts counts, unless their counters were reset meanwhile. */
  giveBack(counts: readonly Count[]): void {
    const now = performance.now();
    for (const { key, until, limiter } of counts) {
      if (now < until) quietly(async () => limiter.reward(key, 1, this.duration));
    }
  }

  /** Stores a mark for all processes. */
  mark(key: string, seconds: number): void {
    if (!this.lost) quietly(async () => this.limiter?.set(sharedDigest(key), 1, seconds));
  }

  /** Returns `true` if a process has stored the mark. */
  async isMarked(key: string): Promise<boolean> {
    if (this.limiter === undefined || this.lost) return false;
    try {
      return (await inTime(this.limiter.get(sharedDigest(key)))) !== null;
    } catch (error) {
      this.lose(error, this.limiter);
      return false;
    }
  }

  private async addShared(keys: readonly string[], limiter: Limiter): Promise<Count[] | undefined> {
    const digests = keys.map(sharedDigest);
    const requests = digests.map(async (key) => limiter.penalty(key, 1, this.duration));
    try {
      const results = await inTime(Promise.all(requests));
      return results.map((result, index) => countOf(digests[index] as string, result, limiter));
    } catch (error) {
      // If the store counts later, the count must be subtracted: the failure is counted in memory now.
      for (const [index, late] of requests.entries()) {
        quietly(async () => this.giveBack([countOf(digests[index] as string, await late, limiter)]));
      }
      this.lose(error, limiter);
      return this.addInMemory(keys);
    }
  }

  private addInMemory(keys: readonly string[]): Promise<Count[] | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    return Promise.all(
      keys.map(async (key) => countOf(key, await this.memory.penalty(key, 1, this.duration), this.memory)),
    );
  }

  private lose(error: unknown, limiter: Limiter): void {
    if (this.lost) return;
    this.lost = true;
    const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
    const meanwhile = this.failClosed ? 'requests are refused with 503' : 'each instance counts on its own';
    this.logger.error(
      `The counters of failures are unavailable (${message || code}); ${meanwhile} until they are back`,
    );
    void this.heal(limiter);
  }

  private async heal(limiter: Limiter): Promise<void> {
    do {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL).unref());
      this.lost = await inTime((async () => limiter.penalty('probe', 0, { customDuration: 60 }))()).then(
        () => false,
        () => true,
      );
    } while (this.lost);
    this.logger.log('The counters of failures are back');
  }
}

function redisLimiter(client: object, keyPrefix: string): Limiter {
  // Only ioredis has defineCommand(). The package redis passes arguments to a script in another way.
  const useRedisPackage = !('defineCommand' in client);
  return new RateLimiterRedis({ storeClient: client, points: 1, duration: 1, keyPrefix, useRedisPackage });
}

function countOf(key: string, { consumedPoints, msBeforeNext }: RateLimiterRes, limiter: Count['limiter']): Count {
  return { key, count: consumedPoints, until: performance.now() + msBeforeNext, limiter };
}

/** Rejects if a promise does not settle within the timeout. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Error(`no response in ${TIMEOUT} ms`));
    // If the process was busy, the response may be waiting in the event loop. setImmediate() lets it arrive first.
    const timer = setTimeout(() => setImmediate(expire), TIMEOUT);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Runs something in the background. An error is ignored, because the next count reports an unavailable store. */
function quietly(act: () => Promise<unknown>): void {
  void act().then(undefined, () => undefined);
}
