import { VerifierUnavailableException } from '../../schemes/unavailable.exception.js';
import { endpointProblem, fetchJson } from '../endpoint.js';

/**
 * Where the keys of an issuer are, by its metadata: those of OpenID Connect Discovery section 4, else those of RFC 8414
 * section 3, which are asked for at the same time, so that an issuer that is down costs one timeout.
 *
 * @throws VerifierUnavailableException where neither says it
 */
export async function discoverKeys(issuer: string, timeout: number): Promise<string> {
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

/** Metadata of one issuer must not stand for another (RFC 8414 section 3.3). */
function metadataProblem(issuer: string, { issuer: named, jwks_uri: keys }: Record<string, unknown>) {
  if (named !== issuer) return `issuer is ${JSON.stringify(named)}, and must be the same to the letter`;
  const problem = endpointProblem(keys);
  return problem && `jwks_uri ${problem}`;
}
