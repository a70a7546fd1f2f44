import type { LRUCache } from 'lru-cache';
import type { Count } from './count.js';
import { recent } from './recent.js';

/** Counters with one failure are kept apart from the others, because they are the easiest to create. */
type Group = 'one' | 'several' | 'full';

interface Counter extends Count {
  /** The count at which the counter is full. */
  readonly limit: number;
}

/**
 * Counters in memory, with a maximum for each group. The least recently used counter of a group is removed first. New names and
 * addresses have one failure each, so they push out only each other. To push out another counter, a guesser needs two failures for
 * each counter. To push out one that has reached its limit, a guesser needs as many as the limit.
 */
export class MemoryCounters {
  private readonly groups: Readonly<Record<Group, LRUCache<string, Counter>>>;

  /**
   * @param max the maximum of the counters in a group
   * @param window the milliseconds after which a counter is reset
   */
  constructor(
    max: number,
    private readonly window: number,
  ) {
    this.groups = { one: recent(max, {}), several: recent(max, {}), full: recent(max, {}) };
  }

  /**
   * Adds one to a counter.
   *
   * @param limit the count at which the counter is full
   */
  add(key: string, limit: number): Count {
    const { count = 0, until = performance.now() + this.window } = this.get(key) ?? {};
    return this.put(key, { count: count + 1, until, limit });
  }

  /** Subtracts one from a counter, unless it was removed. */
  reward(key: string): void {
    const counter = this.get(key);
    if (counter !== undefined) this.put(key, { ...counter, count: counter.count - 1 });
  }

  /** Reads a counter. Returns `undefined` if the key has no counter. */
  get(key: string): Counter | undefined {
    const counter = this.groupWith(key)?.get(key);
    return counter !== undefined && counter.until > performance.now() ? counter : undefined;
  }

  /** The number of counters. */
  get size(): number {
    const { one, several, full } = this.groups;
    return one.size + several.size + full.size;
  }

  private groupWith(key: string): LRUCache<string, Counter> | undefined {
    return Object.values(this.groups).find((group) => group.has(key));
  }

  /** Stores a counter in its group. A counter without failures is not stored. */
  private put(key: string, counter: Counter): Count {
    const { count, limit } = counter;
    this.groupWith(key)?.delete(key);
    if (count > 0) this.groups[count >= limit ? 'full' : count > 1 ? 'several' : 'one'].set(key, counter);
    return counter;
  }
}
