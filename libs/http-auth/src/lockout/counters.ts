import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Limiter, LimitOptions } from './limits.js';
import { MemoryLimiter } from './memory.js';

/** How many counters the memory of a process has. */
const MAX = 50_000;

/** Milliseconds in which a shared counter must answer. */
const TIMEOUT = 500;

/** Milliseconds between two attempts to reach a store that is out of reach. */
const INTERVAL = 1000;

/** What a counter says once it has counted. */
export interface Count {
  /** The key that was counted. */
  readonly key: string;
  /** How many there are, this one included. */
  readonly count: number;
  /** When it starts anew, by `performance.now()`. */
  readonly until: number;
  /** Where it was counted. */
  readonly limiter: Pick<Limiter, 'reward'> | MemoryLimiter;
}

/**
 * Counters in a store that all instances share, or in memory. Memory stands in for a store that is out of reach, until it is
 * back. No key shows whose it is.
 */
export class Counters {
  /** Whether other processes count along. */
  readonly shared: boolean;
  private readonly memory = new MemoryLimiter(MAX);
  private readonly limiter: Limiter | undefined;
  private readonly logger = new Logger('limits');
  private readonly duration: { readonly customDuration: number };
  private readonly failClosed: boolean;
  private lost = false;

  constructor({ redis, limiter, window = 900, failClosed = false, prefix = 'http-auth' }: LimitOptions) {
    this.limiter = limiter ?? (redis && redisLimiter(redis, prefix));
    this.shared = this.limiter !== undefined;
    this.duration = { customDuration: window };
    this.failClosed = failClosed;
  }

  /** Whether nothing may be let through for now, as it could not be counted. */
  get closed(): boolean {
    return this.lost && this.failClosed;
  }

  /** Counts one more under each key; `undefined` where that cannot be done, and must be. In memory it is done at once. */
  add(keys: readonly string[]): Promise<Count[] | undefined> {
    return this.limiter === undefined || this.lost ? this.addInMemory(keys) : this.addShared(keys, this.limiter);
  }

  /** Takes back what was counted, unless it has been forgotten by then. */
  giveBack(counts: readonly Count[]): void {
    const now = performance.now();
    for (const { key, until, limiter } of counts) {
      if (now < until) quietly(async () => limiter.reward(key, 1, this.duration));
    }
  }

  /** Leaves a mark for other processes. */
  mark(key: string, seconds: number): void {
    if (!this.lost) quietly(async () => this.limiter?.set(digest(key), 1, seconds));
  }

  /** Whether any process has left that mark. */
  async isMarked(key: string): Promise<boolean> {
    if (this.limiter === undefined || this.lost) return false;
    try {
      return (await inTime(this.limiter.get(digest(key)))) !== null;
    } catch (error) {
      this.lose(error, this.limiter);
      return false;
    }
  }

  private async addShared(keys: readonly string[], limiter: Limiter): Promise<Count[] | undefined> {
    const digests = keys.map(digest);
    const asked = digests.map(async (key) => limiter.penalty(key, 1, this.duration));
    try {
      const answers = await inTime(Promise.all(asked));
      return answers.map((answer, index) => countOf(digests[index] as string, answer, limiter));
    } catch (error) {
      // What it counts too late is counted elsewhere by now.
      for (const [index, late] of asked.entries()) {
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
    const { code, message } = error as NodeJS.ErrnoException;
    const meanwhile = this.failClosed ? 'requests are refused with 503' : 'each instance counts for itself';
    this.logger.error(
      `The counters of failures are out of reach (${message || code}): ${meanwhile} until they are back`,
    );
    void this.heal(limiter);
  }

  private async heal(limiter: Limiter): Promise<void> {
    do {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL).unref());
      this.lost = await inTime(limiter.penalty('probe', 0, { customDuration: 60 })).then(
        () => false,
        () => true,
      );
    } while (this.lost);
    this.logger.log('The counters of failures are back');
  }
}

function redisLimiter(client: object, keyPrefix: string): Limiter {
  // ioredis defines commands; redis has another way to give a script its arguments.
  const useRedisPackage = !('defineCommand' in client);
  return new RateLimiterRedis({ storeClient: client, points: 1, duration: 1, keyPrefix, useRedisPackage });
}

function countOf(key: string, { consumedPoints, msBeforeNext }: RateLimiterRes, limiter: Count['limiter']): Count {
  return { key, count: consumedPoints, until: performance.now() + msBeforeNext, limiter };
}

/** The key that a store sees, which tells no name and no address, and is short. */
function digest(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** A promise that fails where it is not settled in time. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Error(`no answer in ${TIMEOUT} ms`));
    // A process that was busy for so long looks first whether the answer has come meanwhile.
    const timer = setTimeout(() => setImmediate(expire), TIMEOUT);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Does what nobody waits for. Where the store is out of reach, there is nothing to be done about it. */
function quietly(act: () => Promise<unknown>): void {
  void act().then(undefined, () => undefined);
}
