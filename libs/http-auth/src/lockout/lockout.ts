import type { LRUCache } from 'lru-cache';
import type { HttpRequest } from '../http/request.js';
import { Attempt, type Ending, Refusal } from './attempt.js';
import { type Claim, claimOf, type Credentials } from './claim.js';
import { type Count, Counters } from './counters.js';
import type { LimitOptions } from './limits.js';
import { recent } from './recent.js';
import { Underway } from './underway.js';

/** How long it is known that a user was admitted from an address, in seconds: two weeks. */
const KNOWN = 14 * 24 * 60 * 60;

/** How many of those a process knows. */
const MAX_KNOWN = 10_000;

/** How many keys with failures a process knows: as many as its memory counts. */
const MAX_SUSPECTS = 50_000;

/** Milliseconds until a counter that had reached its limit is asked again: what others have under way, they may give back. */
const BLOCKED = 1000;

/** Which of the keys of an attempt is that of its user. */
const USER = 2;

/**
 * Limits how often passwords are guessed. A guess is counted before it is judged, and taken back unless it fails, so that no
 * number of guesses at the same time gets past the limit. Not counted is what needs no counting: credentials that were good
 * from the same address lately, and, where no other process counts along, an attempt that nobody suspects while it is alone.
 */
export class Lockout {
  private readonly counters: Counters;
  private readonly limits: readonly [pair: number, address: number, user: number];
  /** The attempt that was let through without being counted, since it was alone. */
  private alone: Attempt | undefined;
  private readonly underway = new Underway();
  /** The keys that had a failure in this process. */
  private readonly suspects: LRUCache<string, true>;
  /** The keys that have reached their limit, and until when. */
  private readonly blocked = recent<number>(MAX_SUSPECTS, { ttl: BLOCKED });
  /** Who was admitted lately, and from where, and by which credentials, unless those have failed since. */
  private readonly known = recent<string>(MAX_KNOWN, { ttl: KNOWN * 1000, noUpdateTTL: true });
  /** Another object whenever something else is known: what was remembered in this one is there, and need not be looked for. */
  private state = {};

  constructor(options: LimitOptions = {}) {
    const { perUserAndAddress = 10, perAddress = 100, perUser = 100, window = 900 } = options;
    this.limits = [perUserAndAddress, perAddress, perUser];
    this.counters = new Counters(options);
    this.suspects = recent<true>(MAX_SUSPECTS, { ttl: window * 1000 });
  }

  /**
   * Whether an attempt may be judged: said at once, where nothing must be asked elsewhere. Of each that may, it must be told how
   * it {@link end}s.
   */
  begin(credentials: Credentials, request: HttpRequest): Attempt | Refusal | Promise<Attempt | Refusal> {
    const attempt = new Attempt(claimOf(credentials, request));
    if (this.counters.closed) return new Refusal(503, 1);
    if (!this.counters.shared && this.alone === undefined && this.underway.idle && !this.isSuspect(attempt)) {
      return (this.alone = attempt);
    }
    return this.isKnown(attempt) ? attempt : (this.refusalOf(attempt) ?? this.reserve(attempt));
  }

  /** Says how an attempt has ended. */
  end(attempt: Attempt, ending: Ending): void {
    if (this.alone === attempt) this.alone = undefined;
    const { counted } = attempt;
    if (ending === 'success') this.remember(attempt);
    if (ending === 'failure') {
      const { success, keys } = attempt.claim;
      for (const key of keys) this.suspects.set(key, true);
      // Its password is another one by now.
      if (this.known.has(success)) this.know(success, '');
      if (counted === undefined) void this.counters.add(keys);
      this.leave(attempt, ending);
    } else if (attempt.entered.length > 0) {
      void counted?.then((counts) => this.counters.giveBack(counts ?? []));
      this.leave(attempt, ending);
    }
  }

  /** Counts an attempt, or waits until it is known that it need not be; or refuses it. */
  private async reserve(attempt: Attempt): Promise<Attempt | Refusal> {
    const same = `same ${attempt.claim.digest}`;
    this.countAlone();
    while (this.underway.has(same)) {
      // A browser sends its requests all at once: where the first is good, so are those that are the same.
      if (await this.underway.left(same)) return attempt;
      const refusal = this.refusalOf(attempt);
      if (refusal !== undefined) return refusal;
      this.countAlone();
    }
    // From here on nobody is alone.
    this.enter(attempt, same, `guess ${attempt.claim.pair}`);
    let outcome = await this.count(attempt);
    while (typeof outcome === 'string') {
      // Those under way may be good, and give back what they were counted for.
      await this.underway.left(outcome);
      outcome = this.refusalOf(attempt, outcome) ?? (await this.count(attempt));
    }
    if (outcome instanceof Refusal) this.leave(attempt, 'failure');
    return outcome;
  }

  /** Counts an attempt where no limit is reached. Otherwise returns why not, or the key under which others are to be waited for. */
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

  /** Whether failures from elsewhere do not hold the user up here. */
  private async isExempt(attempt: Attempt): Promise<boolean> {
    return this.known.has(attempt.claim.success) || this.counters.isMarked(attempt.claim.success);
  }

  /** Counts the attempt that was alone, now that it no longer is. */
  private countAlone(): void {
    const { alone } = this;
    this.alone = undefined;
    if (alone === undefined || this.isKnown(alone)) return;
    this.enter(alone, `same ${alone.claim.digest}`, `guess ${alone.claim.pair}`, ...alone.claim.keys);
    alone.counted = this.counters.add(alone.claim.keys);
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
    if (claim.rememberedIn === this.state && counted === undefined) return;
    const credentials = this.known.get(claim.success);
    if (credentials === undefined) this.counters.mark(claim.success, KNOWN);
    if (!credentials || counted !== undefined) this.know(claim.success, claim.digest);
    claim.rememberedIn = this.state;
  }

  private know(success: string, digest: string): void {
    this.known.set(success, digest);
    this.state = {};
  }

  /**
   * Whether the credentials were good from this address lately, and nobody has guessed at them from there since, nor does so
   * now: then they are no guess, and nobody can make them one.
   */
  private isKnown({ claim }: Attempt): boolean {
    const credentials = this.known.get(claim.success);
    if (!credentials || credentials !== claim.digest) return false;
    // The key is made of texts.
    if (this.suspects.size === 0 && this.underway.idle) return true;
    const { pair } = claim;
    return !this.suspects.has(pair) && !this.underway.has(`guess ${pair}`);
  }

  private isSuspect({ claim }: Attempt): boolean {
    // Asked for last: they are made of texts.
    return this.suspects.size > 0 && claim.keys.some((key) => this.suspects.has(key));
  }

  /** @param key the key that had reached its limit when the attempt was counted, if any */
  private refusalOf({ claim }: Attempt, key?: string): Refusal | undefined {
    if (this.blocked.size === 0) return undefined;
    const until = this.blocked.get(claim.pair) ?? this.blocked.get(claim.address) ?? (key && this.blocked.get(key));
    if (!until) return undefined;
    this.doubt(claim);
    return new Refusal(429, secondsTo(until));
  }

  /** Other credentials than those that are known were refused unjudged: from now on none are known. */
  private doubt({ pair, success }: Claim): void {
    if (this.known.has(success)) this.suspects.set(pair, true);
  }

  /** Remembers that a key has reached its limit. */
  private block(key: string, { until }: Count): Refusal {
    this.suspects.set(key, true);
    this.blocked.set(key, until);
    return new Refusal(429, secondsTo(until));
  }
}

function secondsTo(until: number): number {
  return Math.max(1, Math.ceil((until - performance.now()) / 1000));
}
