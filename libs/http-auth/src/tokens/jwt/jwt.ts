import { keyedDigest } from '../../common/digest.js';
import { answerFor, CACHE, ISSUERS } from '../../common/measure.js';
import type { HttpRequest } from '../../http/request.js';
import type { Admission } from '../../schemes/admission.js';
import { handOnBinding } from '../binding.js';
import { inspectorOf } from '../claims.inspection.js';
import { conclude } from '../principal.js';
import { Revocation, type RevokedTokens } from '../revocation.js';
import { TokenCache } from '../token.cache.js';
import type { StandardSchema } from '../standard.schema.js';
import type { TokenVerifier } from '../token.verifier.js';
import type { JwtClaims } from './claims.js';
import { FAILURES, refuse } from './failures.js';
import { Issuers } from './issuers.js';
import { parseJws } from './jws.js';
import type { JwtOptions } from './jwt.options.js';
import { isTemplate } from './issuer.template.js';
import { type JwtVerifier, keyMethods, warmUp } from './jwt.verifier.js';
import { readSettings } from './settings.js';
import { TRUST, type Trust } from './trust.js';
import type { TrustedIssuer } from './trusted.issuer.js';

/** A valid token. All requests that bring it share this object. */
interface Verified {
  readonly issuer: TrustedIssuer;
  /** The version of the issuer's keys before the check; `undefined` if they were not loaded yet. */
  readonly version: number | undefined;
  readonly admission: Admission<JwtClaims>;
}

/**
 * Returns a verifier of access tokens that are signed JWTs, with a schema for their claims. By default, the principal is the output
 * of the schema.
 */
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
  const check = cached(settings.cache === false ? undefined : new TokenCache<Verified>(settings.cache));
  const issuers = 'issuers' in options ? options.issuers : [options];
  const inspect = inspectorOf(options);
  const { principal } = options;

  const all = typeof issuers === 'function' ? undefined : known.all(issuers);
  const trusted = async (request: Request) =>
    typeof issuers === 'function' ? known.all(await issuers(request)) : known.all(issuers);
  const names = all?.map(({ name }) => name);
  const revocation = new Revocation<JwtClaims, Request>(options, {
    name: 'jwt()',
    code: 'ERR_AUTH_JWT_OPTION',
    // The issuer of a template is not known before there is a token.
    issuers: names?.some(isTemplate) ? undefined : names,
    clockTolerance: settings.clockTolerance,
  });
  const verify: TokenVerifier<Principal, Request> = async ({ token }, request, context) => {
    const { admission } = await check(token, all ?? (await trusted(request)));
    handOnBinding(admission, context);
    await revocation.check(admission.principal, request, admission.principal.iss);
    return conclude(await inspect(admission), principal, token, request);
  };
  const trust: Trust<Request> = { issuers: trusted, revocation, clockTolerance: settings.clockTolerance };
  const verifier = Object.assign(verify, {
    ...keyMethods(known, all ?? []),
    invalidate: (tokens: RevokedTokens) => revocation.invalidate(tokens),
    [TRUST]: trust,
  });
  answerFor(ISSUERS, verifier, (question, used) => question(used));
  if (settings.warmUp && all !== undefined) warmUp(verifier);
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
    const hit = found !== undefined && issuers.includes(found.issuer) && found.issuer.keys.version === found.version;
    if (CACHE.isHeard) CACHE.publish({ cache: 'jwt', hit });
    if (hit) return found;
    const verified = await verifyToken(token, issuers);
    if (verified.version !== undefined) cache.set(digest, verified, verified.admission.principal.exp * 1000);
    return verified;
  };
}

/** @throws RefusedException if the token is not valid; an issuer that it names, and that is not trusted, is not contacted */
async function verifyToken(token: string, issuers: readonly TrustedIssuer[]): Promise<Verified> {
  const jws = parseJws(token);
  const issuer =
    // One tenant may have stricter options than the template of all tenants.
    issuers.find((one) => !isTemplate(one.name) && one.isNamedBy(jws.claims)) ??
    issuers.find((one) => one.isNamedBy(jws.claims)) ??
    refuse(FAILURES.issuer);
  // Before the check. If the keys change meanwhile, the cached token has the old version and does not count.
  const { version } = issuer.keys;
  return { issuer, version, admission: await issuer.verify(jws) };
}
