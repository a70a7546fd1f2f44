import { type OptionNames, unknownOption } from '../common/options.js';
import { redisProblem, undefinedRedis } from '../common/redis.js';

/** The memory of used proofs. A proof that was used is refused. */
export interface ReplayOptions {
  /**
   * How many used proofs this process remembers. If there are more, it forgets the oldest, and refuses proofs that are as old.
   *
   * @default 100_000
   */
  readonly max?: number;
  /**
   * A client of ioredis 5 or later, or of redis 4 or later. A proof that one instance has accepted is then refused by all others.
   *
   * @default the memory of the process
   */
  readonly redis?: object;
  /**
   * The prefix of the keys in `redis`. Applications that use the same Redis need different ones.
   *
   * @default 'http-auth'
   */
  readonly prefix?: string;
  /**
   * If `true`, requests get 503 while `redis` is unavailable. If `false`, each instance remembers only its own proofs until then.
   *
   * @default false
   */
  readonly failClosed?: boolean;
}

/** The options with their defaults. */
export interface ReplaySettings extends Required<Omit<ReplayOptions, 'redis'>> {
  readonly redis: object | undefined;
}

const NAMES: OptionNames<ReplayOptions> = { max: true, redis: true, prefix: true, failClosed: true };

/** Returns the settings of valid options. */
export function replaySettings({
  max = 100_000,
  redis,
  prefix = 'http-auth',
  failClosed = false,
}: ReplayOptions): ReplaySettings {
  return { max, redis, prefix, failClosed };
}

/** Checks the option `replay`. Returns an error message, or `undefined` if it is valid. */
export function replayProblem(replay: ReplayOptions | undefined): string | undefined {
  if (replay === undefined) return undefined;
  if (typeof replay !== 'object' || replay === null) return 'replay must be an object, e.g. { redis }';
  const { max = 1, redis, prefix, failClosed } = replay;
  const unknown = unknownOption(replay, NAMES, 'replay.') ?? undefinedRedis(replay, 'the used proofs', 'replay.');
  if (unknown !== undefined) return unknown;
  if (!Number.isSafeInteger(max) || max < 1) return 'replay.max must be a whole number of at least 1';
  if (prefix !== undefined && (typeof prefix !== 'string' || prefix === '')) {
    return 'replay.prefix must be a string that is not empty';
  }
  if (failClosed !== undefined && typeof failClosed !== 'boolean') return 'replay.failClosed must be true or false';
  if (redis === undefined) {
    const useless = prefix !== undefined ? 'prefix' : failClosed === true ? 'failClosed' : undefined;
    return useless && `replay.${useless} has no effect without replay.redis; remove it`;
  }
  const problem = redisProblem(redis);
  return problem && `replay.${problem}`;
}
