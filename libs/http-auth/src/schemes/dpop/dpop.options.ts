import { type Duration, milliseconds } from '../../common/duration.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import { PUBLIC_KEY_ALGORITHMS } from '../../jose/algorithms.js';
import { type TokenLimitOptions, tokenLimitsProblem } from '../../limits/limit.options.js';
import { schemeProblem } from '../auth.scheme.js';
import { certificateProblem, type CertificateSource } from '../client.certificate.js';
import { openApiProblem } from '../openapi.flows.js';
import type { OpenApiScheme, SchemeOptions } from '../scheme.js';
import { redisProblem } from '../../common/redis.js';
import { normalUri } from './target.uri.js';

/** The nonces that the server gives to clients (RFC 9449 section 9). */
export interface DpopNonceOptions {
  /**
   * A secret of at least 32 characters, or several ones: the first makes nonces, and the others are accepted as well, so that you can
   * change the secret. All instances of the application need the same.
   */
  readonly secret: string | readonly string[];
  /**
   * How long a nonce is valid: a number of milliseconds, or a string such as `'5m'`. From 10 seconds to one hour. In the second half, the
   * response has a new nonce.
   *
   * @default '5m'
   */
  readonly ttl?: Duration;
}

/** The memory of used proofs. A proof that was used is refused (RFC 9449 section 11.1). */
export interface DpopReplayOptions {
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

/** Options of {@link dpop}. */
export interface DpopOptions extends SchemeOptions {
  /**
   * The origin of the application for its clients, e.g. `https://api.example`, or several ones. The URI in a proof must consist of it
   * and of the path of the request. `Host` and the fields of proxies do not matter. If a proxy removes a prefix of the path, add the
   * prefix: `https://example.com/api`.
   *
   * @default the origin of `url` in the option `resource` of `AuthModule`; without this option, the application does not start
   */
  readonly origin?: string | readonly string[];
  /**
   * The signature algorithms of proofs, in the order in which the challenge names them: ES256, ES384, ES512, Ed25519, EdDSA, RS256,
   * RS384, RS512, PS256, PS384 or PS512.
   *
   * @default ['ES256', 'Ed25519', 'EdDSA', 'PS256']
   */
  readonly algorithms?: readonly string[];
  /**
   * How old a proof may be, by its `iat`: a number of milliseconds, or a string such as `'1m'`. From one second to 5 minutes. With `nonces`,
   * the nonce tells the age instead, so the clocks of clients do not matter.
   *
   * @default '1m'
   */
  readonly maxAge?: Duration;
  /**
   * The maximum difference between the clocks of a client and of this machine: a number of milliseconds, or a string such as `'10s'`. At
   * most one minute.
   *
   * @default '10s'
   */
  readonly clockTolerance?: Duration;
  /**
   * Requires a nonce of the server in each proof (RFC 9449 section 9). A client then cannot make proofs in advance.
   *
   * @default false
   */
  readonly nonces?: DpopNonceOptions | false;
  /** The memory of used proofs. */
  readonly replay?: DpopReplayOptions;
  /**
   * The source of client certificates, for tokens that are bound to a certificate as well: `fromTls()` or `fromProxy(…)` of
   * `nestjs-http-auth/certificates` (RFC 8705 section 3).
   *
   * @default none: such tokens are refused
   */
  readonly certificate?: CertificateSource;
  /**
   * The scheme in an OpenAPI document.
   *
   * @default { type: 'http', scheme: 'dpop' }
   */
  readonly openapi?: OpenApiScheme;
  /**
   * How many failed attempts an address may have before the scheme responds with 429 and does not call the verifier.
   *
   * @default false: a random token cannot be guessed
   */
  readonly limits?: TokenLimitOptions | false;
}

const NAMES: OptionNames<DpopOptions> = {
  name: true,
  optIn: true,
  origin: true,
  algorithms: true,
  maxAge: true,
  clockTolerance: true,
  nonces: true,
  replay: true,
  certificate: true,
  openapi: true,
  limits: true,
};

const NONCE_NAMES: OptionNames<DpopNonceOptions> = { secret: true, ttl: true };

const REPLAY_NAMES: OptionNames<DpopReplayOptions> = { max: true, redis: true, prefix: true, failClosed: true };

/** Without RS256, whose signatures are not randomized, and without the larger curves, which are slow. */
const ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA', 'PS256'];

/** The minimum length of a secret, in characters. */
const SECRET = 32;

/** The longest `maxAge`, in milliseconds. RFC 9449 section 11.1: seconds or minutes. */
const MAX_AGE = 300_000;

const MAX_TOLERANCE = 60_000;

const [MIN_TTL, MAX_TTL] = [10_000, 3_600_000];

/** The options with their defaults, durations in seconds. */
export interface DpopSettings {
  /** The normal form of each origin, without a slash at the end. */
  readonly origins: readonly string[];
  readonly algorithms: readonly string[];
  readonly maxAge: number;
  readonly clockTolerance: number;
  readonly nonces: { readonly secrets: readonly string[]; readonly ttl: number } | undefined;
  readonly replay: Required<Omit<DpopReplayOptions, 'redis'>> & { readonly redis: object | undefined };
}

/** Returns the settings of valid options. */
export function settingsOf(
  { origin, algorithms = ALGORITHMS, maxAge = '1m', clockTolerance = '10s', nonces = false, replay = {} }: DpopOptions,
  resourceUrls: readonly string[],
): DpopSettings {
  const origins = origin === undefined ? resourceUrls.map((url) => new URL(url).origin) : [origin].flat();
  const { max = 100_000, redis, prefix = 'http-auth', failClosed = false } = replay;
  return {
    origins: [...new Set(origins.map((one) => (normalUri(one) as string).replace(/\/$/, '')))],
    algorithms: [...algorithms],
    maxAge: secondsOf(maxAge),
    clockTolerance: secondsOf(clockTolerance),
    nonces: nonces === false ? undefined : { secrets: [nonces.secret].flat(), ttl: secondsOf(nonces.ttl ?? '5m') },
    replay: { max, redis, prefix, failClosed },
  };
}

function secondsOf(duration: Duration): number {
  return (milliseconds(duration) as number) / 1000;
}

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function optionsProblem(options: DpopOptions): string | undefined {
  const { origin, algorithms = ALGORITHMS, nonces = false, replay, certificate, openapi, limits } = options;
  const problem =
    unknownOption(options, NAMES) ??
    schemeProblem(options) ??
    originProblem(origin) ??
    algorithmsProblem(algorithms) ??
    timesProblem(options) ??
    (nonces === false ? undefined : noncesProblem(nonces)) ??
    (replay === undefined ? undefined : replayProblem(replay)) ??
    certificateProblem(certificate) ??
    openApiProblem(openapi) ??
    tokenLimitsProblem(limits);
  return problem && `dpop(): ${problem}`;
}

function originProblem(origin: unknown): string | undefined {
  if (origin === undefined) return undefined;
  const list: unknown[] = [origin].flat();
  if (list.length === 0)
    return "origin is an empty list; name the origin of the application, e.g. 'https://api.example'";
  const [wrong] = list
    .filter((one) => typeof one !== 'string' || /[?#]/.test(one) || normalUri(one) === undefined)
    .map(String);
  return wrong === undefined
    ? undefined
    : `origin: '${wrong}' is not a URL that a proof can have; write the scheme and the host, e.g. 'https://api.example'`;
}

function algorithmsProblem(algorithms: unknown): string | undefined {
  const known = PUBLIC_KEY_ALGORITHMS.join(', ');
  if (!Array.isArray(algorithms) || algorithms.length === 0) return `algorithms must list at least one of ${known}`;
  const [wrong] = algorithms.filter((one) => !PUBLIC_KEY_ALGORITHMS.includes(one as string)).map(String);
  return wrong === undefined ? undefined : `algorithms: ${wrong} is not supported; choose of ${known}`;
}

function timesProblem({ maxAge = '1m', clockTolerance = '10s' }: DpopOptions): string | undefined {
  if (!isBetween(maxAge, 1000, MAX_AGE)) {
    return "maxAge must be a duration from 1 second to 5 minutes; write milliseconds, e.g. 60_000, or a string, e.g. '1m'";
  }
  return isBetween(clockTolerance, 0, MAX_TOLERANCE)
    ? undefined
    : "clockTolerance must be a duration of at most one minute; write milliseconds, e.g. 10_000, or a string, e.g. '10s'";
}

function noncesProblem(nonces: DpopNonceOptions): string | undefined {
  if (typeof nonces !== 'object' || nonces === null)
    return 'nonces must be an object with a secret; write false for none';
  const { secret, ttl = '5m' } = nonces;
  const unknown = unknownOption(nonces, NONCE_NAMES, 'nonces.');
  if (unknown !== undefined) return unknown;
  const secrets: unknown[] = [secret].flat();
  if (secrets.length === 0 || !secrets.every((one) => typeof one === 'string' && one.length >= SECRET)) {
    return `nonces.secret must be a random string of at least ${SECRET} characters, or a list of them`;
  }
  return isBetween(ttl, MIN_TTL, MAX_TTL)
    ? undefined
    : "nonces.ttl must be a duration from 10 seconds to one hour; write milliseconds, e.g. 300_000, or a string, e.g. '5m'";
}

function replayProblem(replay: DpopReplayOptions): string | undefined {
  if (typeof replay !== 'object' || replay === null) return 'replay must be an object, e.g. { redis }';
  const { max = 1, redis, prefix, failClosed } = replay;
  const unknown = unknownOption(replay, REPLAY_NAMES, 'replay.');
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

function isBetween(duration: unknown, min: number, max: number): boolean {
  const value = milliseconds(duration) ?? NaN;
  return value >= min && value <= max;
}
