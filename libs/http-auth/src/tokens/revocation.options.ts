import type { Duration } from '../common/duration.js';
import { type OptionNames, undefinedOption, unknownOption } from '../common/options.js';
import { redisProblem, undefinedRedis } from '../common/redis.js';
import { DAY, readDuration } from './durations.js';

/** The list of revoked tokens. See `RevocableSettings.revocation`. */
export interface RevocationOptions {
  /**
   * The longest lifetime of a token, `exp - iat`: from a second to 31 days. A number is milliseconds. The list keeps an entry for this
   * time. A token that lives longer is refused, and so is a token without `iat` or `exp`, because the list could forget it too early.
   *
   * All verifiers that share a list in `redis` need the same value, and the same `clockTolerance`.
   */
  readonly maxTokenAge: Duration;
  /**
   * A client of ioredis 5 or later, or of redis 4 or later. All instances of the application then share the list. Each request asks Redis;
   * while Redis is down, requests get 503. If Redis loses its data, tokens that were issued before are refused.
   *
   * @default the memory of the process, which forgets the list at a restart
   */
  readonly redis?: object;
  /**
   * The prefix of the keys in `redis`. Verifiers with the same Redis and the same prefix share their list.
   *
   * @default 'http-auth'
   */
  readonly prefix?: string;
  /**
   * The maximum number of entries in memory. If there are more, the oldest entry is forgotten, and all tokens that were issued before it
   * are refused.
   *
   * @default 100_000
   */
  readonly max?: number;
}

/** The options of `jwt()` and `introspection()` that refuse tokens before they expire. */
export interface RevocableSettings<Claims, Request> {
  /**
   * Returns `true` if a valid token was revoked, or a promise of it. The verifier calls it for every request, also if the token is in the
   * cache, and does not remember the result. Only `false` accepts the token. If it throws, the response is a 5xx.
   *
   * @example
   * revoked: ({ jti }) => blocklist.has(jti)
   */
  readonly revoked?: (claims: Claims, request: Request) => boolean | Promise<boolean>;
  /**
   * Keeps a list of revoked tokens, to which `invalidate()` of the verifier adds.
   *
   * @default no list, so `invalidate()` throws
   */
  readonly revocation?: RevocationOptions;
}

/** The names of the options of {@link RevocableSettings}. */
export const REVOCABLE_NAMES: OptionNames<RevocableSettings<never, never>> = { revoked: true, revocation: true };

const NAMES: OptionNames<RevocationOptions> = { maxTokenAge: true, redis: true, prefix: true, max: true };

/** The longest `maxTokenAge`, in milliseconds. */
const MAX_AGE = 31 * DAY;

/** Returns the milliseconds of `maxTokenAge`; `NaN` if it is not a duration. */
export function maxTokenAgeOf({ maxTokenAge }: RevocationOptions): number {
  return readDuration(maxTokenAge, NaN);
}

/** The options, before they are checked. */
type Revocable = Pick<RevocableSettings<never, never>, 'revocation'> & { readonly revoked?: unknown };

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function revocationProblem({ revoked, revocation }: Revocable): string | undefined {
  if (revoked !== undefined && typeof revoked !== 'function') {
    return 'revoked must be a function (claims, request) => true or false';
  }
  return revocation === undefined ? undefined : listProblem(revocation);
}

function listProblem(options: RevocationOptions): string | undefined {
  if (typeof options !== 'object' || options === null) return "revocation must be options; write { maxTokenAge: '1h' }";
  const { redis, prefix, max } = options;
  const unknown =
    unknownOption(options, NAMES, 'revocation.') ??
    undefinedOption(options, ['maxTokenAge'], 'revocation.') ??
    undefinedRedis(options, 'the list', 'revocation.');
  if (unknown !== undefined) return unknown;
  const age = maxTokenAgeOf(options);
  if (!(age >= 1000 && age <= MAX_AGE)) {
    return "revocation.maxTokenAge must be the longest lifetime of a token, from 1 second to 31 days; write '1h', for example";
  }
  if (redis === undefined && prefix !== undefined) return 'revocation.prefix is for redis only; remove it';
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix === '')) {
    return 'revocation.prefix must be a string that is not empty';
  }
  if (max !== undefined && redis !== undefined) return 'revocation.max is for the list in memory only; remove it';
  if (max !== undefined && !(Number.isSafeInteger(max) && max >= 1)) {
    return 'revocation.max must be a whole number of at least 1';
  }
  const problem = redis === undefined ? undefined : redisProblem(redis);
  return problem && `revocation.${problem}`;
}
