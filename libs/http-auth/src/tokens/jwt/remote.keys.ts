import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { VerifierUnavailableException } from '../../schemes/unavailable.exception.js';
import type { Keys } from './keys.js';

/** How the keys of an issuer are kept. All in milliseconds. */
export interface RemoteKeysOptions {
  /**
   * After what time they are fetched again, while those that are there go on being used.
   *
   * @default 600_000
   */
  readonly maxAge?: number;
  /**
   * For how long no other key is looked for after one was, so that made-up tokens cannot have the issuer flooded.
   *
   * @default 30_000
   */
  readonly cooldown?: number;
  /**
   * How long the issuer may take to answer.
   *
   * @default 5000
   */
  readonly timeout?: number;
}

/** How long keys are used while their issuer does not answer. After that it may have withdrawn them for good reason. */
const STALE = 24 * 60 * 60 * 1000;

/** Says what is wrong with the options, `undefined` where nothing is. */
export function remoteKeysProblem(options: RemoteKeysOptions): string | undefined {
  const { maxAge = 1, cooldown = 0, timeout = 1 } = options;
  const wrong = Object.entries({ maxAge, cooldown, timeout }).find(
    ([name, value]) => !(Number.isSafeInteger(value) && value >= (name === 'cooldown' ? 0 : 1) && value <= STALE),
  );
  return wrong && `keys.${wrong[0]} must be a whole number of milliseconds, a day at the most`;
}

/**
 * The keys of an issuer, fetched when they are first needed, and again as they grow old or a token names one that is not among
 * them. While the issuer is down, those that are there are used.
 */
export class RemoteKeys implements Keys {
  private readonly logger = new Logger('jwt');
  private readonly maxAge: number;
  private readonly cooldown: number;
  private keys: ReturnType<typeof createLocalJWKSet> | undefined;
  private text = '';
  private generation = 0;
  private loading: Promise<void> | undefined;
  private failure: VerifierUnavailableException | undefined;
  private loadedAt = -Infinity;
  private triedAt = -Infinity;
  private soughtAt = -Infinity;

  constructor(
    private readonly fetch: () => Promise<JSONWebKeySet>,
    options: RemoteKeysOptions,
  ) {
    this.maxAge = options.maxAge ?? 600_000;
    this.cooldown = options.cooldown ?? 30_000;
  }

  get version(): number | undefined {
    const now = performance.now();
    if (this.isDue(now)) void this.load();
    return this.mustWait(now) ? undefined : this.generation;
  }

  /** @throws VerifierUnavailableException where there are no keys, or not this one, and the issuer does not answer */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const now = performance.now();
    if (this.isDue(now)) void this.load();
    if (this.mustWait(now)) await this.loading;
    if (this.keys === undefined || !this.isUsable(now)) throw this.unavailable();
    try {
      return await this.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.seek(now);
      if (this.failure !== undefined) throw this.unavailable();
      return this.keys(header, token);
    }
  };

  /** Has the keys fetched for one that is not among them, unless that was just done. */
  private async seek(now: number): Promise<void> {
    if (this.loading === undefined) {
      if (this.failure !== undefined || now - this.soughtAt < this.cooldown) return;
      this.soughtAt = now;
    }
    await this.load();
  }

  private isUsable(now: number): boolean {
    return this.keys !== undefined && now - this.loadedAt < STALE;
  }

  private isDue(now: number): boolean {
    return now - this.triedAt >= (this.failure === undefined ? this.maxAge : this.pause(this.failure));
  }

  /** Whether nothing may be verified before the keys are there: none are, or nobody has looked at them for long. */
  private mustWait(now: number): boolean {
    return !this.isUsable(now) || (this.failure === undefined && now - this.loadedAt >= 2 * this.maxAge);
  }

  /** One fetch for all who wait for it. It does not throw: what went wrong is kept, for whoever finds no key. */
  private load(): Promise<void> {
    this.loading ??= this.fetch()
      .then((jwks) => this.take(jwks))
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.triedAt = performance.now();
        this.loading = undefined;
      });
    return this.loading;
  }

  private take(jwks: JSONWebKeySet): void {
    const text = JSON.stringify(jwks);
    if (text !== this.text) {
      this.keys = createLocalJWKSet(jwks);
      this.text = text;
      this.generation++;
    }
    this.loadedAt = performance.now();
    this.failure = undefined;
  }

  private fail(error: unknown): void {
    const outage = this.failure === undefined && this.keys !== undefined;
    this.failure =
      error instanceof VerifierUnavailableException
        ? error
        : new VerifierUnavailableException('The issuer has no keys that can be read', 5, { cause: error });
    if (outage) this.logger.warn(`${this.failure.message}: ${causeOf(this.failure)}: the last keys are used`);
  }

  /** Milliseconds until it is tried again after a failure. */
  private pause({ retryAfter }: VerifierUnavailableException): number {
    return Math.min(retryAfter * 1000, this.cooldown);
  }

  private unavailable(): VerifierUnavailableException {
    const { failure } = this;
    if (failure === undefined) return new VerifierUnavailableException('The keys of the issuer are not there', 5);
    const rest = this.triedAt + this.pause(failure) - performance.now();
    return new VerifierUnavailableException(failure.message, Math.max(1, Math.ceil(rest / 1000)), { cause: failure });
  }
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? cause.message : 'unknown';
}
