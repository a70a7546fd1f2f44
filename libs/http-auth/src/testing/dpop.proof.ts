import { constants, createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { thumbprintOf } from '../jose/thumbprint.js';

/** The algorithms of {@link dpopKey}. */
export type DpopAlgorithm = 'ES256' | 'Ed25519' | 'EdDSA' | 'PS256' | 'RS256';

/** The key of a client for DPoP proofs. */
export interface DpopKey {
  /** The private key, which signs the proofs. */
  readonly privateKey: KeyObject;
  /** The public key, for the header of a proof. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** The thumbprint of the public key (RFC 7638). A token is bound to the key if its `cnf` is `{ jkt }`. */
  readonly jkt: string;
  /** The signature algorithm. */
  readonly alg: DpopAlgorithm;
}

/** The parts of a proof. */
export interface DpopProofOptions {
  /** The key of the client. */
  readonly key: DpopKey;
  /** The URL of the request. */
  readonly url: string;
  /**
   * The method of the request.
   *
   * @default 'GET'
   */
  readonly method?: string;
  /** The access token. */
  readonly token: string;
  /** The nonce of the server, i.e. `DPoP-Nonce` of a response. */
  readonly nonce?: string | null;
  /** Other claims, or other values of claims. `undefined` removes a claim. This is for tests of invalid proofs. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The same for the header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

const GENERATORS: Readonly<Record<DpopAlgorithm, () => { privateKey: KeyObject; publicKey: KeyObject }>> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
  EdDSA: () => generateKeyPairSync('ed25519'),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/**
 * Creates a key for the proofs of a test.
 *
 * @throws TypeError if the algorithm is not supported
 */
export function dpopKey(alg: DpopAlgorithm = 'ES256'): DpopKey {
  if (!Object.hasOwn(GENERATORS, alg)) {
    throw new TypeError(`dpopKey(): the algorithm is not supported; choose of ${Object.keys(GENERATORS).join(', ')}`);
  }
  const { privateKey, publicKey } = GENERATORS[alg]();
  const jwk = publicKey.export({ format: 'jwk' });
  return { privateKey, jwk, jkt: thumbprintOf(jwk), alg };
}

/**
 * Creates a DPoP proof (RFC 9449 section 4.2) for one request to an application with `dpop()`. Each proof can be used once.
 *
 * @throws TypeError if `key`, `url` or `token` is missing
 * @example
 * const key = dpopKey();
 * const token = await issueToken({ cnf: { jkt: key.jkt } });
 * await request(server)
 *   .get('/reports')
 *   .set({ authorization: `DPoP ${token}`, dpop: dpopProof({ key, url: 'https://api.example/reports', token }) })
 *   .expect(200);
 */
export function dpopProof({ key, url, method = 'GET', token, nonce, claims, header }: DpopProofOptions): string {
  if ((key as unknown) === undefined || typeof url !== 'string' || typeof token !== 'string') {
    throw new TypeError('dpopProof(): key, url and token are required; pass the key of dpopKey()');
  }
  const { alg, jwk, privateKey } = key;
  const ath = createHash('sha256').update(token).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const input = [
    { typ: 'dpop+jwt', alg, jwk, ...header },
    { jti: randomUUID(), htm: method, htu: url, iat, ath, nonce: nonce ?? undefined, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${signatureOf(Buffer.from(input), alg, privateKey).toString('base64url')}`;
}

function signatureOf(input: Buffer, alg: DpopAlgorithm, key: KeyObject): Buffer {
  if (alg === 'EdDSA' || alg === 'Ed25519') return sign(null, input, key);
  if (alg === 'ES256') return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  return alg === 'PS256'
    ? sign('sha256', input, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      })
    : sign('sha256', input, key);
}
