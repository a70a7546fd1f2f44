import { AuthConfigurationError } from '../../common/configuration.error.js';
import type { Duration } from '../../common/duration.js';
import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import type { HttpRequest } from '../../http/request.js';
import { insecureHttpProblem } from '../allow.insecure.http.js';
import { audienceProblem } from '../audience.js';
import type { ClaimsOptions } from '../claims.options.js';
import { claimsProblem } from '../claims.problem.js';
import { DAY, durationProblem, readDuration, toleranceProblem } from '../durations.js';
import { endpointProblem, type Fetch, TIMEOUT } from '../endpoint.js';
import { headersProblem } from '../headers.js';
import { type PrincipalOf, principalProblem } from '../principal.js';
import { REVOCABLE_NAMES, type RevocableSettings, revocationProblem } from '../revocation.options.js';
import { type TokenCacheOptions, tokenCacheProblem } from '../token.cache.js';
import { type ClientOptions, clientProblem } from './client.options.js';
import type { IntrospectionClaims } from './introspection.response.js';

/** Options of the cache of `introspection()`. A number is milliseconds. */
export interface IntrospectionCacheOptions extends TokenCacheOptions {
  /**
   * How long an active token stays in the cache, and so how long a revoked token is still accepted. It never stays longer than
   * its `exp` (RFC 7662 section 4).
   *
   * @default '1m'
   */
  readonly ttl?: Duration;
  /**
   * How long a refused token stays in the cache; 0 asks the endpoint again on every request.
   *
   * @default '5s'
   */
  readonly negativeTtl?: Duration;
}

/** Options of `introspection()`. */
export interface IntrospectionOptions<
  Principal = IntrospectionClaims,
  Request extends object = HttpRequest,
  Claims = IntrospectionClaims,
>
  extends ClientOptions, ClaimsOptions<IntrospectionClaims, Claims>, RevocableSettings<IntrospectionClaims, Request> {
  /** The https URL of the introspection endpoint; http is accepted for loopback addresses. */
  readonly endpoint: string | URL;
  /**
   * The audience of this application. `aud` must contain one of these strings. `null` accepts any audience; this is only safe
   * if the authorization server has no other audience, or does not tell us about tokens for others.
   */
  readonly audience: string | readonly string[] | null;
  /**
   * Returns the principal of an active token, e.g. the user of its `sub`, or a promise of it. Like a verifier, it may
   * also return `null` to refuse the token, or `admit()`. A fact that `admit()` does not name stays as the token has it. It is called on
   * every request, also if the token is in the cache.
   *
   * @default the claims are the principal; if the option `claims` is a schema, its output is
   */
  readonly principal?: PrincipalOf<Claims, Principal, Request>;
  /**
   * The maximum difference between the clocks of the two servers, at most 5 minutes. A number is milliseconds. A number from 1
   * to 300 is an error, because it was seconds in 0.1.
   *
   * @default '5s'
   */
  readonly clockTolerance?: Duration;
  /**
   * Keeps the answers of the endpoint in a cache, by a digest of the token. `false` asks the endpoint on every request.
   *
   * @default { ttl: '1m', negativeTtl: '5s', max: 10_000 }
   */
  readonly cache?: IntrospectionCacheOptions | false;
  /**
   * The maximum time for an answer of the endpoint, at most a day. A number is milliseconds.
   *
   * @default '5s'
   */
  readonly timeout?: Duration;
  /** Sends the requests instead of Node's `fetch()`, e.g. undici's with an agent for a proxy or a client certificate. */
  readonly fetch?: Fetch;
  /** Header fields of the requests, e.g. for a gateway. The library sets `Accept`, `Content-Type` and `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * If `true`, the endpoint may be http on any host, e.g. `http://keycloak:8080/…` in a cluster. An attacker who can read the traffic
   * then gets the tokens and the secret of this client. The log has a warning at startup.
   *
   * @default false
   */
  readonly allowInsecureHttp?: boolean;
}

/** The options that do not depend on the principal. */
type Options = Omit<IntrospectionOptions, 'principal' | 'claims' | 'revoked'> & {
  readonly principal?: unknown;
  readonly claims?: ClaimsOptions<IntrospectionClaims, unknown>['claims'];
  readonly revoked?: unknown;
};

const NAMES: OptionNames<IntrospectionOptions> = {
  endpoint: true,
  clientId: true,
  clientSecret: true,
  privateKey: true,
  clientAuthentication: true,
  issuer: true,
  audience: true,
  principal: true,
  roles: true,
  claims: true,
  clockTolerance: true,
  cache: true,
  timeout: true,
  fetch: true,
  headers: true,
  allowInsecureHttp: true,
  ...REVOCABLE_NAMES,
};

const CACHE_NAMES: OptionNames<IntrospectionCacheOptions> = { ttl: true, negativeTtl: true, max: true };

/** The options that must not be `undefined` by mistake: the endpoint, and the options that make the check stricter. */
const STRICT = ['endpoint', 'clientId', 'issuer', 'audience', 'roles', 'claims', 'revoked', 'revocation'];

/** The options with their defaults, durations in milliseconds. */
export interface Settings {
  readonly clockTolerance: number;
  readonly timeout: number;
  readonly ttl: number;
  readonly negativeTtl: number;
}

/**
 * Reads the durations, and checks all options.
 *
 * @throws AuthConfigurationError if an option is invalid
 */
export function readSettings(options: Options): Settings {
  const cache = options.cache === false ? { ttl: 0, negativeTtl: 0 } : options.cache;
  const settings: Settings = {
    clockTolerance: readDuration(options.clockTolerance, '5s'),
    timeout: readDuration(options.timeout, TIMEOUT),
    ttl: readDuration(cache?.ttl, '1m'),
    negativeTtl: readDuration(cache?.negativeTtl, '5s'),
  };
  const problem =
    unknownOption(options, NAMES) ??
    undefinedOption(options, STRICT) ??
    optionsProblem(options) ??
    clientProblem(options) ??
    settingsProblem(options, settings);
  if (problem === undefined) return settings;
  throw new AuthConfigurationError('ERR_AUTH_INTROSPECTION_OPTION', `introspection(): ${problem}`);
}

function optionsProblem({ endpoint, issuer, audience, principal, ...options }: Options): string | undefined {
  const { fetch, headers, allowInsecureHttp, clientAuthentication } = options;
  const http = insecureHttpProblem(allowInsecureHttp);
  if (http !== undefined) return http;
  const wrong = endpointProblem(endpoint, allowInsecureHttp);
  if (wrong !== undefined) return `endpoint ${wrong}`;
  if (issuer !== undefined && (typeof issuer !== 'string' || issuer === '')) return 'issuer must be a non-empty string';
  if (fetch !== undefined && typeof fetch !== 'function') return 'fetch must be a function like fetch()';
  if (clientAuthentication === 'tls_client_auth' && fetch === undefined) {
    return "clientAuthentication: 'tls_client_auth' needs the option fetch, which presents the certificate";
  }
  return (
    headersProblem(headers, ['accept', 'content-type', 'authorization']) ??
    audienceProblem(audience) ??
    principalProblem(principal) ??
    claimsProblem(options) ??
    revocationProblem(options)
  );
}

function settingsProblem({ cache = {}, clockTolerance }: Options, settings: Settings): string | undefined {
  return (
    tokenCacheProblem(cache, CACHE_NAMES) ??
    toleranceProblem(clockTolerance, settings.clockTolerance) ??
    durationProblem('timeout', settings.timeout, 1, DAY) ??
    durationProblem('cache.ttl', settings.ttl, cache === false ? 0 : 1) ??
    durationProblem('cache.negativeTtl', settings.negativeTtl, 0)
  );
}
