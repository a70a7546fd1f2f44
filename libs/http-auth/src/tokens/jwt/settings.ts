import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import { claimsProblem } from '../claims.problem.js';
import { DAY, durationProblem, readDuration, toleranceProblem } from '../durations.js';
import { type Fetch, TIMEOUT } from '../endpoint.js';
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
  readonly fetch: Fetch | undefined;
  readonly warmUp: boolean;
}

/**
 * Reads the options, except for the issuers.
 *
 * @throws AuthConfigurationError if an option is invalid
 */
export function readSettings<Claims>(options: JwtOptions<unknown, never, Claims> | undefined): Settings {
  const { clockTolerance, cache = {}, keys = {}, fetch } = options ?? ({} as JwtOptions);
  const settings: Settings = {
    clockTolerance: readDuration(clockTolerance, '5s'),
    cache,
    times: {
      maxAge: readDuration(keys.maxAge, '10m'),
      cooldown: readDuration(keys.cooldown, '30s'),
      timeout: readDuration(keys.timeout, TIMEOUT),
    },
    fetch,
    warmUp: keys.warmUp ?? false,
  };
  const problem =
    optionsProblem(options) ?? toleranceProblem(clockTolerance, settings.clockTolerance) ?? settingsProblem(settings);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
  return settings;
}

const SETTINGS: OptionNames<JwtSettings> = {
  principal: true,
  roles: true,
  claims: true,
  clockTolerance: true,
  cache: true,
  keys: true,
  fetch: true,
  ...REVOCABLE_NAMES,
};
/** The options that must not be `undefined` by mistake: an issuer and its keys, and the options that make the check stricter. */
const STRICT = [
  'issuer',
  'audience',
  'jwks',
  'key',
  'secret',
  'metadataUrl',
  'clients',
  'require',
  'profile',
  'algorithms',
  'roles',
  'claims',
  'revoked',
  'revocation',
];
const ONE: OptionNames<JwtIssuer & JwtSettings> = { ...ISSUER_NAMES, ...SETTINGS };
const SEVERAL = { issuers: true, ...SETTINGS } as const;
const KEYS: OptionNames<RemoteKeysOptions> = { maxAge: true, cooldown: true, timeout: true, warmUp: true };

function optionsProblem<Claims>(options: JwtOptions<unknown, never, Claims> | undefined): string | undefined {
  if (typeof options !== 'object' || options === null) return 'needs options; pass an issuer and an audience';
  if ('issuers' in options) {
    if ('issuer' in options) return 'issuer and issuers exclude each other; keep one of them';
    if (Array.isArray(options.issuers) && options.issuers.length === 0) return 'issuers must list at least one';
    if (typeof options.issuers === 'function' && options.keys?.warmUp === true) {
      return 'keys.warmUp has no effect, because a function of the request returns the issuers; remove it';
    }
  }
  const several: readonly object[] = 'issuers' in options && Array.isArray(options.issuers) ? options.issuers : [];
  return (
    unknownOption(options, 'issuers' in options ? SEVERAL : ONE) ??
    several.map((issuer) => unknownOption(Object(issuer) as object, ISSUER_NAMES, 'issuers: ')).find(Boolean) ??
    undefinedOption(options, STRICT) ??
    several.map((issuer) => undefinedOption(Object(issuer) as object, STRICT, 'issuers: ')).find(Boolean) ??
    unknownOption(options.keys ?? {}, KEYS, 'keys.') ??
    principalProblem(options.principal) ??
    claimsProblem(options) ??
    revocationProblem(options)
  );
}

function settingsProblem({ cache, times, fetch, warmUp }: Settings): string | undefined {
  if (fetch !== undefined && typeof fetch !== 'function') return 'fetch must be a function like fetch()';
  if (typeof warmUp !== 'boolean') return 'keys.warmUp must be true or false';
  return (
    tokenCacheProblem(cache) ??
    durationProblem('keys.maxAge', times.maxAge, 1, DAY) ??
    durationProblem('keys.cooldown', times.cooldown, 0, DAY) ??
    durationProblem('keys.timeout', times.timeout, 1, DAY)
  );
}
