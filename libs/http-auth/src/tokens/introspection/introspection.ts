import type { HttpRequest } from '../../http/request.js';
import type { Admission } from '../../schemes/admission.js';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { Failure } from '../../schemes/failure.js';
import { isPromise } from '../../common/promise.js';
import { audienceProblem, conclude, type PrincipalOf, principalProblem } from '../claims.js';
import { type EndpointError, endpointProblem, type Fetch, fetchJson, TIMEOUT } from '../endpoint.js';
import { TokenCache, type TokenCacheOptions, tokenCacheProblem } from '../token.cache.js';
import type { TokenCredentials, TokenVerifier } from '../token.verifier.js';
import { clientAuthentication, type ClientOptions, clientProblem } from './client.authentication.js';
import { type IntrospectionClaims, readIntrospection } from './introspection.response.js';

/** How long, and of how many tokens, answers are remembered. */
export interface IntrospectionCacheOptions extends TokenCacheOptions {
  /**
   * Milliseconds until the endpoint is asked again of a token that was active: as long, a revoked one still opens. It is never
   * remembered beyond its `exp` (RFC 7662 section 4).
   *
   * @default 60_000
   */
  readonly ttl?: number;
  /**
   * Milliseconds until it is asked again of a token that was refused; 0: always.
   *
   * @default 5000
   */
  readonly negativeTtl?: number;
}

/** Options of {@link introspection}. */
export interface IntrospectionOptions<
  Principal = IntrospectionClaims,
  Request extends object = HttpRequest,
> extends ClientOptions {
  /** The introspection endpoint: https, but for loopback addresses. */
  readonly endpoint: string | URL;
  /**
   * What the tokens must be for: `aud` has one of these. `null` takes them whoever they are for, which is only safe where the
   * server has no other audience, or does not let us ask of their tokens.
   */
  readonly audience: string | readonly string[] | null;
  /**
   * The principal of an active token, e.g. the user of its `sub`, or a promise of it; `null` refuses. It is asked at every request,
   * the remembered tokens' included. `admit()` and a `Failure` are as good as they are from any verifier.
   *
   * @default the claims
   */
  readonly principal?: PrincipalOf<IntrospectionClaims, Principal, Request>;
  /**
   * Seconds that the clocks of the two servers may differ, 300 at the most.
   *
   * @default 5
   */
  readonly clockTolerance?: number;
  /**
   * Remembers the answers of the endpoint, by the SHA-256 of the tokens. `false` has it asked at every request.
   *
   * @default { ttl: 60_000, negativeTtl: 5000, max: 10_000 }
   */
  readonly cache?: IntrospectionCacheOptions | false;
  /**
   * Milliseconds that the endpoint may take.
   *
   * @default 5000
   */
  readonly timeout?: number;
  /**
   * What sends the requests in place of Node's `fetch()`, e.g. undici's with an agent that has a client certificate, or knows a
   * proxy.
   */
  readonly fetch?: Fetch;
}

/**
 * A verifier that asks the authorization server of each token (RFC 7662). It is asked once for all requests that bring a token at
 * the same time, and not again for a while. Tokens that are bound to a key are refused, since Bearer proves none.
 *
 * @throws AuthConfigurationError where the options cannot be meant
 * @throws VerifierUnavailableException at a request, where the endpoint does not answer, or does not take our credentials: 503
 */
export function introspection<Principal = IntrospectionClaims, Request extends object = HttpRequest>(
  options: IntrospectionOptions<Principal, Request>,
): TokenVerifier<Principal, Request> {
  const problem = optionsProblem(options);
  if (problem !== undefined)
    throw new AuthConfigurationError('ERR_AUTH_INTROSPECTION_OPTION', `introspection(): ${problem}`);
  const find = finder(options);
  const { principal } = options;

  const judge = (found: Introspected, request: Request) =>
    found instanceof Failure ? found : conclude(found, principal, request);
  return (credentials, request) => {
    const found = find(credentials);
    return isPromise(found) ? found.then((late) => judge(late, request)) : judge(found, request);
  };
}

/** The options that do not depend on who it is. */
type AskOptions = Omit<IntrospectionOptions, 'principal'>;

/** What was found of a token, whoever brings it. */
type Introspected = Admission<IntrospectionClaims> | Failure;

type Finder = (credentials: TokenCredentials) => Introspected | Promise<Introspected>;

/** Finds out about tokens: from memory at once, or from the endpoint. */
function finder({ endpoint, audience, fetch, timeout = TIMEOUT, ...options }: AskOptions): Finder {
  const url = String(endpoint);
  const authenticate = clientAuthentication(options);
  const { issuer, clockTolerance = 5, cache = {} } = options;
  const expected = { issuer, audience: audience === null ? undefined : [audience].flat(), clockTolerance };
  const { ttl = 60_000, negativeTtl = 5000, ...size } = cache === false ? { ttl: 0, negativeTtl: 0 } : cache;
  // Apart, so that no flood of bad tokens drives out a good one.
  const good = new TokenCache<Introspected>(size);
  const bad = new TokenCache<Introspected>(size);

  const ask = async (credentials: TokenCredentials): Promise<Introspected> => {
    const asked = Date.now();
    const form = new URLSearchParams({ token: credentials.token, token_type_hint: 'access_token' });
    const headers = await authenticate(form);
    const answer = await fetchJson(url, { form, headers, timeout, ...(fetch && { fetch }) }).catch(unsupported);
    const found = readIntrospection(answer, expected, Date.now() / 1000);
    const refused = found instanceof Failure;
    const until = refused ? asked + negativeTtl : Math.min(asked + ttl, (found.principal.exp ?? Infinity) * 1000);
    if (until > asked) (refused ? bad : good).set(credentials, found, until);
    return found;
  };
  return (credentials) =>
    good.get(credentials) ?? bad.get(credentials) ?? good.once(credentials, () => ask(credentials));
}

/** Some servers refuse to look at what is no token of theirs, such as a JWT, in place of calling it inactive. */
function unsupported(error: Error): Record<string, unknown> {
  if ((error.cause as Partial<EndpointError>).code === 'unsupported_token_type') return { active: false };
  throw error;
}

function optionsProblem(options: AskOptions & { readonly principal?: unknown }): string | undefined {
  const { endpoint, issuer, audience, principal, clockTolerance = 0, cache = {}, timeout = 1, fetch } = options;
  const wrong = endpointProblem(endpoint);
  if (wrong !== undefined) return `endpoint ${wrong}`;
  if (issuer !== undefined && !isText(issuer)) return 'issuer must be a text, and not empty';
  const unfit = audienceProblem(audience) ?? principalProblem(principal);
  if (unfit !== undefined) return unfit;
  if (fetch !== undefined && typeof fetch !== 'function') return 'fetch must be a function like fetch()';
  if (!(clockTolerance >= 0 && clockTolerance <= 300)) return 'clockTolerance must be 0 to 300 seconds';
  if (!isCount(timeout, 1)) return 'timeout must be a whole number of milliseconds';
  if (options.clientAuthentication === 'tls_client_auth' && fetch === undefined) {
    return "clientAuthentication: 'tls_client_auth' needs a fetch that has the certificate";
  }
  return clientProblem(options) ?? tokenCacheProblem(cache) ?? ttlProblem(cache);
}

function ttlProblem(cache: IntrospectionCacheOptions | false): string | undefined {
  const { ttl = 1, negativeTtl = 0 } = cache || {};
  if (!isCount(ttl, 1)) return 'cache.ttl must be a whole number of milliseconds; cache: false is none';
  return isCount(negativeTtl, 0) ? undefined : 'cache.negativeTtl must be a whole number of milliseconds; 0 is none';
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}
