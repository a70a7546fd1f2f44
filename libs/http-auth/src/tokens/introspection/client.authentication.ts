import { randomUUID } from 'node:crypto';
import { cannotLoad } from '../../common/library.js';
import { algorithmsOf } from '../../jose/algorithms.js';
import { type ClientKey, type ClientOptions, readPrivateKey } from './client.options.js';

/** Authenticates the client: adds parameters to the form, and returns header fields. */
export type ClientAuthentication = (form: URLSearchParams) => Record<string, string> | Promise<Record<string, string>>;

/** The lifetime of an assertion in seconds. Each is used once. */
const ASSERTION_LIFETIME = 60;

/**
 * Returns a function that authenticates the client.
 *
 * @param options options that `clientProblem()` accepts
 */
export function clientAuthentication(options: ClientOptions): ClientAuthentication {
  const { clientId, clientSecret = '', privateKey, clientAuthentication: method = 'client_secret_basic' } = options;
  if (privateKey !== undefined) return assertion(clientId, options.issuer as string, privateKey);
  if (method === 'client_secret_basic') {
    // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
    const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
    return () => ({ authorization: `Basic ${credentials}` });
  }
  return (form) => {
    form.set('client_id', clientId);
    if (method === 'client_secret_post') form.set('client_secret', clientSecret);
    return {};
  };
}

/** `private_key_jwt`: a new assertion for each request (RFC 7523 section 3). */
function assertion(clientId: string, issuer: string, options: ClientKey): ClientAuthentication {
  const key = readPrivateKey(options);
  const [usual = ''] = algorithmsOf(key);
  const alg = options.algorithm ?? usual;
  const kid = options.keyId ?? (options.key as { kid?: string }).kid;
  return async (form) => {
    const { SignJWT } = await load();
    const now = Math.floor(Date.now() / 1000);
    const jwt = await new SignJWT({ iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now })
      .setExpirationTime(now + ASSERTION_LIFETIME)
      .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
      .sign(key);
    form.set('client_id', clientId);
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', jwt);
    return {};
  };
}

/** Loads the package. In a `try` block, bundlers accept that it is not installed. */
async function load(): Promise<Pick<typeof import('jose'), 'SignJWT'>> {
  try {
    return await import('jose');
  } catch (error) {
    throw cannotLoad('jose', error);
  }
}

/** Encodes a string as `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
