import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { RedisCommands } from '../common/redis.js';

/** Ensures that something happens once for a key, e.g. for a logout token. */
export interface SingleUse {
  /**
   * Runs `work`, unless it has run for this key before or is running. If it throws, the key can be used again.
   *
   * @param milliseconds how long the key is remembered
   * @returns `false` if the key was used before
   */
  once(key: string, milliseconds: number, work: () => Promise<void>): Promise<boolean>;
}

/** The maximum number of keys in memory. Only an issuer can create them. */
const MAX = 10_000;

/** Remembers the keys in the memory of the process. */
export class MemorySingleUse implements SingleUse {
  /** The keys, with the milliseconds since 1970 until which they are remembered. */
  private readonly used = new LRUCache<string, number>({ max: MAX });

  async once(key: string, milliseconds: number, work: () => Promise<void>): Promise<boolean> {
    const now = Date.now();
    if ((this.used.get(key) ?? 0) > now) return false;
    this.used.set(key, now + milliseconds);
    try {
      await work();
    } catch (error) {
      this.used.delete(key);
      throw error;
    }
    return true;
  }
}

/** Milliseconds for which Redis remembers a key while `work` runs. If an instance ends meanwhile, the key can be used again. */
const RUNNING = 30_000;

/**
 * Claims a key for an instance. A client may deliver a command late, after its caller has given up, so an instance can claim a key that
 * it has claimed before.
 */
const CLAIM = `
  local holder = redis.call('GET', KEYS[1])
  if holder and holder ~= ARGV[1] then return 'used' end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'claimed'`;

/** The value of a key whose `work` has run. */
const DONE = 'done';

/** Remembers the keys in Redis, for all instances of an application. It throws if Redis is unavailable. */
export class RedisSingleUse implements SingleUse {
  private readonly own = new MemorySingleUse();
  /** The name of this instance. */
  private readonly holder = randomUUID();

  constructor(
    private readonly redis: RedisCommands,
    private readonly prefix: string,
  ) {}

  async once(key: string, milliseconds: number, work: () => Promise<void>): Promise<boolean> {
    try {
      return await this.own.once(key, milliseconds, () => this.claim(this.prefix + key, milliseconds, work));
    } catch (error) {
      if (error instanceof UsedError) return false;
      throw error;
    }
  }

  /** @throws UsedError if another instance has used the key, or uses it */
  private async claim(name: string, milliseconds: number, work: () => Promise<void>): Promise<void> {
    const running = String(Math.min(RUNNING, milliseconds));
    if ((await this.redis.run(CLAIM, name, this.holder, running)) !== 'claimed') throw new UsedError();
    try {
      await work();
      await this.redis.set(name, DONE, milliseconds);
    } catch (error) {
      // If Redis is down, the key ends soon by itself.
      await this.redis.delete(name).catch(() => undefined);
      throw error;
    }
  }
}

class UsedError extends Error {}
