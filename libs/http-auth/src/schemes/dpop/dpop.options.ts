import { type Duration, milliseconds } from '../../common/duration.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import { PUBLIC_KEY_ALGORITHMS } from '../../jose/algorithms.js';
import { type TokenLimitOptions, tokenLimitsProblem } from '../../limits/limit.options.js';
import { schemeProblem } from '../auth.scheme.js';
import { certificateProblem, type CertificateSource } from '../client.certificate.js';
import { NONCE_TTL, type NonceOptions, noncesProblem } from '../nonce.options.js';
import { openApiProblem } from '../openapi.flows.js';
import { type ReplayOptions, replayProblem, type ReplaySettings, replaySettings } from '../replay.options.js';
import type { OpenApiScheme, SchemeOptions } from '../scheme.js';
import { normalUri } from './target.uri.js';

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
  readonly nonces?: NonceOptions | false;
  /** The memory of used proofs. A proof that was used is refused (RFC 9449 section 11.1). */
  readonly replay?: ReplayOptions;
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

/** Without RS256, whose signatures are not randomized, and without the larger curves, which are slow. */
const ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA', 'PS256'];

/** The longest `maxAge`, in milliseconds. RFC 9449 section 11.1: seconds or minutes. */
const MAX_AGE = 300_000;

const MAX_TOLERANCE = 60_000;

/** The options with their defaults, durations in seconds. */
export interface DpopSettings {
  /** The normal form of each origin, without a slash at the end. */
  readonly origins: readonly string[];
  readonly algorithms: readonly string[];
  readonly maxAge: number;
  readonly clockTolerance: number;
  readonly nonces: { readonly secrets: readonly string[]; readonly lifetime: number } | undefined;
  readonly replay: ReplaySettings;
}

/** Returns the settings of valid options. */
export function settingsOf(
  { origin, algorithms = ALGORITHMS, maxAge = '1m', clockTolerance = '10s', nonces = false, replay = {} }: DpopOptions,
  resourceUrls: readonly string[],
): DpopSettings {
  const origins = origin === undefined ? resourceUrls.map((url) => new URL(url).origin) : [origin].flat();
  return {
    origins: [...new Set(origins.map((one) => (normalUri(one) as string).replace(/\/$/, '')))],
    algorithms: [...algorithms],
    maxAge: secondsOf(maxAge),
    clockTolerance: secondsOf(clockTolerance),
    nonces:
      nonces === false ? undefined : { secrets: [nonces.secret].flat(), lifetime: secondsOf(nonces.ttl ?? NONCE_TTL) },
    replay: replaySettings(replay),
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
    nonceProblem(nonces) ??
    (nonces !== false && options.maxAge !== undefined
      ? 'maxAge has no effect with nonces, because the nonce tells the age of a proof; set nonces.ttl instead'
      : undefined) ??
    replayProblem(replay) ??
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

function nonceProblem(nonces: NonceOptions | false): string | undefined {
  if (nonces === false) return undefined;
  return typeof nonces === 'object' && nonces !== null
    ? noncesProblem(nonces)
    : 'nonces must be an object with a secret; write false for none';
}

function isBetween(duration: unknown, min: number, max: number): boolean {
  const value = milliseconds(duration) ?? NaN;
  return value >= min && value <= max;
}
