import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

/** What the tokens of the tests are for. */
export const audience = 'https://api.example';

/** Seconds since 1970. */
export const now = (): number => Math.floor(Date.now() / 1000);

/** A private key, and what the issuer calls it. */
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

/** A new key for an algorithm. */
export function newKey(kid: string, alg = 'ES256'): SigningKey {
  const { privateKey } = (kinds[alg] as (typeof kinds)[string])();
  return { kid, alg, privateKey };
}

/** The public part of a key, in PEM. */
export function pemOf({ privateKey }: SigningKey): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

/** The public part of a key, as a JWK. */
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

/** A token of these claims, and of those that any token has; `undefined` leaves one out. */
export function sign(
  { kid, alg, privateKey }: SigningKey,
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all = { iss: 'https://issuer.example', aud: audience, sub: 'alice', exp: now() + 300, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}

/** What an issuer's server does with a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer on a loopback address, with its metadata and its keys, which can be changed at any time. */
export class Issuer {
  /** The keys that it publishes. */
  keys: SigningKey[] = [newKey('first')];
  /** What it was asked for. */
  readonly asked: string[] = [];
  /** Answers in place of the usual, where it is there. */
  intercept: Handler | undefined;

  private constructor(
    private readonly server: Server,
    /** Its identifier. */
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

  /** A token of its newest key. */
  token(claims: JWTPayload = {}, key = this.keys.at(-1) as SigningKey): Promise<string> {
    return sign(key, { iss: this.url, ...claims });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** The usual answers. */
  readonly answer = ({ url }: Pick<IncomingMessage, 'url'>, response: ServerResponse): void => {
    const json: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/jwks` },
      '/jwks': { keys: this.keys.map(jwkOf) },
    };
    response.statusCode = json[url ?? ''] === undefined ? 404 : 200;
    response.end(JSON.stringify(json[url ?? ''] ?? {}));
  };
}
