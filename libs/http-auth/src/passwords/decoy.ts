import { isInstalled } from '../common/library.js';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/**
 * Returns a decoy for a store whose hashes are not known yet. A decoy is the hash that an unknown user's password is verified
 * against, so that an unknown user costs as much as a known one. It has the parameters that `password.hash()` uses.
 */
export function defaultDecoy(): StoredHash {
  const parameters = isInstalled('@node-rs/argon2') ? '$argon2id$v=19$m=19456,t=2,p=1$' : '$scrypt$ln=17,r=8,p=1$';
  const hash = readHash(`${parameters}${'A'.repeat(22)}$${'A'.repeat(43)}`) as StoredHash;
  return hash.decoy();
}
