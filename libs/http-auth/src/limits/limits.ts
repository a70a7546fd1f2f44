import type { LRUCache } from 'lru-cache';
import type { HttpRequest } from '../http/request.js';
import { isPromise } from '../common/promise.js';
import { addressOf, networkOf } from './address.js';
import { Attempt, type Ending, type LimitName, Refusal } from './attempt.js';
import type { Count } from './count.js';
import { Counters, type Limited } from './counters.js';
import { noteLogin } from './familiar.js';
import { type Credentials, Guess } from './guess.js';
import { type LimitOptions, windowSeconds } from './limit.options.js';
import type { LimitedClient, LimitStatus, SchemeLimits } from './limit.status.js';
import { ProxyWarning } from './proxy.warning.js';
import { recent } from './recent.js';
import { Releases } from './releases.js';
import { Running } from './running.js';

/** Seconds for which a successful login from an address is remembered: two weeks. */
const KNOWN = 14 * 24 * 60 * 60;

/** The maximum number of remembered logins. */
const MAX_KNOWN = 10_000;

/** The maximum number of remembered failures, and of users that had one. */
const MAX_FAILED = 50_000;

/** Milliseconds for which a full counter is not read again. Attempts elsewhere may still give their counts back. */
const BLOCKED = 1000;

/**
 * The number of times that an attempt waits for others that are being counted. They give their counts back if a limit is reached,
 * but under a flood there are always others.
 */
const MAX_WAITS = 10;

/** A counter, and the option that limits it. */
interface Limit extends Limited {
  readonly name: LimitName;
}

/** A limit that is reached. */
interface Full {
  /** The index of the limit. */
  readonly index: number;
  readonly limit: Limit;
  /** The time at which its counter is reset. */
  readonly until: number;
}

/**
 * Limits how often passwords can be guessed. Each attempt goes through these states:
 *
 * - `begin()` refuses it if a limit is reached.
 * - Otherwise `begin()` reserves a count for it, so that parallel guesses cannot exceed a limit. Credentials that were right
 *   from the same address before are not counted.
 * - `end()` keeps the count if the credentials are wrong for the first time. In all other cases it gives the count back: a
 *   client that repeats a wrong password learns nothing new.
 */
export class Limits implements SchemeLimits {
  private readonly counters: Counters;
  private readonly releases: Releases;
  /** The attempts whose passwords are being verified, by the keys of their counters and others. */
  private readonly running = new Running();
  /** The attempts that are being counted, by the keys of their counters. */
  private readonly counting = new Running();
  private readonly proxyWarning = new ProxyWarning();
  /** The digests of the guesses that failed in the window. */
  private readonly failed: LRUCache<string, true>;
  /** The users at an address that had a failure or a refusal in the window. Their remembered login does not count. */
  private readonly doubted: LRUCache<string, true>;
  /** The keys whose limit is reached, each with the time when its counter is reset. */
  private readonly blocked = recent<number>(MAX_FAILED, { ttl: BLOCKED });
  /**
   * The successful logins: for each user and address, the digest of the credentials. After a later failure, the digest is an
   * empty string.
   */
  private readonly known = recent<string>(MAX_KNOWN, { ttl: KNOWN * 1000, noUpdateTTL: true });

  /** @param scheme the auth-scheme if its credentials are tokens without a username; then only the failures of an address count */
  constructor(
    private readonly options: LimitOptions = {},
    private readonly scheme?: string,
  ) {
    this.counters = new Counters(options);
    this.releases = new Releases(this.counters);
    const ttl = windowSeconds(options) * 1000;
    this.failed = recent<true>(MAX_FAILED, { ttl });
    this.doubted = recent<true>(MAX_FAILED, { ttl });
  }

  /**
   * Decides whether the password may be verified. The caller must pass the attempt to {@link end} afterwards.
   *
   * @throws TypeError if the option `key` does not return a string
   */
  async begin(credentials: Credentials, request: HttpRequest): Promise<Attempt | Refusal> {
    this.proxyWarning.check(request);
    const network = networkOf(addressOf(request));
    const attempt = new Attempt(new Guess(credentials, network, this.tenantOf(request), this.scheme));
    if (this.known.has(attempt.guess.success)) noteLogin(request);
    if (this.counters.closed) return new Refusal(503, 1);
    if (this.isKnown(attempt)) return attempt;
    return this.refusalOf(attempt) ?? this.reserve(attempt);
  }

  /** Records the result of an attempt. */
  end(attempt: Attempt, ending: Ending): void {
    const { guess, counted } = attempt;
    if (ending === 'success') this.remember(guess);
    const isNew = ending === 'failure' && !this.failed.has(guess.digest);
    if (ending === 'failure') this.distrust(guess);
    if (isNew) {
      this.failed.set(guess.digest, true);
      if (counted === undefined) void this.counters.add(this.limitedBy(guess));
    } else if (counted !== undefined) {
      this.counters.giveBack(counted);
    }
    this.leave(attempt, ending === 'success', !isNew);
  }

  /** `true` if the counters are in a store that other processes may use too. */
  get isShared(): boolean {
    return this.counters.isShared;
  }

  /**
   * Reads the counters of a client.
   *
   * @throws ServiceUnavailableException if the shared store is unavailable
   */
  async status(client: LimitedClient): Promise<LimitStatus[]> {
    const guess = this.guessOf(client);
    await Promise.all([this.releases.refresh(guess.user), this.releases.refresh(guess.address)]);
    const { username, address } = client;
    const known = { perUserAndAddress: username && address, perAddress: address, perUser: username };
    const limited = this.limitedBy(guess).filter(({ name }) => known[name] !== undefined);
    const counts = await Promise.all(limited.map(({ key }) => this.counters.read(key)));
    this.counters.assertAvailable();
    return limited.map(({ name, limit }, index) => {
      const { count = 0, until = 0 } = counts[index] ?? {};
      return { limit: name, failures: count, max: limit, retryAfter: count < limit ? 0 : secondsUntil(until) };
    });
  }

  /**
   * Forgets the failures of a user, of an address, or of both.
   *
   * @throws ServiceUnavailableException if the shared store is unavailable
   */
  async release(client: LimitedClient): Promise<void> {
    const guess = this.guessOf(client);
    if (client.username !== undefined) await this.releases.add(guess.user);
    if (client.address !== undefined) await this.releases.add(guess.address);
    this.counters.assertAvailable();
  }

  /** @throws TypeError if there are tenants, and the client is a user without one */
  private guessOf({ username = '', address = '', tenant }: LimitedClient): Guess {
    if (this.options.key !== undefined && username !== '' && tenant === undefined) {
      throw new TypeError(
        'limits: the users belong to tenants, because limits.key is set; name the tenant of the user',
      );
    }
    return new Guess({ username, password: '' }, networkOf(address), tenant, this.scheme);
  }

  private tenantOf(request: HttpRequest): string {
    const { key } = this.options;
    const tenant: unknown = key === undefined ? '' : key(request);
    if (typeof tenant === 'string') return tenant;
    // Without a handler, a rejection would end the process.
    if (isPromise(tenant)) tenant.then(undefined, () => undefined);
    throw new TypeError('limits.key: the function must return a string, and must not be async');
  }

  /** Returns the counters of a guess. For a name that several clients share, only the address counts. */
  private limitedBy(guess: Guess): Limit[] {
    const { perUserAndAddress = 10, perAddress = 100, perUser = 100, sharedUsernames = [] } = this.options;
    const ofAddress = this.releases.latest(guess.address);
    const address: Limit = { name: 'perAddress', key: `${ofAddress}${guess.address}`, limit: perAddress };
    if (this.scheme !== undefined || sharedUsernames.includes(guess.username)) return [address];
    const ofUser = this.releases.latest(guess.user);
    return [
      { name: 'perUserAndAddress', key: `${ofUser}${guess.pair}`, limit: perUserAndAddress },
      address,
      { name: 'perUser', key: `${ofUser}${guess.user}`, limit: perUser },
    ];
  }

  /** Reserves a count, or refuses the attempt. Equal attempts wait for the first one, because browsers send parallel requests. */
  private async reserve(attempt: Attempt): Promise<Attempt | Refusal> {
    const { guess } = attempt;
    const same = `same ${guess.digest}`;
    const waits = this.running.has(same) && !this.failed.has(guess.digest);
    // If the first attempt succeeds, the equal ones are not guesses.
    if (waits && (await this.running.left(same))) return attempt;
    this.enter(attempt, same, `guess ${guess.pair}`);
    const refusal = await this.count(attempt);
    if (refusal === undefined) return attempt;
    this.leave(attempt, false, false);
    return refusal;
  }

  /**
   * Counts an attempt. If a limit is reached, it first waits for the attempts that may give their counts back, and then returns a
   * refusal.
   */
  private async count(attempt: Attempt): Promise<Refusal | undefined> {
    let waits = 0;
    for (;;) {
      const limits = this.limitedBy(attempt.guess);
      const before = limits.map(({ key }) => ({
        isRunning: this.running.has(key),
        isCounting: this.counting.has(key),
      }));
      const full = await this.tryToCount(attempt, limits);
      if (full === undefined || full instanceof Refusal) return full;
      const { index, limit, until } = full;
      const refusal = this.refusalOf(attempt, limit.key);
      if (refusal !== undefined) return refusal;
      const { isRunning, isCounting } = before[index] as (typeof before)[0];
      if (isRunning) await this.running.left(limit.key);
      else if (isCounting && waits < MAX_WAITS) await this.counting.left(limit.key);
      else if (!(await this.isReleased(attempt, limit))) return this.block(limit, until);
      waits = isRunning ? 0 : waits + 1;
    }
  }

  /** Counts an attempt. Returns the limit that is reached, or a refusal if failures cannot be counted. */
  private async tryToCount(attempt: Attempt, limits: readonly Limit[]): Promise<Full | Refusal | undefined> {
    const keys = limits.map(({ key }) => key);
    for (const key of keys) this.counting.enter(key);
    try {
      const added = await this.counters.add(limits);
      if (added === undefined) return new Refusal(503, 1);
      const { counts, given } = added;
      const index = counts.findIndex(({ count }, at) => count > (limits[at] as Limit).limit);
      const limit = limits[index];
      if (limit === undefined || (limit.name === 'perUser' && (await this.isExempt(attempt)))) {
        attempt.counted = given;
        this.enter(attempt, ...keys);
        return undefined;
      }
      this.counters.giveBack(given);
      this.doubt(attempt.guess);
      // The store may have failed while the login of the user was read.
      if (this.counters.closed) return new Refusal(503, 1);
      return { index, limit, until: (counts[index] as Count).until };
    } finally {
      // The count may have been given back, so one of the attempts that wait continues.
      for (const key of keys) this.counting.leave(key, true);
    }
  }

  /** Returns `true` if another process has released the user or the address of a full counter. */
  private isReleased({ guess }: Attempt, { name }: Limit): Promise<boolean> {
    return this.releases.refresh(name === 'perAddress' ? guess.address : guess.user);
  }

  /** Returns `true` if the user logged in from this address before. Then failures from other addresses do not matter. */
  private async isExempt({ guess }: Attempt): Promise<boolean> {
    return this.known.has(guess.success) || (await this.counters.read(guess.success)) !== undefined;
  }

  private enter(attempt: Attempt, ...keys: string[]): void {
    attempt.entered = [...attempt.entered, ...keys];
    for (const key of keys) this.running.enter(key);
  }

  /**
   * @param succeeded tells the equal attempts that they are not guesses
   * @param freed tells the attempts that wait for a counter that a count was given back
   */
  private leave(attempt: Attempt, succeeded: boolean, freed: boolean): void {
    for (const key of attempt.entered) this.running.leave(key, key.startsWith('same ') ? succeeded : freed);
  }

  private remember({ success, digest }: Guess): void {
    if (this.known.get(success) === undefined) void this.counters.store(success, 1, KNOWN);
    this.known.set(success, digest);
  }

  /**
   * Returns `true` if the same credentials succeeded from this address before, no other password failed since, and no other
   * password is being tried. Then the attempt is not a guess.
   */
  private isKnown({ guess }: Attempt): boolean {
    if (this.known.get(guess.success) !== guess.digest) return false;
    const { pair } = guess;
    return !this.doubted.has(pair) && !this.running.has(`guess ${pair}`);
  }

  /** After a failure, the user must log in again before equal attempts count as known. The password may have changed. */
  private distrust(guess: Guess): void {
    this.doubted.set(guess.pair, true);
    if (this.known.has(guess.success)) this.known.set(guess.success, '');
  }

  /** After a refusal, the remembered credentials of the user do not count as known either. */
  private doubt({ pair, success }: Guess): void {
    if (this.known.has(success)) this.doubted.set(pair, true);
  }

  /** @param full the key whose limit was reached when the attempt was counted */
  private refusalOf({ guess }: Attempt, full?: string): Refusal | undefined {
    // The limit of a user does not apply to all addresses, so it refuses only an attempt that was counted.
    const reached = this.limitedBy(guess).find(
      ({ name, key }) => (name !== 'perUser' || key === full) && this.blocked.has(key),
    );
    if (reached === undefined) return undefined;
    this.doubt(guess);
    return new Refusal(429, secondsUntil(this.blocked.get(reached.key) ?? 0), reached.name);
  }

  /** Remembers that a limit is reached. */
  private block({ name, key }: Limit, until: number): Refusal {
    this.blocked.set(key, until);
    return new Refusal(429, secondsUntil(until), name);
  }
}

/** Returns the whole seconds until a time, at least one. */
function secondsUntil(time: number): number {
  return Math.max(1, Math.ceil((time - performance.now()) / 1000));
}
