import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign as signature,
} from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The algorithms of RFC 7518 and RFC 8037 that are measured. */
export const algorithms = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof algorithms)[number];

/** What a server needs to know to verify a token: the secret of HS256, or a public key in PEM. */
export type Keys = Readonly<Record<Algorithm, string>>;

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example/';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const pem = (key: KeyObject): string => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** Issues JSON Web Tokens, in the process that sends the load, so that no server pays for it. */
export class Issuer {
  private readonly secret = randomBytes(32).toString('hex');
  private readonly privateKeys: Readonly<Record<Exclude<Algorithm, 'HS256'>, KeyObject>> = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    EdDSA: generateKeyPairSync('ed25519').privateKey,
  };
  private serial = 0;

  /** A token that no one has seen yet. */
  issue(algorithm: Algorithm): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 7200, jti: String(this.serial++) };
    const input = `${encode({ alg: algorithm, typ: 'JWT', kid: algorithm })}.${encode(claims)}`;
    return `${input}.${this.sign(algorithm, input).toString('base64url')}`;
  }

  keys(): Keys {
    const { RS256, ES256, EdDSA } = this.privateKeys;
    return { HS256: this.secret, RS256: pem(RS256), ES256: pem(ES256), EdDSA: pem(EdDSA) };
  }

  /** Serves the public keys as a JWK Set, for those that fetch them. */
  async serve(): Promise<{ url: string; server: Server }> {
    const keys = Object.entries(this.privateKeys).map(([alg, key]): JsonWebKey => ({
      ...createPublicKey(key).export({ format: 'jwk' }),
      alg,
      kid: alg,
      use: 'sig',
    }));
    const server = createServer((_, response) => {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, server };
  }

  private sign(algorithm: Algorithm, input: string): Buffer {
    if (algorithm === 'HS256') return createHmac('sha256', this.secret).update(input).digest();
    const key = this.privateKeys[algorithm];
    return signature(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  }
}
