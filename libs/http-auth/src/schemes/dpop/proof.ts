import { sharedDigest } from '../../common/digest.js';
import { type CompactJws, parseCompactJws } from '../../jose/compact.jws.js';
import { thumbprintOf } from '../../jose/thumbprint.js';
import { Failure } from '../failure.js';
import { type PublicJwk, publicJwkOf } from './public.jwk.js';
import { normalUri } from './target.uri.js';

/** The longest proof, in characters. A proof with a 4096-bit RSA key has about 2,000. */
const MAX_LENGTH = 8192;

/** The longest `jti`, in characters. */
const MAX_JTI = 256;

/** The `typ` of a proof (RFC 9449 section 4.2). */
const TYPE = 'dpop+jwt';

/** A proof whose form and claims are valid. Its signature is not verified yet. */
export interface Proof {
  readonly jws: CompactJws;
  readonly alg: string;
  readonly jwk: PublicJwk;
  /** The thumbprint of the key. */
  readonly jkt: string;
  /** When the proof was made, in seconds since 1970, by the clock of the client. */
  readonly iat: number;
  readonly nonce: unknown;
  /** A digest that is the same for all spellings of the proof. */
  readonly key: string;
}

/** The request that a proof must be for. */
export interface Expected {
  readonly algorithms: readonly string[];
  readonly method: string;
  /** The normal forms of the target URI; none if the target cannot be proven. */
  readonly uris: readonly string[];
  readonly token: string;
}

/** Returns a failure with an error of RFC 9449 section 12.2. The description contains nothing from the request. */
export function proofFailure(description: string, error = 'invalid_dpop_proof'): Failure {
  return new Failure('invalid', 'DPoP', 401, { params: { error, error_description: description } });
}

const FAILURES = {
  form: proofFailure('The DPoP proof is not a valid JWS'),
  type: proofFailure('The type of the DPoP proof is not dpop+jwt'),
  algorithm: proofFailure('The algorithm of the DPoP proof is not allowed'),
  key: proofFailure('The key of the DPoP proof is not a public key for its algorithm'),
  method: proofFailure('The DPoP proof is for another method'),
  uri: proofFailure('The DPoP proof is for another URI'),
  token: proofFailure('The DPoP proof is for another access token'),
};

const claimFailure = (name: string) => proofFailure(`The claim ${name} of the DPoP proof is missing or invalid`);

const CLAIMS = {
  jti: claimFailure('jti'),
  htm: claimFailure('htm'),
  htu: claimFailure('htu'),
  iat: claimFailure('iat'),
  ath: claimFailure('ath'),
};

/** Reads a proof, and checks everything that does not need its signature (RFC 9449 section 4.3). */
export function readProof(text: string, { algorithms, method, uris, token }: Expected): Proof | Failure {
  const jws = text.length <= MAX_LENGTH ? parseCompactJws(text) : undefined;
  if (jws === undefined) return FAILURES.form;
  const { typ, alg, jwk: given } = jws.header;
  if (typ !== TYPE) return FAILURES.type;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return FAILURES.algorithm;
  const jwk = publicJwkOf(given, alg);
  if (jwk === undefined) return FAILURES.key;
  const { jti, htm, htu, iat, ath, nonce } = jws.claims;
  if (!isText(jti) || jti.length > MAX_JTI) return CLAIMS.jti;
  if (!isText(htm)) return CLAIMS.htm;
  if (!isText(htu)) return CLAIMS.htu;
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return CLAIMS.iat;
  if (typeof ath !== 'string') return CLAIMS.ath;
  if (htm !== method) return FAILURES.method;
  const uri = normalUri(htu);
  if (uri === undefined || !uris.includes(uri)) return FAILURES.uri;
  // A token is ASCII, so its UTF-8 is the same.
  if (ath !== sharedDigest(token)) return FAILURES.token;
  const jkt = thumbprintOf(jwk);
  return { jws, alg, jwk, jkt, iat, nonce, key: sharedDigest(JSON.stringify([jkt, method, uri, jti])) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
