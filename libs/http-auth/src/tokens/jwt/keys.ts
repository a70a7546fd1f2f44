import { type KeyObject, webcrypto } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** The keys that tokens of an issuer are verified by. */
export interface Keys {
  /** Finds the key of a token by its header, as jose asks for it; one that the token brings is never it. */
  readonly find: JWTVerifyGetKey;
  /** Changes where a key may have gone, and is `undefined` where that must be found out first. */
  readonly version: number | undefined;
}

/** Keys that never change: those of a set. */
export function setOfKeys(jwks: JSONWebKeySet): Keys {
  return { find: createLocalJWKSet(jwks), version: 0 };
}

/** The one key, whatever name a token gives it. */
export function publicKey(key: KeyObject): Keys {
  return { find: () => key, version: 0 };
}

/** A shared secret. */
export function secretKey(secret: Uint8Array): Keys {
  const imported = new Map<string, Promise<webcrypto.CryptoKey>>();
  const keyFor = (algorithm: string): Promise<webcrypto.CryptoKey> => {
    const hash = `SHA-${algorithm.slice(2)}`;
    return webcrypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['verify']);
  };
  return {
    find: ({ alg }) => {
      let key = imported.get(alg);
      if (key === undefined) imported.set(alg, (key = keyFor(alg)));
      return key;
    },
    version: 0,
  };
}
