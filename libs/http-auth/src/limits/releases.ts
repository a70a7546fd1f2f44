import type { Counters } from './counters.js';
import { recent } from './recent.js';

/** Seconds for which a release is remembered: two weeks. Then all failures of the user or the address are forgotten once more. */
const LIFE = 14 * 24 * 60 * 60;

/** The maximum number of remembered releases. */
const MAX = 50_000;

/**
 * The times at which users and addresses were released. The key of a counter starts with the latest release, so that a release
 * replaces all counters of a user, although their addresses are unknown. Another process learns of a release when a counter is full.
 */
export class Releases {
  private readonly times = recent<number>(MAX, {});

  constructor(private readonly counters: Counters) {}

  /** Returns the start of the keys of the counters of a user or an address. It is empty if there was no release. */
  latest(subject: string): string {
    const time = this.times.get(subject);
    return time === undefined ? '' : `${time} `;
  }

  /** Asks the shared store for the latest release. Returns `true` if it is new to this process. */
  async refresh(subject: string): Promise<boolean> {
    const stored = await this.counters.read(keyOf(subject));
    if (stored === undefined || stored.count <= (this.times.get(subject) ?? 0)) return false;
    this.times.set(subject, stored.count, { ttl: stored.until - performance.now() });
    return true;
  }

  /** Adds a release. */
  async add(subject: string): Promise<void> {
    await this.refresh(subject);
    // Seconds fit into the columns of every store. Two releases must differ, also within a second.
    const time = Math.max(Math.floor(Date.now() / 1000), (this.times.get(subject) ?? 0) + 1);
    this.times.set(subject, time, { ttl: LIFE * 1000 });
    await this.counters.store(keyOf(subject), time, LIFE);
  }
}

function keyOf(subject: string): string {
  return `release ${subject}`;
}
