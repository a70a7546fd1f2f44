import { VerifierUnavailableException } from '../../schemes/unavailable.exception.js';
import { endpointProblem, type Fetch, fetchJson } from '../endpoint.js';
import type { JwkSet } from './jwk.set.js';
import type { JwtIssuer } from './jwt.options.js';

/** The options of an issuer that locate its keys. */
export interface KeySource extends Pick<JwtIssuer, 'issuer' | 'metadataUrl' | 'headers' | 'allowInsecureHttp'> {
  /** The URL of the keys; `undefined` if only the metadata of the issuer has it. */
  readonly jwks?: string | undefined;
}

/** How requests are sent. */
export interface Requests {
  /** Milliseconds for each answer. */
  readonly timeout: number;
  readonly fetch?: Fetch | undefined;
}

/** RFC 7517 section 8.5 registers `application/jwk-set+json`, and many issuers send plain JSON. */
const HEADERS = { accept: 'application/jwk-set+json, application/json' };

/**
 * Fetches the keys of an issuer.
 *
 * @throws VerifierUnavailableException if the issuer does not respond with a key set
 */
export async function fetchKeys(source: KeySource, requests: Requests): Promise<JwkSet> {
  const { url, headers } = await locate(source, requests);
  const set = await get(url, { ...headers, ...HEADERS }, requests);
  const { keys } = set;
  // A set without keys is valid: the issuer has withdrawn all of them.
  if (!Array.isArray(keys) || (keys.length > 0 && !keys.some((key) => typeof key === 'object' && key !== null))) {
    throw new VerifierUnavailableException(`${url} did not respond with a JWK Set`, 5);
  }
  return set as unknown as JwkSet;
}

/** Returns the URL of the keys, and the header fields for its request. */
async function locate(source: KeySource, requests: Requests): Promise<{ url: string; headers: KeySource['headers'] }> {
  const { issuer, jwks, metadataUrl = issuer, headers } = source;
  if (jwks !== undefined) return { url: jwks, headers };
  const metadata = await fetchMetadata(source, requests);
  const problem = metadataProblem(source, metadata);
  if (problem !== undefined) throw new VerifierUnavailableException(`The metadata of ${issuer}: ${problem}`, 5);
  const url = metadata['jwks_uri'] as string;
  // The fields may be secret, and the metadata must not choose who gets them.
  return { url, headers: new URL(url).origin === new URL(metadataUrl).origin ? headers : undefined };
}

/**
 * Fetches the metadata of an issuer: OpenID Connect Discovery section 4, or RFC 8414 section 3. Both are requested at the same
 * time, so that an issuer that does not answer costs only one timeout.
 */
async function fetchMetadata(
  { issuer, metadataUrl, headers }: KeySource,
  requests: Requests,
): Promise<Record<string, unknown>> {
  if (metadataUrl !== undefined) return get(metadataUrl, headers, requests);
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const oauth = get(`${origin}/.well-known/oauth-authorization-server${path}`, headers, requests);
  oauth.catch(() => undefined);
  return get(`${origin}${path}/.well-known/openid-configuration`, headers, requests).catch((error: unknown) =>
    oauth.catch(() => {
      throw error;
    }),
  );
}

function get(url: string, headers: KeySource['headers'] = {}, { timeout, fetch }: Requests) {
  return fetchJson(url, { timeout, headers, ...(fetch && { fetch }) });
}

/** RFC 8414 section 3.3: the metadata of one issuer must not count for another. */
function metadataProblem(
  { issuer, metadataUrl = issuer, allowInsecureHttp }: KeySource,
  { issuer: named, jwks_uri: keys }: Record<string, unknown>,
): string | undefined {
  if (named !== issuer) return `issuer is ${JSON.stringify(named)}; it must equal the option issuer exactly`;
  const problem = endpointProblem(keys, allowInsecureHttp);
  if (problem !== undefined) return `jwks_uri ${problem}`;
  // Otherwise a remote issuer could make this server request its own loopback addresses.
  return /^https:/i.test(metadataUrl) && /^http:/i.test(String(keys)) && allowInsecureHttp !== true
    ? 'jwks_uri must be https'
    : undefined;
}
