import { Logger, ServiceUnavailableException } from '@nestjs/common';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Count } from './count.js';
import { type Limiter, type LimitOptions, windowSeconds } from './limit.options.js';
import { MemoryCounters } from './memory.counters.js';
import { sharedDigest } from '../common/digest.js';
import { inTime } from '../common/timeout.js';

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

/** A count that can be given back to the store that has the counter. */
interface Given extends Count {
  readonly key: string;
  readonly store: Limiter | MemoryCounters;
}

/** The counts of one attempt, one for each counter. */
export interface Counts {
  /** For each counter, the larger one of the counts in memory and in the shared store. */
  readonly counts: readonly Count[];
  readonly given: readonly Given[];
}

/**
 * Counters in memory, and in a store that all instances share. Each instance also counts its own failures in memory, so that a
 * store that fails or returns wrong counts never allows more failures than no store. Keys in the store are digests, so that it
 * contains no names and no addresses.
 */
export class Counters {
  private readonly memory: MemoryCounters;
  private readonly limiter: Limiter | undefined;
  private readonly logger = new Logger('limits');
  private readonly duration: { readonly customDuration: number };
  private readonly failClosed: boolean;
  private readonly redis: object | undefined;
  private lost = false;

  constructor(options: LimitOptions) {
    const { redis, limiter, failClosed = false, prefix = 'http-auth' } = options;
    this.limiter = limiter ?? (redis && redisLimiter(redis, prefix));
    const seconds = windowSeconds(options);
    this.memory = new MemoryCounters(MAX, seconds * 1000);
    this.duration = { customDuration: seconds };
    this.failClosed = failClosed;
    this.redis = redis;
  }

  /** `true` if all requests must be refused, because the shared store is unavailable. */
  get closed(): boolean {
    return this.lost && this.failClosed;
  }

  /** `true` if the counters are in a store that other processes may use too. */
  get isShared(): boolean {
    return this.limiter !== undefined;
  }

  /** @throws ServiceUnavailableException if the shared store is unavailable */
  assertAvailable(): void {
    if (this.lost)
      throw new ServiceUnavailableException('limits: the shared store is unavailable; try again when it is back');
  }

  /** Adds one to each counter. Returns `undefined` if the request must be refused. */
  async add(counters: readonly Limited[]): Promise<Counts | undefined> {
    const limiter = this.available;
    const local = counters.map(({ key, limit }) => ({ ...this.memory.add(key, limit), key, store: this.memory }));
    const shared = limiter === undefined ? [] : await this.addShared(counters, limiter);
    const given = [...local, ...shared];
    if (this.closed) {
      this.giveBack(given);
      return undefined;
    }
    return { counts: local.map((count, index) => larger(count, shared[index])), given };
  }

  /** Subtracts counts, unless their counters were reset meanwhile. */
  giveBack(given: readonly Given[]): void {
    const now = performance.now();
    for (const { key, until, store } of given) {
      if (now >= until) continue;
      if (store instanceof MemoryCounters) store.reward(key);
      else answerOf((async () => store.reward(key, 1, this.duration))()).catch((error: unknown) => this.lose(error));
    }
  }

  /** Stores a value for all processes. It stays unknown to them if the store is unavailable. */
  async store(key: string, value: number, seconds: number): Promise<void> {
    const limiter = this.available;
    if (limiter === undefined) return;
    try {
      await answerOf((async () => limiter.set(sharedDigest(key), value, seconds))());
    } catch (error) {
      this.lose(error);
    }
  }

  /** Reads a counter, or a value that a process has stored. Returns `undefined` if the key has no value. */
  async read(key: string): Promise<Count | undefined> {
    const local = this.memory.get(key);
    const shared = await this.readShared(key);
    return local === undefined ? shared : larger(local, shared);
  }

  private get available(): Limiter | undefined {
    return this.lost ? undefined : this.limiter;
  }

  private async readShared(key: string): Promise<Count | undefined> {
    const limiter = this.available;
    if (limiter === undefined) return undefined;
    try {
      const result: unknown = await answerOf((async () => limiter.get(sharedDigest(key)))());
      const count = result === null ? undefined : countOf(result, 0);
      // Some stores return zero for a key that they do not have.
      return count?.count === 0 ? undefined : count;
    } catch (error) {
      this.lose(error);
      return undefined;
    }
  }

  private async addShared(counters: readonly Limited[], limiter: Limiter): Promise<Given[]> {
    const requests = counters.map(async ({ key }): Promise<Given> => {
      const digest = sharedDigest(key);
      const result = await limiter.penalty(digest, 1, this.duration);
      return { ...countOf(result, 1), key: digest, store: limiter };
    });
    try {
      return await answerOf(Promise.all(requests));
    } catch (error) {
      this.lose(error);
      // The store may still count, or may have counted a part.
      for (const late of requests)
        late.then((given) => limiter.reward(given.key, 1, this.duration)).catch(() => undefined);
      return [];
    }
  }

  private lose(error: unknown): void {
    const limiter = this.available;
    if (limiter === undefined) return;
    this.lost = true;
    const meanwhile = this.failClosed ? 'requests are refused with 503' : 'each instance counts on its own';
    this.logger.error(
      `The counters of failures are unavailable (${notConnected(this.redis) ?? reasonOf(error)}); ${meanwhile} until they are back`,
    );
    void this.heal(limiter);
  }

  private async heal(limiter: Limiter): Promise<void> {
    do {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL).unref());
      this.lost = await answerOf(this.probe(limiter)).then(
        () => false,
        () => true,
      );
    } while (this.lost);
    this.logger.log('The counters of failures are back');
  }

  /** Does with the store all that the counters do. */
  private async probe(limiter: Limiter): Promise<void> {
    await limiter.set('probe', 1, 60);
    countOf(await limiter.penalty('probe', 1, { customDuration: 60 }), 1);
    await limiter.reward('probe', 1, { customDuration: 60 });
    countOf(await limiter.get('probe'), 0);
  }
}

function redisLimiter(client: object, keyPrefix: string): Limiter {
  // Only ioredis has defineCommand(). The package redis passes arguments to a script in another way.
  const useRedisPackage = !('defineCommand' in client);
  return new RateLimiterRedis({ storeClient: client, points: 1, duration: 1, keyPrefix, useRedisPackage });
}

/**
 * @param least the smallest valid count
 * @throws Error if a store returned something else than a count and a time
 */
function countOf(result: unknown, least: 0 | 1): Count {
  const { consumedPoints: count, msBeforeNext: rest } = (result ?? {}) as RateLimiterRes;
  // A stored value lives longer than a counter, so there is no upper bound for the time except what a timer can hold.
  if (Number.isSafeInteger(count) && count >= least && rest >= 0 && rest < 2 ** 31) {
    return { count, until: performance.now() + rest };
  }
  throw new Error('the store returned an invalid count');
}

function larger(one: Count, other: Count | undefined): Count {
  return other === undefined || other.count < one.count ? one : other;
}

/** Returns the reason if the application has not connected its client of the package redis. ioredis connects itself. */
function notConnected(redis: object | undefined): string | undefined {
  const { isOpen } = (redis ?? {}) as { readonly isOpen?: boolean };
  return isOpen === false ? 'the client is not connected; await its connect() first' : undefined;
}

function reasonOf(error: unknown): string {
  try {
    const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
    // A store may reject with anything.
    const reason: unknown = message || code;
    return typeof reason === 'string' ? reason : 'unknown error';
  } catch {
    return 'unknown error';
  }
}

function answerOf<T>(promise: Promise<T>): Promise<T> {
  return inTime(promise, TIMEOUT);
}
