import { randomBytes } from 'node:crypto';
import { keyedDigest } from '../../common/digest.js';
import type { StoredHash } from '../stored.hash.js';
import { sameText } from './crypt64.js';

/** A password in plain text, for `users({ … }, { plainText: true })`. */
export function plainText(password: string): StoredHash {
  const text = password.normalize('NFC');
  return {
    text,
    profile: 'plain text',
    current: false,
    // The digests have the same length, so the time does not depend on the length of the password.
    verify: (given) => Promise.resolve(sameText(keyedDigest(text), keyedDigest(given))),
    decoy: () => plainText(randomBytes(32).toString('hex')),
  };
}
