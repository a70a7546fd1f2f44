import { milliseconds } from '../../common/duration.js';
import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import { type LimitOptions, limitsProblem } from '../../limits/limit.options.js';
import { schemeProblem } from '../auth.scheme.js';
import { NONCE_TTL, type NonceOptions, noncesProblem } from '../nonce.options.js';
import { type ReplayOptions, replayProblem, type ReplaySettings, replaySettings } from '../replay.options.js';
import type { SchemeOptions } from '../scheme.js';
import { type Algorithm, ALGORITHM_NAMES, type DigestAlgorithm, algorithmOf, isAvailable } from './digest.algorithm.js';

/** The nonces that the server gives to clients (RFC 7616 section 3.3). */
export interface DigestNonceOptions extends Omit<NonceOptions, 'secret'> {
  /**
   * A secret of at least 32 characters, or several ones: the first makes nonces, and the others are accepted as well, so that you can
   * change the secret. All instances of the application need the same.
   *
   * @default a random one, which other instances do not have, and which does not survive a restart
   */
  readonly secret?: NonceOptions['secret'];
}

/** Options of {@link digest}. */
export interface DigestOptions extends SchemeOptions {
  /**
   * The algorithms in the order of preference: SHA-256, SHA-512-256 and MD5, each also with `-sess`. Each has its own challenge. MD5 is only
   * for clients that do not support the others.
   *
   * @default ['SHA-256']
   */
  readonly algorithms?: readonly DigestAlgorithm[];
  /**
   * If `true`, a client may send a hash of the username instead of the username (RFC 7616 section 3.4.4). `find` must then be able to
   * find a user by this hash, and must return the `username` of each user. The hash is of the first of `algorithms`, so that a user has
   * one hash, and limits count all forms of a username together.
   *
   * @default false
   */
  readonly userhash?: boolean;
  /** The nonces. */
  readonly nonces?: DigestNonceOptions;
  /** The memory of used nonces. A nonce is accepted once for each count `nc`, in any order (RFC 7616 section 3.4). */
  readonly replay?: ReplayOptions;
  /**
   * How many failed attempts are allowed before the scheme responds with 429 (RFC 6585 section 4) and does not call `find`. A right
   * response to an old nonce is not a failed attempt. `false` disables the limits.
   *
   * @default 10 failures per user and address, 100 per address and 100 per user in 15 minutes, counted in memory
   */
  readonly limits?: LimitOptions | false;
}

const NAMES: OptionNames<DigestOptions> = {
  name: true,
  optIn: true,
  algorithms: true,
  userhash: true,
  nonces: true,
  replay: true,
  limits: true,
};

/** The options with their defaults. */
export interface DigestSettings {
  readonly algorithms: readonly Algorithm[];
  /** The algorithm of the hashes of usernames; `undefined` if clients may not send them. */
  readonly userhash: Algorithm | undefined;
  /** The lifetime is in seconds. No secrets for a random one. */
  readonly nonces: { readonly secrets: readonly string[]; readonly lifetime: number };
  readonly replay: ReplaySettings;
}

/** Returns the settings of valid options. */
export function settingsOf({
  algorithms = ['SHA-256'],
  userhash = false,
  nonces = {},
  replay = {},
}: DigestOptions): DigestSettings {
  const { secret = [], ttl = NONCE_TTL } = nonces;
  const known = algorithms.map((name) => algorithmOf(name) as Algorithm);
  return {
    algorithms: known,
    userhash: userhash ? known[0] : undefined,
    nonces: { secrets: [secret].flat(), lifetime: (milliseconds(ttl) as number) / 1000 },
    replay: replaySettings(replay),
  };
}

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function optionsProblem(options: DigestOptions): string | undefined {
  const { algorithms, userhash, nonces, replay, limits } = options;
  const problem =
    unknownOption(options, NAMES) ??
    schemeProblem(options) ??
    algorithmsProblem(algorithms) ??
    (userhash === undefined || typeof userhash === 'boolean' ? undefined : 'userhash must be true or false') ??
    nonceProblem(nonces) ??
    replayProblem(replay) ??
    limitsProblem(limits);
  return problem && `digest(): ${problem}`;
}

function algorithmsProblem(algorithms: unknown): string | undefined {
  if (algorithms === undefined) return undefined;
  const known = ALGORITHM_NAMES.join(', ');
  if (!Array.isArray(algorithms) || algorithms.length === 0) return `algorithms must list at least one of ${known}`;
  const names: unknown[] = algorithms;
  const [wrong] = names.filter((name) => !ALGORITHM_NAMES.includes(name as string)).map(String);
  if (wrong !== undefined) return `algorithms: ${wrong} is not supported; choose of ${known}`;
  if (new Set(names).size < names.length) return 'algorithms: each algorithm may be listed once; remove the second';
  const missing = (names as DigestAlgorithm[]).find((name) => !isAvailable(algorithmOf(name) as Algorithm));
  return missing && `algorithms: this Node.js does not have ${missing}; remove it`;
}

function nonceProblem(nonces: DigestNonceOptions | undefined): string | undefined {
  if (nonces === undefined) return undefined;
  if (typeof nonces !== 'object' || nonces === null) return 'nonces must be an object, e.g. { secret }';
  // A missing variable of the environment would silently be a random secret.
  return undefinedOption(nonces, ['secret'], 'nonces.') ?? noncesProblem({ secret: '-'.repeat(32), ...nonces });
}
