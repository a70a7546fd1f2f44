import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  constants,
} from 'node:crypto';

export type Algorithm = 'HS256' | 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

/** The secret of HS256, and the public keys of the others in PEM. */
export type Keys = Readonly<Record<Algorithm, string>>;

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example/';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const pem = (key: KeyObject): string => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** Issues tokens in the process that sends the load, because signing must not count for a server. */
export class Issuer {
  private readonly secret = randomBytes(32).toString('hex');
  private readonly rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  private readonly ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  private readonly ed = generateKeyPairSync('ed25519').privateKey;
  private serial = 0;

  readonly keys: Keys = {
    HS256: this.secret,
    RS256: pem(this.rsa),
    PS256: pem(this.rsa),
    ES256: pem(this.ec),
    EdDSA: pem(this.ed),
  };

  /** Returns a token that no server has seen yet. */
  issue(alg: Algorithm, further: object = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const common = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 7200, jti: String(this.serial++) };
    const claims = { ...common, ...further };
    const input = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
    return `${input}.${this.sign(alg, input).toString('base64url')}`;
  }

  private sign(alg: Algorithm, input: string): Buffer {
    const data = Buffer.from(input);
    switch (alg) {
      case 'HS256':
        return createHmac('sha256', this.secret).update(data).digest();
      case 'RS256':
        return sign('sha256', data, this.rsa);
      case 'PS256':
        return sign('sha256', data, { key: this.rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
      case 'ES256':
        return sign('sha256', data, { key: this.ec, dsaEncoding: 'ieee-p1363' });
      default:
        return sign(null, data, this.ed);
    }
  }
}
