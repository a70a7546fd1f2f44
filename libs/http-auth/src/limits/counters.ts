import { Logger } from '@nestjs/common';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { type Limiter, type LimitOptions, windowSeconds } from './limit.options.js';
import { MemoryCounters } from './memory.counters.js';
import { sharedDigest } from '../common/digest.js';

/** The maximum number of counters in memory. */
const MAX = 50_000;

/** Milliseconds after which the shared store counts as unavailable. */
const TIMEOUT = 500;

/** Milliseconds between two attempts to reach an unavailable store. */
const INTERVAL = 1000;

/** A counter and its limit. */
export interface Limited {
  readonly key: string;
  /** The number of failures that are allowed. */
  readonly limit: number;
}

/** The result of counting one failure. */
export interface Count {
  /** The key of the counter. */
  readonly key: string;
  /** The number of failures, including this one. */
  readonly count: number;
  /** The time at which the counter is reset, as `performance.now()`. */
  readonly until: number;
  /** The limiter that has the counter. */
  readonly limiter: Pick<Limiter, 'reward'> | MemoryCounters;
}

/**
 * Counters in a store that all instances share, or in memory. While the store is unavailable, the counters are in memory. Keys in
 * the store are digests, so that it contains no names and no addresses.
 */
export class Counters {
  private readonly memory = new MemoryCounters(MAX);
  private readonly limiter: Limiter | undefined;
  private readonly logger = new Logger('limits');
  private readonly duration: { readonly customDuration: number };
  private readonly failClosed: boolean;
  private lost = false;

  constructor(options: LimitOptions) {
    const { redis, limiter, failClosed = false, prefix = 'http-auth' } = options;
    this.limiter = limiter ?? (redis && redisLimiter(redis, prefix));
    this.duration = { customDuration: windowSeconds(options) };
    this.failClosed = failClosed;
  }

  /** `true` if all requests must be refused, because failures cannot be counted. */
  get closed(): boolean {
    return this.lost && this.failClosed;
  }

  /** `true` if the counters are in a store that other processes may use too. */
  get isShared(): boolean {
    return this.limiter !== undefined;
  }

  /** @throws Error if the shared store is unavailable */
  assertAvailable(): void {
    if (this.lost) throw new Error('limits: the shared store is unavailable; try again when it is back');
  }

  /** Adds one to each counter. Returns `undefined` if the request must be refused. */
  add(counters: readonly Limited[]): Promise<Count[] | undefined> {
    return this.limiter === undefined || this.lost
      ? this.addInMemory(counters)
      : this.addShared(counters, this.limiter);
  }

  /** Subtracts counts, unless their counters were reset meanwhile. */
  giveBack(counts: readonly Count[]): void {
    const now = performance.now();
    for (const { key, until, limiter } of counts) {
      if (now < until) quietly(async () => limiter.reward(key, 1, this.duration));
    }
  }

  /** Stores a value for all processes. It stays unknown to them if the store is unavailable. */
  async store(key: string, value: number, seconds: number): Promise<void> {
    const { limiter } = this;
    if (limiter === undefined || this.lost) return;
    try {
      await inTime((async () => limiter.set(sharedDigest(key), value, seconds))());
    } catch (error) {
      this.lose(error, limiter);
    }
  }

  /** Reads a counter, or a value that a process has stored. Returns `undefined` if there is none. */
  async read(key: string): Promise<Count | undefined> {
    const limiter = this.lost ? undefined : this.limiter;
    try {
      const [id, store] = limiter === undefined ? [key, this.memory] : [sharedDigest(key), limiter];
      const result: unknown = await inTime((async () => store.get(id))());
      return result === null ? undefined : countOf(id, result as RateLimiterRes, store);
    } catch (error) {
      if (limiter !== undefined) this.lose(error, limiter);
      return undefined;
    }
  }

  private async addShared(counters: readonly Limited[], limiter: Limiter): Promise<Count[] | undefined> {
    const digests = counters.map(({ key }) => sharedDigest(key));
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
      return this.addInMemory(counters);
    }
  }

  private addInMemory(counters: readonly Limited[]): Promise<Count[] | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    return Promise.all(
      counters.map(async ({ key, limit }) =>
        countOf(key, await this.memory.penalty(key, 1, this.duration, limit), this.memory),
      ),
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
      this.lost = await inTime(
        (async () => resultOf(await limiter.penalty('probe', 0, { customDuration: 60 })))(),
      ).then(
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

function countOf(key: string, result: RateLimiterRes, limiter: Count['limiter']): Count {
  const { consumedPoints, msBeforeNext } = resultOf(result);
  return { key, count: consumedPoints, until: performance.now() + msBeforeNext, limiter };
}

/** @throws Error if a store returned something else than a count and a time */
function resultOf(result: unknown): RateLimiterRes {
  const { consumedPoints, msBeforeNext } = (result ?? {}) as RateLimiterRes;
  if (Number.isFinite(consumedPoints) && Number.isFinite(msBeforeNext)) return result as RateLimiterRes;
  throw new Error('the store returned an invalid count');
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
