import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import { DAY, durationProblem, readDuration, toleranceProblem } from '../durations.js';
import { TIMEOUT } from '../endpoint.js';
import { principalProblem } from '../principal.js';
import { REVOCABLE_NAMES, revocationProblem } from '../revocation.options.js';
import { type TokenCacheOptions, tokenCacheProblem } from '../token.cache.js';
import type { JwtIssuer, JwtOptions, JwtSettings, RemoteKeysOptions } from './jwt.options.js';
import { ISSUER_NAMES } from './issuer.check.js';
import type { KeyTimes } from './remote.keys.js';

/** The options of `jwt()` with their defaults, durations in milliseconds. */
export interface Settings {
  readonly clockTolerance: number;
  readonly cache: TokenCacheOptions | false;
  readonly times: KeyTimes;
}

/**
 * Reads the options, except for the issuers.
 *
 * @throws AuthConfigurationError if an option is invalid
 */
export function readSettings(options: JwtOptions<unknown, never> | undefined): Settings {
  const { clockTolerance, cache = {}, keys = {} } = options ?? ({} as JwtOptions);
  const settings: Settings = {
    clockTolerance: readDuration(clockTolerance, '5s'),
    cache,
    times: {
      maxAge: readDuration(keys.maxAge, '10m'),
      cooldown: readDuration(keys.cooldown, '30s'),
      timeout: readDuration(keys.timeout, TIMEOUT),
    },
  };
  const problem =
    optionsProblem(options) ?? toleranceProblem(clockTolerance, settings.clockTolerance) ?? settingsProblem(settings);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
  return settings;
}

const SETTINGS: OptionNames<JwtSettings> = {
  principal: true,
  clockTolerance: true,
  cache: true,
  keys: true,
  ...REVOCABLE_NAMES,
};
const ONE: OptionNames<JwtIssuer & JwtSettings> = { ...ISSUER_NAMES, ...SETTINGS };
const SEVERAL = { issuers: true, ...SETTINGS } as const;
const KEYS: OptionNames<RemoteKeysOptions> = { maxAge: true, cooldown: true, timeout: true };

function optionsProblem(options: JwtOptions<unknown, never> | undefined): string | undefined {
  if (typeof options !== 'object' || options === null) return 'needs options; pass an issuer and an audience';
  if ('issuers' in options) {
    if ('issuer' in options) return 'issuer and issuers exclude each other; keep one of them';
    if (Array.isArray(options.issuers) && options.issuers.length === 0) return 'issuers must list at least one';
  }
  const several: readonly object[] = 'issuers' in options && Array.isArray(options.issuers) ? options.issuers : [];
  return (
    unknownOption(options, 'issuers' in options ? SEVERAL : ONE) ??
    several.map((issuer) => unknownOption(Object(issuer) as object, ISSUER_NAMES, 'issuers: ')).find(Boolean) ??
    unknownOption(options.keys ?? {}, KEYS, 'keys.') ??
    principalProblem(options.principal) ??
    revocationProblem(options)
  );
}

function settingsProblem({ cache, times }: Settings): string | undefined {
  return (
    tokenCacheProblem(cache) ??
    durationProblem('keys.maxAge', times.maxAge, 1, DAY) ??
    durationProblem('keys.cooldown', times.cooldown, 0, DAY) ??
    durationProblem('keys.timeout', times.timeout, 1, DAY)
  );
}
