import type { RateLimiterAbstract, RateLimiterCompatibleAbstract } from 'rate-limiter-flexible';

/** A limiter of rate-limiter-flexible, of any store. Its points, its duration and its blocking are not used. */
export type Limiter = RateLimiterAbstract | RateLimiterCompatibleAbstract;

/** How many failures are let through before requests are refused with 429, unjudged. Successes never count. */
export interface LimitOptions {
  /**
   * Failures of one user from one address.
   *
   * @default 10
   */
  readonly perUserAndAddress?: number;
  /**
   * Failures from one address, whoever is named; `Infinity` for no limit.
   *
   * @default 100
   */
  readonly perAddress?: number;
  /**
   * Failures of one user from all addresses together; `Infinity` for no limit. Addresses from which that user was admitted in
   * the last two weeks are exempt, so that nobody can lock others out from where they are.
   *
   * @default 100
   */
  readonly perUser?: number;
  /**
   * Seconds after the first failure until all of a key are forgotten, 86,400 at the most.
   *
   * @default 900
   */
  readonly window?: number;
  /**
   * A client of ioredis, or of redis 4 or later, for counters that all instances share.
   *
   * @default the memory of the process
   */
  readonly redis?: object;
  /** In place of `redis`: a limiter of rate-limiter-flexible, for any other store that it knows. */
  readonly limiter?: Limiter;
  /**
   * Whether requests are refused with 503 while `redis` or `limiter` cannot be reached. Otherwise each instance counts for itself
   * until it can.
   *
   * @default false
   */
  readonly failClosed?: boolean;
  /**
   * What the keys in `redis` start with. Applications that must not share limits need one each.
   *
   * @default 'http-auth'
   */
  readonly prefix?: string;
}

/** Says what is wrong with the options; `undefined` where nothing is. */
export function limitsProblem(limits: LimitOptions | false | undefined): string | undefined {
  if (limits === undefined || limits === false) return undefined;
  if (typeof limits !== 'object' || limits === null) return 'limits must be an object, or false for none';
  const { perUserAndAddress = 10, perAddress = 100, perUser = 100, window = 900 } = limits;
  for (const [name, limit] of Object.entries({ perUserAndAddress, perAddress, perUser })) {
    if (isCount(limit) || (limit === Infinity && name !== 'perUserAndAddress')) continue;
    return `limits.${name} must be a whole number of failures, 1 or more; limits: false is none`;
  }
  if (perAddress < perUserAndAddress || perUser < perUserAndAddress) {
    const name = perAddress < perUserAndAddress ? 'perAddress' : 'perUser';
    return `limits.${name} must not be less than perUserAndAddress, which is ${perUserAndAddress}`;
  }
  if (!isCount(window) || window > 86_400) return 'limits.window must be a whole number of seconds, 1 to 86400';
  return storeProblem(limits);
}

function storeProblem({ redis, limiter, failClosed = false, prefix = '-' }: LimitOptions): string | undefined {
  if (typeof failClosed !== 'boolean') return 'limits.failClosed must be true or false';
  if (typeof prefix !== 'string' || prefix === '') return 'limits.prefix must be a text that is not empty';
  if (redis !== undefined && limiter !== undefined) return 'limits.redis and limits.limiter exclude each other';
  if (redis !== undefined && typeof (redis as { eval?: unknown } | null)?.eval !== 'function') {
    return 'limits.redis must be a client of ioredis or redis';
  }
  if (limiter !== undefined && typeof (limiter as Partial<Limiter> | null)?.penalty !== 'function') {
    return 'limits.limiter must be a limiter of rate-limiter-flexible';
  }
  if (failClosed && redis === undefined && limiter === undefined) {
    return 'limits.failClosed is about redis or limiter, and there is neither: memory is never out of reach';
  }
  return undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
