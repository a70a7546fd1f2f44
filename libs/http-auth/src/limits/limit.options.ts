import type { RateLimiterAbstract, RateLimiterCompatibleAbstract } from 'rate-limiter-flexible';
import type { HttpRequest } from '../http/request.js';
import { type Duration, milliseconds } from '../common/duration.js';
import { type OptionNames, undefinedOption, unknownOption } from '../common/options.js';
import { undefinedRedis } from '../common/redis.js';

/** A limiter of rate-limiter-flexible for any store. Its options for points, duration and blocking are ignored. */
export type Limiter = RateLimiterAbstract | RateLimiterCompatibleAbstract;

/**
 * Returns the tenant of a request. The type is taken from a method, so that the function may declare Express's or Fastify's own
 * request as its parameter.
 */
export type LimitKey = { key(request: HttpRequest): string }['key'];

/**
 * Options of the limits on failed logins. If a limit is reached, requests get 429 (RFC 6585 section 4) and the password is not
 * verified. Successful logins do not count, and the same wrong credentials from the same address count once.
 */
export interface LimitOptions {
  /**
   * The number of failures of one user from one address.
   *
   * @default 10
   */
  readonly perUserAndAddress?: number;
  /**
   * The number of failures from one address, for all usernames together; `Infinity` for no limit.
   *
   * @default 100
   */
  readonly perAddress?: number;
  /**
   * The number of failures of one user from all addresses together; `Infinity` for no limit. It does not apply to addresses
   * from which the user logged in during the last two weeks, so that a guesser elsewhere cannot lock the user out.
   *
   * @default 100
   */
  readonly perUser?: number;
  /**
   * The time after which failures are forgotten, counted from the first one: a string such as `'15m'`, or a number of
   * milliseconds. At least a second and at most a day; fractions of a second are rounded up. A number from 1 to 86,400 is
   * rejected, because version 0.1 took it for seconds.
   *
   * @default '15m'
   */
  readonly window?: Duration;
  /**
   * Returns the tenant of a request, if users of different tenants may have the same name. The limits of a user then belong to one
   * tenant. The limit of an address is for all tenants together.
   *
   * Use only what you know of the request, e.g. a host that you have looked up in your list of tenants. If a client can choose the
   * value freely, as it can choose `Host`, a guesser gets more guesses for each value.
   *
   * @default no tenants
   */
  readonly key?: LimitKey;
  /**
   * Usernames that many clients share, such as `__token__`, in exactly this spelling. Only the limit of the address applies to them.
   *
   * @default []
   */
  readonly sharedUsernames?: readonly string[];
  /**
   * A client of ioredis, or of redis 4 or later. All instances of the application then share their counters.
   *
   * @default the memory of the process
   */
  readonly redis?: object;
  /** A limiter of rate-limiter-flexible for any other store. It excludes `redis`. */
  readonly limiter?: Limiter;
  /**
   * If `true`, requests get 503 while `redis` or `limiter` is unavailable. If `false`, each instance counts on its own until
   * then.
   *
   * @default false
   */
  readonly failClosed?: boolean;
  /**
   * The prefix of the keys in `redis`. Applications that use the same Redis and must not share limits need different ones.
   *
   * @default 'http-auth'
   */
  readonly prefix?: string;
}

/**
 * Options of the limits on failed tokens. A token has no username, so the failures of an address count.
 */
export type TokenLimitOptions = Pick<
  LimitOptions,
  'perAddress' | 'window' | 'redis' | 'limiter' | 'failClosed' | 'prefix'
>;

const NAMES: OptionNames<LimitOptions> = {
  perUserAndAddress: true,
  perAddress: true,
  perUser: true,
  window: true,
  key: true,
  sharedUsernames: true,
  redis: true,
  limiter: true,
  failClosed: true,
  prefix: true,
};

/** The options of passwords, which tokens do not have. */
const OF_PASSWORDS = ['perUserAndAddress', 'perUser', 'key', 'sharedUsernames'] as const;

/** Milliseconds of a day. */
const DAY = 86_400_000;

/** Returns the seconds of a valid window. Redis counts in whole seconds. */
export function windowSeconds({ window = '15m' }: LimitOptions): number {
  return Math.ceil((milliseconds(window) as number) / 1000);
}

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function limitsProblem(limits: LimitOptions | false | undefined): string | undefined {
  if (limits === undefined || limits === false) return undefined;
  if (typeof limits !== 'object' || limits === null) return 'limits must be an object; write false for no limits';
  const unknown =
    unknownOption(limits, NAMES, 'limits.') ??
    undefinedRedis(limits, 'the counters', 'limits.') ??
    undefinedOption(limits, ['limiter'], 'limits.');
  return unknown ?? countProblem(limits) ?? windowProblem(limits) ?? tenantProblem(limits) ?? storeProblem(limits);
}

/** Checks the options of the limits on tokens. Returns an error message, or `undefined` if they are valid. */
export function tokenLimitsProblem(limits: TokenLimitOptions | false | undefined): string | undefined {
  const wrong = OF_PASSWORDS.find((name) => (limits as LimitOptions | undefined)?.[name] !== undefined);
  if (wrong !== undefined) return `limits.${wrong} is for passwords, because a token has no username; remove it`;
  // The other limits do not apply, so they must not be reached first.
  const isObject = typeof limits === 'object' && limits !== null;
  return limitsProblem(isObject ? { ...limits, perUserAndAddress: 1 } : limits);
}

function countProblem({ perUserAndAddress = 10, perAddress = 100, perUser = 100 }: LimitOptions): string | undefined {
  for (const [name, limit] of Object.entries({ perUserAndAddress, perAddress, perUser })) {
    if (isCount(limit) || (limit === Infinity && name !== 'perUserAndAddress')) continue;
    return `limits.${name} must be a whole number of failures, 1 or more; write limits: false for no limits`;
  }
  for (const [name, limit] of Object.entries({ perAddress, perUser })) {
    if (limit >= perUserAndAddress) continue;
    return `limits.${name} must not be less than perUserAndAddress, which is ${perUserAndAddress}; raise it`;
  }
  return undefined;
}

function windowProblem({ window = '15m' }: LimitOptions): string | undefined {
  if (typeof window === 'number' && window >= 1 && window <= 86_400) {
    const meant = window % 60 === 0 ? `${window / 60}m` : `${window}s`;
    return `limits.window: ${window} is ${window} milliseconds, not seconds; write '${meant}'`;
  }
  const length = milliseconds(window) ?? 0;
  if (length >= 1000 && length <= DAY) return undefined;
  return "limits.window must be a duration from 1 second to 1 day; write '15m', for example";
}

function tenantProblem({ key, sharedUsernames = [] }: LimitOptions): string | undefined {
  if (key !== undefined && typeof key !== 'function') return 'limits.key must be a function (request) => string';
  if (!Array.isArray(sharedUsernames) || !sharedUsernames.every((name) => typeof name === 'string')) {
    return "limits.sharedUsernames must be a list of usernames, e.g. ['__token__']";
  }
  return undefined;
}

function storeProblem({ redis, limiter, failClosed = false, prefix }: LimitOptions): string | undefined {
  if (typeof failClosed !== 'boolean') return 'limits.failClosed must be true or false';
  if (prefix !== undefined && redis === undefined) {
    return 'limits.prefix is for redis only, and a limiter has its own keyPrefix; remove prefix';
  }
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix === '')) {
    return 'limits.prefix must be a string that is not empty';
  }
  if (redis !== undefined && limiter !== undefined)
    return 'limits.redis and limits.limiter exclude each other; remove one';
  if (redis !== undefined && typeof (redis as { eval?: unknown } | null)?.eval !== 'function') {
    return 'limits.redis must be a client of ioredis or redis';
  }
  const methods = ['penalty', 'reward', 'get', 'set'] as const;
  if (
    limiter !== undefined &&
    !methods.every((name) => typeof (limiter as Partial<Limiter> | null)?.[name] === 'function')
  ) {
    return 'limits.limiter must be a limiter of rate-limiter-flexible';
  }
  if (failClosed && redis === undefined && limiter === undefined) {
    return 'limits.failClosed needs redis or limiter, because memory is always available; remove it';
  }
  return undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
