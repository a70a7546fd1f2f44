import type { KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { VerifierUnavailableException } from '../../schemes/unavailable.exception.js';
import { DAY } from '../durations.js';
import type { Fetch } from '../endpoint.js';
import { type JwkSet, KeySet } from './jwk.set.js';
import type { JwsHeader } from './jws.js';
import type { Keys, KeyState, TokenIssuer } from './keys.js';
import { fetchKeys, type KeySource } from './metadata.js';

/** How keys are kept, in milliseconds. See `RemoteKeysOptions`. */
export interface KeyTimes {
  readonly maxAge: number;
  readonly cooldown: number;
  readonly timeout: number;
}

/** The maximum age of keys while their issuer does not answer. Afterwards the issuer may have withdrawn them. */
const STALE = DAY;

/**
 * The keys of an issuer. They are fetched on first use, and again if they are old or a token names an unknown key. While the
 * issuer is down, the last keys are used.
 */
export class RemoteKeys implements Keys {
  private readonly logger = new Logger('jwt');
  private set: KeySet | undefined;
  private text = '';
  private generation = 0;
  private loading: Promise<void> | undefined;
  private failure: VerifierUnavailableException | undefined;
  private loadedAt = -Infinity;
  private triedAt = -Infinity;
  private soughtAt = -Infinity;

  constructor(
    private readonly source: KeySource,
    private readonly times: KeyTimes,
    private readonly fetch?: Fetch,
  ) {}

  get state(): KeyState {
    const now = performance.now();
    return {
      keys: this.set?.size ?? 0,
      ready: this.isUsable(now),
      age: this.set === undefined ? undefined : Math.round(now - this.loadedAt),
      error: this.failure && `${this.failure.message}: ${causeOf(this.failure)}`,
    };
  }

  get version(): number | undefined {
    const now = performance.now();
    if (this.isDue(now)) void this.fetchOnce();
    return this.mustWait(now) ? undefined : this.generation;
  }

  /** @throws VerifierUnavailableException if there is no such key, and the issuer does not answer */
  async find(header: JwsHeader, token?: TokenIssuer): Promise<readonly KeyObject[]> {
    const now = performance.now();
    const keys = (await this.usable(now)).find(header, token);
    if (keys.length > 0) return keys;
    await this.seek(now);
    if (this.failure !== undefined) throw this.unavailable();
    return (this.set as KeySet).find(header, token);
  }

  async load(): Promise<void> {
    await this.usable(performance.now());
  }

  /** Returns the keys, and fetches them before if they are missing or very old. */
  private async usable(now: number): Promise<KeySet> {
    if (this.isDue(now)) void this.fetchOnce();
    if (this.mustWait(now)) await this.loading;
    if (this.set === undefined || !this.isUsable(now)) throw this.unavailable();
    return this.set;
  }

  /** Fetches the keys because a token names an unknown one, but not again within the cooldown. */
  private async seek(now: number): Promise<void> {
    if (this.loading === undefined) {
      if (this.failure !== undefined || now - this.soughtAt < this.times.cooldown) return;
      this.soughtAt = now;
    }
    await this.fetchOnce();
  }

  private isUsable(now: number): boolean {
    return this.set !== undefined && now - this.loadedAt < STALE;
  }

  private isDue(now: number): boolean {
    return now - this.triedAt >= (this.failure === undefined ? this.times.maxAge : this.pause(this.failure));
  }

  /** Returns `true` if no token may be verified until the keys are loaded, because they are missing or very old. */
  private mustWait(now: number): boolean {
    return !this.isUsable(now) || (this.failure === undefined && now - this.loadedAt >= 2 * this.times.maxAge);
  }

  /** Starts one fetch for all requests that wait. It does not throw: `failure` keeps the error for requests that find no key. */
  private fetchOnce(): Promise<void> {
    this.loading ??= fetchKeys(this.source, { timeout: this.times.timeout, fetch: this.fetch })
      .then((jwks) => this.take(jwks))
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.triedAt = performance.now();
        this.loading = undefined;
      });
    return this.loading;
  }

  private take(jwks: JwkSet): void {
    const text = JSON.stringify(jwks);
    if (text !== this.text) {
      const before = this.set?.problems;
      this.set = new KeySet(jwks);
      this.set.problems.filter((problem) => !before?.includes(problem)).forEach((problem) => this.logger.warn(problem));
      this.text = text;
      this.generation++;
    }
    this.loadedAt = performance.now();
    this.failure = undefined;
  }

  private fail(error: unknown): void {
    const outage = this.failure === undefined && this.set !== undefined;
    this.failure =
      error instanceof VerifierUnavailableException
        ? error
        : new VerifierUnavailableException('The keys of the issuer cannot be read', 5, { cause: error });
    if (outage) this.logger.warn(`${this.failure.message}: ${causeOf(this.failure)}; the last keys stay in use`);
  }

  /** Milliseconds until the next attempt after a failure. */
  private pause({ retryAfter }: VerifierUnavailableException): number {
    return Math.min(retryAfter * 1000, this.times.cooldown);
  }

  private unavailable(): VerifierUnavailableException {
    const { failure } = this;
    if (failure === undefined) return new VerifierUnavailableException('The keys of the issuer are not loaded', 5);
    const rest = this.triedAt + this.pause(failure) - performance.now();
    return new VerifierUnavailableException(failure.message, Math.max(1, Math.ceil(rest / 1000)), { cause: failure });
  }
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? cause.message : 'unknown';
}
