import { keyedDigest } from '../../common/digest.js';
import { CACHE, INTROSPECTION, type IntrospectionTime } from '../../common/measure.js';
import type { HttpRequest } from '../../http/request.js';
import type { Admission } from '../../schemes/admission.js';
import { Failure } from '../../schemes/failure.js';
import { RefusedException } from '../../schemes/refused.exception.js';
import { warnOfInsecureHttp } from '../allow.insecure.http.js';
import { type EndpointError, fetchJson } from '../endpoint.js';
import { handOnBinding } from '../binding.js';
import { inspectorOf } from '../claims.inspection.js';
import { conclude } from '../principal.js';
import { Revocation, type RevokedTokens } from '../revocation.js';
import { TokenCache } from '../token.cache.js';
import type { StandardSchema } from '../standard.schema.js';
import type { RevocableVerifier, TokenVerifier } from '../token.verifier.js';
import { clientAuthentication } from './client.authentication.js';
import { type IntrospectionOptions, readSettings, type Settings } from './introspection.options.js';
import { type IntrospectionClaims, readIntrospection } from './introspection.response.js';

/** Returns a verifier like the one below. The claims are the output of the schema, and by default they are the principal. */
export function introspection<Claims extends object, Principal = Claims, Request extends object = HttpRequest>(
  options: IntrospectionOptions<Principal, Request, Claims> & { readonly claims: StandardSchema<Claims> },
): RevocableVerifier<Principal, Request>;
/**
 * Returns a verifier that asks the authorization server about each token (RFC 7662). It asks only once for all requests that
 * bring the same token at the same time, and keeps the answer in a cache. A token that is bound to a key is valid only with `dpop()`,
 * which checks that the client has the key.
 *
 * Application code may call the verifier. It throws a `RefusedException` if the token is not valid, and never returns a
 * refusal. {@link TokenVerifier} shows how to combine verifiers.
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * const verify = introspection({
 *   endpoint: 'https://login.example/introspect',
 *   clientId: 'reports',
 *   clientSecret: process.env.CLIENT_SECRET,
 *   audience: 'https://api.example',
 * });
 * const { principal, info } = await verify({ token }, request); // throws RefusedException: The token is not active
 */
export function introspection<Principal = IntrospectionClaims, Request extends object = HttpRequest>(
  options: IntrospectionOptions<Principal, Request>,
): RevocableVerifier<Principal, Request>;
export function introspection<Claims extends object, Principal, Request extends object>(
  options: IntrospectionOptions<Principal, Request, Claims>,
): RevocableVerifier<Principal, Request> {
  const settings = readSettings(options);
  if (options.allowInsecureHttp === true) {
    const risk = 'can read tokens and the secret of this client, and change the answers';
    warnOfInsecureHttp('introspection', String(options.endpoint), risk);
  }
  const inspect = cached(options, settings);
  const inspectClaims = inspectorOf(options);
  const { principal } = options;
  // An answer need not have `iss`, so all tokens count as those of one issuer.
  const issuer = options.issuer ?? String(options.endpoint);
  const revocation = new Revocation<IntrospectionClaims, Request>(options, {
    name: 'introspection()',
    code: 'ERR_AUTH_INTROSPECTION_OPTION',
    issuers: [issuer],
    clockTolerance: settings.clockTolerance,
  });
  const verifier: TokenVerifier<Principal, Request> = async ({ token }, request, context) => {
    const found = await inspect(token);
    if (found instanceof Failure) throw RefusedException.of(found);
    handOnBinding(found, context);
    await revocation.check(found.principal, request, issuer);
    return conclude(await inspectClaims(found), principal, token, request);
  };
  return Object.assign(verifier, { invalidate: (tokens: RevokedTokens) => revocation.invalidate(tokens) });
}

/** The options that do not depend on the request. */
type EndpointOptions = Omit<IntrospectionOptions, 'principal' | 'claims' | 'revoked'>;

/** The result of one answer of the endpoint, which all requests with the token share. */
type Introspected = Admission<IntrospectionClaims> | Failure;

type Inspect = (token: string) => Promise<Introspected>;

/** Returns a function that asks the endpoint only if the token is not in the cache. */
function cached(options: EndpointOptions, settings: Settings): Inspect {
  const ask = endpoint(options, settings);
  const size = options.cache === false ? {} : options.cache;
  // Two caches, so that a flood of invalid tokens does not remove the valid ones.
  const active = new TokenCache<Introspected>(size);
  const refused = new TokenCache<Introspected>(size);

  return async (token) => {
    const digest = keyedDigest(token);
    const known = active.get(digest) ?? refused.get(digest);
    if (options.cache !== false && CACHE.isHeard) CACHE.publish({ cache: 'introspection', hit: known !== undefined });
    return (
      known ??
      active.once(digest, async () => {
        const asked = Date.now();
        const found = await ask(token);
        if (found instanceof Failure) refused.set(digest, found, asked + settings.negativeTtl);
        else active.set(digest, found, Math.min(asked + settings.ttl, (found.principal.exp ?? Infinity) * 1000));
        return found;
      })
    );
  };
}

/** Returns a function that asks the endpoint. */
function endpoint(options: EndpointOptions, { clockTolerance, timeout }: Settings): Inspect {
  const { issuer, audience, fetch } = options;
  const url = String(options.endpoint);
  const authenticate = clientAuthentication(options);
  const { host } = new URL(url);
  const expected = { issuer, audience: audience === null ? undefined : [audience].flat(), clockTolerance };

  const ask: Inspect = async (token) => {
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const headers = { ...options.headers, ...(await authenticate(form)) };
    const answer = await fetchJson(url, { form, headers, timeout, ...(fetch && { fetch }) }).catch(inactive);
    return readIntrospection(answer, expected, Date.now() / 1000);
  };
  return (token) =>
    INTROSPECTION.time(
      () => ask(token),
      (result, seconds) => ({ host, type: typeOf(result), seconds }),
    );
}

/** Returns the result of a request, with the word of the events. */
function typeOf(result: PromiseSettledResult<Introspected>): IntrospectionTime['type'] {
  if (result.status === 'rejected') return 'error';
  return result.value instanceof Failure ? 'refused' : 'authenticated';
}

/** Some servers respond with this error to a token that they did not issue, such as a JWT, instead of `active: false`. */
function inactive(error: Error): Record<string, unknown> {
  if ((error.cause as Partial<EndpointError> | undefined)?.code === 'unsupported_token_type') return { active: false };
  throw error;
}
