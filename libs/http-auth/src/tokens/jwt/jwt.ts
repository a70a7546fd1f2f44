import { keyedDigest } from '../../common/digest.js';
import type { HttpRequest } from '../../http/request.js';
import type { Admission } from '../../schemes/admission.js';
import { handOnBinding } from '../binding.js';
import { inspectorOf } from '../claims.inspection.js';
import { conclude } from '../principal.js';
import { TokenCache } from '../token.cache.js';
import type { StandardSchema } from '../standard.schema.js';
import type { JwtClaims } from './claims.js';
import { FAILURES, refuse } from './failures.js';
import { Issuers } from './issuers.js';
import { parseJws } from './jws.js';
import type { JwtOptions } from './jwt.options.js';
import { type JwtVerifier, warmUp, withKeys } from './jwt.verifier.js';
import { readSettings } from './settings.js';
import type { TrustedIssuer } from './trusted.issuer.js';

/** A valid token. All requests that bring it share this object. */
interface Verified {
  readonly issuer: TrustedIssuer;
  /** The version of the issuer's keys before the check; `undefined` if they were not loaded yet. */
  readonly version: number | undefined;
  readonly admission: Admission<JwtClaims>;
}

/** Returns a verifier like the one below. The claims are the output of the schema, and by default they are the principal. */
export function jwt<Claims extends object, Principal = Claims, Request extends object = HttpRequest>(
  options: JwtOptions<Principal, Request, Claims> & { readonly claims: StandardSchema<Claims> },
): JwtVerifier<Principal, Request>;
/**
 * Returns a verifier of access tokens that are signed JWTs (RFC 7519). It checks the signature by the keys of the issuer that
 * the token names, if that issuer is trusted, and the audience, the lifetime and the type of the token. The guard gets the
 * scopes of the token, and how and when its holder authenticated.
 *
 * Application code may call the verifier. It throws a `RefusedException` if the token is not valid, and never returns a
 * refusal. {@link TokenVerifier} shows how to combine verifiers.
 *
 * @throws AuthConfigurationError if an option is invalid
 * @example
 * bearer(jwt({ issuer: 'https://login.example', audience: 'https://api.example' }))
 * @example
 * const verify = jwt({ issuer: 'https://login.example', audience: 'https://api.example' });
 * const { principal, info } = await verify({ token }, request); // throws RefusedException: The token has expired
 */
export function jwt<Principal = JwtClaims, Request extends object = HttpRequest>(
  options: JwtOptions<Principal, Request>,
): JwtVerifier<Principal, Request>;
export function jwt<Claims extends object, Principal, Request extends object>(
  options: JwtOptions<Principal, Request, Claims>,
): JwtVerifier<Principal, Request> {
  const settings = readSettings(options);
  const known = new Issuers(settings);
  const verify = cached(settings.cache === false ? undefined : new TokenCache<Verified>(settings.cache));
  const issuers = 'issuers' in options ? options.issuers : [options];
  const inspect = inspectorOf(options);
  const { principal } = options;

  if (typeof issuers === 'function') {
    return withKeys(known, [], async ({ token }, request: Request, context) => {
      const { admission } = await verify(token, known.all(await issuers(request)));
      handOnBinding(admission, context);
      return conclude(await inspect(admission), principal, token, request);
    });
  }
  const trusted = known.all(issuers);
  const verifier = withKeys(known, trusted, async ({ token }, request: Request, context) => {
    const { admission } = await verify(token, trusted);
    handOnBinding(admission, context);
    return conclude(await inspect(admission), principal, token, request);
  });
  if (settings.warmUp) warmUp(verifier);
  return verifier;
}

type Verify = (token: string, issuers: readonly TrustedIssuer[]) => Promise<Verified>;

/**
 * Returns a function that verifies a token only if it is not in the cache. A cached token counts only if its issuer is trusted
 * for this request, and the version of the issuer's keys is the same. While keys load, the version is `undefined`, so a token is
 * cached only with a version.
 */
function cached(cache: TokenCache<Verified> | undefined): Verify {
  if (cache === undefined) return verifyToken;
  return async (token, issuers) => {
    const digest = keyedDigest(token);
    const found = cache.get(digest);
    if (found !== undefined && issuers.includes(found.issuer) && found.issuer.keys.version === found.version) {
      return found;
    }
    const verified = await verifyToken(token, issuers);
    if (verified.version !== undefined) cache.set(digest, verified, verified.admission.principal.exp * 1000);
    return verified;
  };
}

/** @throws RefusedException if the token is not valid; an issuer that it names, and that is not trusted, is not contacted */
async function verifyToken(token: string, issuers: readonly TrustedIssuer[]): Promise<Verified> {
  const jws = parseJws(token);
  const issuer = issuers.find((one) => one.isNamedBy(jws.claims)) ?? refuse(FAILURES.issuer);
  // Before the check. If the keys change meanwhile, the cached token has the old version and does not count.
  const { version } = issuer.keys;
  return { issuer, version, admission: await issuer.verify(jws) };
}
