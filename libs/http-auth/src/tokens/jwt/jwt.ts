import { decodeJwt } from 'jose';
import type { HttpRequest } from '../../http/request.js';
import { admit, type Admission } from '../../schemes/admission.js';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { Failure } from '../../schemes/failure.js';
import { isPromise } from '../../common/promise.js';
import { conclude, infoOf } from '../claims.js';
import { TokenCache } from '../token.cache.js';
import type { TokenCredentials, TokenVerifier } from '../token.verifier.js';
import { type JwtClaims, scopesOf } from './claims.js';
import { FAILURES, failureOf } from './failures.js';
import { Issuers, type TrustedIssuer } from './issuers.js';
import { type JwtOptions, optionsProblem } from './jwt.options.js';

/** What was found of a token, whoever brings it. */
interface Verified {
  readonly issuer: TrustedIssuer;
  /** That of the issuer's keys by which it was verified; absent where they were not there yet. */
  readonly version: number | undefined;
  readonly admission: Admission<JwtClaims>;
}

/**
 * A verifier of access tokens that are signed JWTs (RFC 7519): by the keys of the issuer that a token names, if it is a trusted
 * one, for this audience, in its time. Its scopes, and how its holder was authenticated, are known to the guard.
 *
 * @throws AuthConfigurationError where the options cannot be meant
 * @example
 * bearer(jwt({ issuer: 'https://login.example', audience: 'https://api.example' }))
 */
export function jwt<Principal = JwtClaims, Request extends object = HttpRequest>(
  options: JwtOptions<Principal, Request>,
): TokenVerifier<Principal, Request> {
  const problem = optionsProblem(options);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `jwt(): ${problem}`);
  const { principal, clockTolerance = 5, cache: cacheOptions = {}, keys = {} } = options;
  const known = new Issuers(clockTolerance, keys);
  const cache = cacheOptions === false ? undefined : new TokenCache<Verified>(cacheOptions);

  const verify = async (credentials: TokenCredentials, issuers: readonly TrustedIssuer[], request: Request) => {
    const verified = await verifyBy(issuers, credentials.token);
    if (verified instanceof Failure) return verified;
    if (verified.version !== undefined) cache?.set(credentials, verified, verified.admission.principal.exp * 1000);
    return conclude(verified.admission, principal, request);
  };

  // What is remembered has a version, so that none of it counts while that is to be found out.
  const judge = (credentials: TokenCredentials, issuers: readonly TrustedIssuer[], request: Request) => {
    const verified = cache?.get(credentials);
    return verified !== undefined &&
      issuers.includes(verified.issuer) &&
      verified.issuer.keys.version === verified.version
      ? conclude(verified.admission, principal, request)
      : verify(credentials, issuers, request);
  };

  const issuers = 'issuers' in options ? options.issuers : [options];
  if (typeof issuers !== 'function') {
    const trusted = known.all(issuers);
    return (credentials, request) => judge(credentials, trusted, request);
  }
  return (credentials, request) => {
    const entries = issuers(request);
    return isPromise(entries)
      ? entries.then((settled) => judge(credentials, known.all(settled), request))
      : judge(credentials, known.all(entries), request);
  };
}

/**
 * `BASE64URL "." BASE64URL "." BASE64URL` (RFC 7515 section 7.1), each spelt in the one way that has no bits left over in its last
 * character (RFC 4648 section 3.5): a token that can be written in two ways is two tokens to whoever compares them.
 */
const COMPACT = ((segment: string) => new RegExp(`^${segment}(?:\\.${segment}){2}$`))(
  '(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?',
);

/**
 * Has a token verified by the issuer that it names. Nothing is believed of it before: an issuer that is not there to the
 * letter is not asked for anything.
 */
async function verifyBy(issuers: readonly TrustedIssuer[], token: string): Promise<Verified | Failure> {
  if (!COMPACT.test(token)) return FAILURES.malformed;
  let named: unknown;
  try {
    named = decodeJwt(token).iss;
  } catch (error) {
    return failureOf(error) ?? FAILURES.issuer;
  }
  const issuer = issuers.find(({ name }) => name === named);
  if (issuer === undefined) return FAILURES.issuer;
  // Before, so that keys which change meanwhile have it verified again.
  const { version } = issuer.keys;
  const claims = await issuer.verify(token);
  if (claims instanceof Failure) return claims;
  return { issuer, version, admission: admit(claims, infoOf(claims, scopesOf(claims))) };
}
