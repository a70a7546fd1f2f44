import type { KeyObject } from 'node:crypto';
import type { JwsHeader } from './jws.js';

/** The issuer of a token, for a key set that many tenants share. */
export interface TokenIssuer {
  /** The claim `iss`. */
  readonly iss: string;
  /** The claim `tid`. */
  readonly tid: string;
}

/** The state of the keys of an issuer. */
export interface KeyState {
  /** The number of keys that can verify signatures; 0 if they are not loaded yet. */
  readonly keys: number;
  /** If `true`, tokens can be verified now: the keys are loaded, and not older than a day. */
  readonly ready: boolean;
  /** Milliseconds since the keys were last fetched; `undefined` if they are not loaded yet, or are an option. */
  readonly age: number | undefined;
  /** The reason why the last fetch failed; `undefined` if it did not fail. */
  readonly error: string | undefined;
}

/** The keys of an issuer. */
export interface Keys {
  /**
   * Returns the keys that may have signed a token, by its header. A key inside the token is never one of them.
   *
   * @param token the issuer of the token, if it is one of several that share the keys
   * @throws VerifierUnavailableException if the issuer does not answer
   */
  find(header: JwsHeader, token?: TokenIssuer): Promise<readonly KeyObject[]>;
  /**
   * Fetches the keys if they are missing or old.
   *
   * @throws VerifierUnavailableException if there are no keys, and the issuer does not answer
   */
  load(): Promise<void>;
  /** The state of the keys. */
  readonly state: KeyState;
  /** Changes when a key may have been removed. It is `undefined` until the keys are loaded, or loaded again. */
  readonly version: number | undefined;
}

/** Returns the keys of an issuer that has only one: a public key or a secret. The `kid` of a token does not matter. */
export function onlyKey(key: KeyObject): Keys {
  return knownKeys(1, () => [key]);
}

/** Returns keys that are options, so they are always loaded. */
export function knownKeys(count: number, find: (header: JwsHeader, token?: TokenIssuer) => readonly KeyObject[]): Keys {
  return {
    find: (header, token) => Promise.resolve(find(header, token)),
    load: () => Promise.resolve(),
    state: { keys: count, ready: true, age: undefined, error: undefined },
    version: 0,
  };
}
