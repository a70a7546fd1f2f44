import { VerifierUnavailableException } from '../../schemes/unavailable.exception.js';
import { endpointProblem, fetchJson } from '../endpoint.js';
import type { JwkSet } from './jwk.set.js';

/** RFC 7517 section 8.5 registers `application/jwk-set+json`, and many issuers send plain JSON. */
const HEADERS = { accept: 'application/jwk-set+json, application/json' };

/**
 * Fetches the keys of an issuer.
 *
 * @param jwks the URL of the keys; `undefined` if only the metadata of the issuer has it
 * @param timeout milliseconds for each answer
 * @throws VerifierUnavailableException if the issuer does not respond with a key set
 */
export async function fetchKeys(issuer: string, jwks: string | undefined, timeout: number): Promise<JwkSet> {
  const url = jwks ?? (await discoverKeys(issuer, timeout));
  const set = await fetchJson(url, { timeout, headers: HEADERS });
  const { keys } = set;
  // A set without keys is valid: the issuer has withdrawn all of them.
  if (!Array.isArray(keys) || (keys.length > 0 && !keys.some((key) => typeof key === 'object' && key !== null))) {
    throw new VerifierUnavailableException(`${url} did not respond with a JWK Set`, 5);
  }
  return set as unknown as JwkSet;
}

/**
 * Finds the URL of the keys in the metadata of an issuer: OpenID Connect Discovery section 4, or RFC 8414 section 3. Both are
 * requested at the same time, so that an issuer that does not answer costs only one timeout.
 */
async function discoverKeys(issuer: string, timeout: number): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const oauth = fetchJson(`${origin}/.well-known/oauth-authorization-server${path}`, { timeout });
  oauth.catch(() => undefined);
  const metadata = await fetchJson(`${origin}${path}/.well-known/openid-configuration`, { timeout }).catch(
    (error: unknown) =>
      oauth.catch(() => {
        throw error;
      }),
  );
  const problem = metadataProblem(issuer, metadata);
  if (problem !== undefined) throw new VerifierUnavailableException(`The metadata of ${issuer}: ${problem}`, 5);
  return metadata['jwks_uri'] as string;
}

/** RFC 8414 section 3.3: the metadata of one issuer must not count for another. */
function metadataProblem(issuer: string, { issuer: named, jwks_uri: keys }: Record<string, unknown>) {
  if (named !== issuer) return `issuer is ${JSON.stringify(named)}; it must equal the option issuer exactly`;
  const problem = endpointProblem(keys);
  return problem && `jwks_uri ${problem}`;
}
