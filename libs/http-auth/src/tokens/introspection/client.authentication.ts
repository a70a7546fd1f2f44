import { createPrivateKey, type JsonWebKey, KeyObject, randomUUID } from 'node:crypto';
import { isInstalled, missing } from '../../common/library.js';
import { algorithmsOf } from '../algorithms.js';

/** How a client authenticates that has no key, by the names of IANA's registry of OAuth. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'tls_client_auth';

/** A private key of the client, for `private_key_jwt` (RFC 7523 section 2.2). */
export interface ClientKey {
  /** The key: PEM, a JWK, or what `node:crypto` makes of either. */
  readonly key: string | JsonWebKey | KeyObject;
  /**
   * The algorithm of its signatures.
   *
   * @default RS256, ES256, ES384, ES512 or EdDSA, as the key is
   */
  readonly algorithm?: string;
  /**
   * Which of the client's keys it is.
   *
   * @default the `kid` of the JWK
   */
  readonly keyId?: string;
}

/** Who asks the authorization server, and how it shows that it is (RFC 6749 section 2.3). */
export interface ClientOptions {
  /** The client that this application is to the authorization server. */
  readonly clientId: string;
  /** Its secret. */
  readonly clientSecret?: string;
  /** Its private key, in place of a secret; it needs the package `jose`, and the `issuer`, whom its assertions are for. */
  readonly privateKey?: ClientKey;
  /**
   * Where a secret goes; or `tls_client_auth` where a certificate takes its place (RFC 8705 section 2), which `fetch` must present.
   *
   * @default 'client_secret_basic'
   */
  readonly clientAuthentication?: ClientAuthenticationMethod;
  /** The authorization server, by its issuer identifier: what `iss` must be, where it is given. */
  readonly issuer?: string;
}

/** Adds to a form what authenticates the client, and returns the fields that do. */
export type ClientAuthentication = (form: URLSearchParams) => Record<string, string> | Promise<Record<string, string>>;

const METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post', 'tls_client_auth'];

/** Seconds that an assertion is good for, which is used once. */
const ASSERTION_LIFETIME = 60;

/** Says what is wrong with who asks, `undefined` where nothing is. No text shows a secret. */
export function clientProblem(options: ClientOptions): string | undefined {
  const { clientId, clientSecret, privateKey, clientAuthentication: method, issuer } = options;
  if (typeof clientId !== 'string' || clientId === '') return 'clientId must be a text, and not empty';
  if (method !== undefined && !METHODS.includes(method)) {
    return `clientAuthentication must be ${METHODS.join(', ')}, or left out`;
  }
  const ways = [clientSecret, privateKey, method === 'tls_client_auth' ? method : undefined];
  if (ways.filter((way) => way !== undefined).length !== 1 || (privateKey && method)) {
    return "give one of clientSecret, privateKey and clientAuthentication: 'tls_client_auth': the endpoint must know who asks (RFC 7662 section 2.1)";
  }
  if (privateKey !== undefined) return keyProblem(privateKey, issuer);
  const wrong = method !== 'tls_client_auth' && (typeof clientSecret !== 'string' || clientSecret === '');
  return wrong ? 'clientSecret must be a text, and not empty' : undefined;
}

/**
 * How a client authenticates.
 *
 * @param options those that `clientProblem()` finds nothing wrong with
 */
export function clientAuthentication(options: ClientOptions): ClientAuthentication {
  const { clientId, clientSecret = '', privateKey, clientAuthentication: method = 'client_secret_basic' } = options;
  if (privateKey !== undefined) return assertion(clientId, options.issuer as string, privateKey);
  if (method === 'client_secret_basic') {
    // RFC 6749 section 2.3.1: each of the two is form-encoded before they are joined.
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
  const key = readKey(options);
  const [usual = ''] = algorithmsOf(key);
  const alg = options.algorithm ?? usual;
  const kid = options.keyId ?? (options.key as { kid?: string }).kid;
  return async (form) => {
    const { SignJWT } = await import('jose');
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

function keyProblem(options: ClientKey, issuer: string | undefined): string | undefined {
  if (!isInstalled('jose')) return `privateKey ${missing('jose')}`;
  if (issuer === undefined) return 'privateKey needs the issuer, whom its assertions are for (RFC 7523 section 3)';
  let key: KeyObject;
  try {
    key = readKey(options);
  } catch {
    // The message of the error could quote it.
    return 'privateKey.key must be a private key: PEM, a JWK or a KeyObject';
  }
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) return 'privateKey.key must be an RSA, a P-256, P-384 or P-521, or an Ed25519 key';
  return options.algorithm === undefined || algorithms.includes(options.algorithm)
    ? undefined
    : `privateKey.algorithm must be ${algorithms.join(', ')} for its key`;
}

/** @throws where it is none */
function readKey({ key }: ClientKey): KeyObject {
  const read =
    key instanceof KeyObject ? key : createPrivateKey(typeof key === 'string' ? key : { key, format: 'jwk' });
  if (read.type !== 'private') throw new TypeError('It is no private key');
  return read;
}

/** A text as `application/x-www-form-urlencoded` has it (RFC 6749 appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
