import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

/** The audience of the tokens in the tests. */
export const audience = 'https://api.example';

/** The current time in seconds since 1970. */
export const now = (): number => Math.floor(Date.now() / 1000);

/** A private key with its `kid`. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
}

const kinds: Readonly<Record<string, () => { privateKey: KeyObject }>> = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

/** Creates a key for an algorithm. */
export function newKey(kid: string, alg = 'ES256'): SigningKey {
  const { privateKey } = (kinds[alg] as (typeof kinds)[string])();
  return { kid, alg, privateKey };
}

/** Returns the public key in PEM. */
export function pemOf({ privateKey }: SigningKey): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** Returns the public key as a JWK. */
export function jwkOf({ kid, alg, privateKey }: SigningKey) {
  return {
    ...createPublicKey(privateKey).export({ format: 'jwk' }),
    kty: kinds[alg] ? ktyOf(alg) : 'oct',
    kid,
    alg,
    use: 'sig',
  };
}

const ktyOf = (alg: string): string => ({ RS256: 'RSA', ES256: 'EC', EdDSA: 'OKP' })[alg] as string;

/** Returns a token with the given claims in addition to the usual claims. `undefined` removes a claim. */
export function sign(
  { kid, alg, privateKey }: SigningKey,
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all = { iss: 'https://issuer.example', aud: audience, sub: 'alice', exp: now() + 300, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}

/** Responds to a request to the issuer. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer on a loopback address, with metadata and keys. A test can change them at any time. */
export class Issuer {
  /** The published keys. */
  keys: SigningKey[] = [newKey('first')];
  /** The paths of all requests. */
  readonly asked: string[] = [];
  /** Responds instead of `answer()`, if it is set. */
  intercept: Handler | undefined;

  private constructor(
    private readonly server: Server,
    /** The issuer identifier. */
    readonly url: string,
  ) {}

  static async start(): Promise<Issuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      issuer.asked.push(request.url ?? '');
      (issuer.intercept ?? issuer.answer)(request, response);
    });
    return issuer;
  }

  /** Returns a token, signed by the newest key if no other is given. */
  token(claims: JWTPayload = {}, key = this.keys.at(-1) as SigningKey): Promise<string> {
    return sign(key, { iss: this.url, ...claims });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Responds with the metadata or the keys. */
  readonly answer = ({ url }: Pick<IncomingMessage, 'url'>, response: ServerResponse): void => {
    const json: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/jwks` },
      '/jwks': { keys: this.keys.map(jwkOf) },
    };
    response.statusCode = json[url ?? ''] === undefined ? 404 : 200;
    response.end(JSON.stringify(json[url ?? ''] ?? {}));
  };
}
