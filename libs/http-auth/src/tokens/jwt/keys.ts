import type { KeyObject } from 'node:crypto';
import type { JwsHeader } from './jws.js';

/** The keys of an issuer. */
export interface Keys {
  /**
   * Returns the keys that may have signed a token, by its header. A key inside the token is never one of them.
   *
   * @throws VerifierUnavailableException if the issuer does not answer
   */
  find(header: JwsHeader): Promise<readonly KeyObject[]>;
  /** Changes when a key may have been removed. It is `undefined` until the keys are loaded, or loaded again. */
  readonly version: number | undefined;
}

/** Returns the keys of an issuer that has only one: a public key or a secret. The `kid` of a token does not matter. */
export function onlyKey(key: KeyObject): Keys {
  return { find: () => Promise.resolve([key]), version: 0 };
}
