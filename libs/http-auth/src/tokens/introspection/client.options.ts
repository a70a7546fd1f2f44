import { createPrivateKey, type JsonWebKey, KeyObject } from 'node:crypto';
import { isInstalled, missing } from '../../common/library.js';
import { algorithmsOf } from '../../jose/algorithms.js';

/** How a client without a key authenticates, by the names that IANA registers for OAuth. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'tls_client_auth';

/** A private key of the client, for `private_key_jwt` (RFC 7523 section 2.2). */
export interface ClientKey {
  /** The key: PEM, a JWK, or a `KeyObject` of `node:crypto`. */
  readonly key: string | JsonWebKey | KeyObject;
  /**
   * The algorithm of the signatures.
   *
   * @default RS256, ES256, ES384, ES512 or EdDSA, depending on the key
   */
  readonly algorithm?: string;
  /**
   * The `kid` of the key.
   *
   * @default the `kid` of the JWK
   */
  readonly keyId?: string;
}

/** The client that asks the authorization server, and how it authenticates (RFC 6749 section 2.3). */
export interface ClientOptions {
  /** The identifier of this application at the authorization server. */
  readonly clientId: string;
  /** The secret of the client. */
  readonly clientSecret?: string;
  /** The private key of the client, instead of a secret. It needs the package `jose`, and the option `issuer`. */
  readonly privateKey?: ClientKey;
  /**
   * How the client sends its secret. With `tls_client_auth` it has a certificate instead of a secret (RFC 8705 section 2), and
   * `fetch` must present the certificate.
   *
   * @default 'client_secret_basic'
   */
  readonly clientAuthentication?: ClientAuthenticationMethod;
  /** The identifier of the authorization server. If it is set, `iss` of a token must equal it. */
  readonly issuer?: string;
}

const METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post', 'tls_client_auth'];

/** Checks the client. Returns an error message without secrets, or `undefined` if the options are valid. */
export function clientProblem(options: ClientOptions): string | undefined {
  const { clientId, clientSecret, privateKey, clientAuthentication: method, issuer } = options;
  if (typeof clientId !== 'string' || clientId === '') return 'clientId must be a non-empty string';
  if (method !== undefined && !METHODS.includes(method)) {
    return `clientAuthentication must be ${METHODS.join(', ')}, or absent`;
  }
  const ways = [clientSecret, privateKey, method === 'tls_client_auth' ? method : undefined];
  if (ways.filter((way) => way !== undefined).length !== 1 || (privateKey && method)) {
    return "set one of clientSecret, privateKey and clientAuthentication: 'tls_client_auth'; the endpoint must authenticate the client (RFC 7662 section 2.1)";
  }
  if (privateKey !== undefined) return keyProblem(privateKey, issuer);
  const wrong = method !== 'tls_client_auth' && (typeof clientSecret !== 'string' || clientSecret === '');
  return wrong ? 'clientSecret must be a non-empty string' : undefined;
}

function keyProblem(options: ClientKey, issuer: string | undefined): string | undefined {
  if (!isInstalled('jose')) return `privateKey ${missing('jose')}`;
  if (issuer === undefined)
    return 'privateKey needs the option issuer; set it to the identifier of the authorization server (RFC 7523 section 3)';
  let key: KeyObject;
  try {
    key = readPrivateKey(options);
  } catch {
    // The message of the error could contain the key.
    return 'privateKey.key must be a private key: PEM, a JWK or a KeyObject';
  }
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) {
    return 'privateKey.key must be RSA of 2048 bits or more, P-256, P-384, P-521, or Ed25519';
  }
  return options.algorithm === undefined || algorithms.includes(options.algorithm)
    ? undefined
    : `privateKey.algorithm must be ${algorithms.join(', ')} for its key`;
}

/** @throws Error if it is not a private key */
export function readPrivateKey({ key }: ClientKey): KeyObject {
  const read =
    key instanceof KeyObject ? key : createPrivateKey(typeof key === 'string' ? key : { key, format: 'jwk' });
  if (read.type !== 'private') throw new TypeError('The key is not private');
  return read;
}
