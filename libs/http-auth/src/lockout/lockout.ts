import type { LRUCache } from 'lru-cache';
import type { HttpRequest } from '../http/request.js';
import { Attempt, type Ending, Refusal } from './attempt.js';
import { Claim, type Credentials } from './claim.js';
import { type Count, Counters } from './counters.js';
import { type LimitOptions, windowSeconds } from './limits.js';
import { recent } from './recent.js';
import { Underway } from './underway.js';

/** Seconds for which a successful login from an address is remembered: two weeks. */
const KNOWN = 14 * 24 * 60 * 60;

/** The maximum number of remembered logins. */
const MAX_KNOWN = 10_000;

/** The maximum number of keys that are remembered for a failure. It equals the maximum number of counters in memory. */
const MAX_SUSPECTS = 50_000;

/** Milliseconds for which a full counter is not read again. Attempts elsewhere may still give their counts back. */
const BLOCKED = 1000;

/** The index of the user's key in `Claim.keys`. */
const USER = 2;

/**
 * Limits how often passwords can be guessed. Each attempt is counted before the password is verified, and the count is given
 * back unless the attempt fails. Therefore, parallel guesses cannot exceed a limit.
 *
 * Two kinds of attempts are not counted: credentials that were right from the same address before, and, if the counters are in
 * memory, a single attempt without a previous failure.
 */
export class Lockout {
  private readonly counters: Counters;
  private readonly limits: readonly [pair: number, address: number, user: number];
  /** The single running attempt that is not counted. */
  private alone: Attempt | undefined;
  private readonly underway = new Underway();
  /** The keys that had a failure in this process. */
  private readonly suspects: LRUCache<string, true>;
  /** The keys whose limit is reached, each with the time when its counter is reset. */
  private readonly blocked = recent<number>(MAX_SUSPECTS, { ttl: BLOCKED });
  /**
   * The successful logins: for each user and address, the digest of the credentials. After a later failure, the digest is an
   * empty string.
   */
  private readonly known = recent<string>(MAX_KNOWN, { ttl: KNOWN * 1000, noUpdateTTL: true });

  constructor(options: LimitOptions = {}) {
    const { perUserAndAddress = 10, perAddress = 100, perUser = 100 } = options;
    this.limits = [perUserAndAddress, perAddress, perUser];
    this.counters = new Counters(options);
    this.suspects = recent<true>(MAX_SUSPECTS, { ttl: windowSeconds(options) * 1000 });
  }

  /** Decides whether the password may be verified. The caller must pass the attempt to {@link end} afterwards. */
  async begin(credentials: Credentials, request: HttpRequest): Promise<Attempt | Refusal> {
    const attempt = new Attempt(new Claim(credentials, request));
    if (this.counters.closed) return new Refusal(503, 1);
    if (!this.counters.shared && this.alone === undefined && this.underway.idle && !this.isSuspect(attempt)) {
      this.alone = attempt;
      return attempt;
    }
    if (this.isKnown(attempt)) return attempt;
    return this.refusalOf(attempt) ?? this.reserve(attempt);
  }

  /** Records the result of an attempt. */
  end(attempt: Attempt, ending: Ending): void {
    if (this.alone === attempt) this.alone = undefined;
    const { counted } = attempt;
    if (ending === 'success') this.remember(attempt);
    if (ending === 'failure') {
      const { success, keys } = attempt.claim;
      for (const key of keys) this.suspects.set(key, true);
      // The password may have been changed. The user must log in again before other attempts count as known.
      if (this.known.has(success)) this.known.set(success, '');
      if (counted === undefined) void this.counters.add(keys);
    } else {
      void counted?.then((counts) => this.counters.giveBack(counts ?? []));
    }
    this.leave(attempt, ending);
  }

  /** Counts an attempt, or refuses it. Equal attempts wait for the first one, because browsers send parallel requests. */
  private async reserve(attempt: Attempt): Promise<Attempt | Refusal> {
    const same = `same ${attempt.claim.digest}`;
    this.countAlone();
    while (this.underway.has(same)) {
      // If the first attempt succeeds, the equal ones succeed, too.
      if (await this.underway.left(same)) return attempt;
      const refusal = this.refusalOf(attempt);
      if (refusal !== undefined) return refusal;
      this.countAlone();
    }
    // From here on, `underway` is not idle, so no other attempt can be alone.
    this.enter(attempt, same, `guess ${attempt.claim.pair}`);
    let outcome = await this.count(attempt);
    while (typeof outcome === 'string') {
      // The running attempts may succeed and give their counts back.
      await this.underway.left(outcome);
      outcome = this.refusalOf(attempt, outcome) ?? (await this.count(attempt));
    }
    if (outcome instanceof Refusal) this.leave(attempt, 'failure');
    return outcome;
  }

  /** Counts an attempt if no limit is reached. Otherwise returns a refusal, or the key of running attempts to wait for. */
  private async count(attempt: Attempt): Promise<Attempt | Refusal | string> {
    const { keys } = attempt.claim;
    const others = keys.map((key) => this.underway.has(key));
    this.enter(attempt, ...keys);
    const counts = await this.counters.add(keys);
    if (counts === undefined) return new Refusal(503, 1);
    const full = counts.findIndex(({ count }, index) => count > (this.limits[index] as number));
    if (full === -1 || (full === USER && (await this.isExempt(attempt)))) {
      attempt.counted = Promise.resolve(counts);
      return attempt;
    }
    this.counters.giveBack(counts);
    attempt.entered = attempt.entered.slice(0, -keys.length);
    for (const key of keys) this.underway.leave(key, false);
    this.doubt(attempt.claim);
    const key = keys[full] as string;
    return others[full] ? key : this.block(key, counts[full] as Count);
  }

  /** Returns `true` if the user logged in from this address before. Then failures from other addresses do not matter. */
  private async isExempt(attempt: Attempt): Promise<boolean> {
    return this.known.has(attempt.claim.success) || this.counters.isMarked(attempt.claim.success);
  }

  /** Counts the attempt that was alone, because another one starts. */
  private countAlone(): void {
    const { alone } = this;
    this.alone = undefined;
    if (alone === undefined || this.isKnown(alone)) return;
    const { digest, pair, keys } = alone.claim;
    this.enter(alone, `same ${digest}`, `guess ${pair}`, ...keys);
    alone.counted = this.counters.add(keys);
  }

  private enter(attempt: Attempt, ...keys: string[]): void {
    attempt.entered = [...attempt.entered, ...keys];
    for (const key of keys) this.underway.enter(key);
  }

  private leave(attempt: Attempt, ending: Ending): void {
    const { entered } = attempt;
    attempt.entered = [];
    for (const key of entered) {
      this.underway.leave(key, key.startsWith('same ') ? ending === 'success' : ending !== 'failure');
    }
  }

  private remember({ claim, counted }: Attempt): void {
    const digest = this.known.get(claim.success);
    if (digest === undefined) this.counters.mark(claim.success, KNOWN);
    if (!digest || counted !== undefined) this.known.set(claim.success, claim.digest);
  }

  /**
   * Returns `true` if the same credentials succeeded from this address before, no other password failed since, and no other
   * password is being tried. Then the attempt is not a guess.
   */
  private isKnown({ claim }: Attempt): boolean {
    const digest = this.known.get(claim.success);
    if (!digest || digest !== claim.digest) return false;
    const { pair } = claim;
    return !this.suspects.has(pair) && !this.underway.has(`guess ${pair}`);
  }

  private isSuspect({ claim }: Attempt): boolean {
    return claim.keys.some((key) => this.suspects.has(key));
  }

  /** @param key the key whose limit was reached when the attempt was counted */
  private refusalOf({ claim }: Attempt, key?: string): Refusal | undefined {
    const until = this.blocked.get(claim.pair) ?? this.blocked.get(claim.address) ?? (key && this.blocked.get(key));
    if (!until) return undefined;
    this.doubt(claim);
    return new Refusal(429, secondsTo(until));
  }

  /** After a refusal, the remembered credentials of the user do not count as known either. */
  private doubt({ pair, success }: Claim): void {
    if (this.known.has(success)) this.suspects.set(pair, true);
  }

  /** Remembers that the limit of a key is reached. */
  private block(key: string, { until }: Count): Refusal {
    this.suspects.set(key, true);
    this.blocked.set(key, until);
    return new Refusal(429, secondsTo(until));
  }
}

function secondsTo(until: number): number {
  return Math.max(1, Math.ceil((until - performance.now()) / 1000));
}
