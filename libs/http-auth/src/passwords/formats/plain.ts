import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { StoredHash } from '../stored.hash.js';

const key = randomBytes(32);
const digestOf = (text: string) => createHmac('sha256', key).update(text).digest();

/** A password that is stored as it is, by those who have asked for that. It costs nothing worth hiding. */
export function plainText(password: string): StoredHash {
  const text = password.normalize('NFC');
  return {
    text,
    profile: 'plain text',
    current: false,
    verify: (given) => Promise.resolve(timingSafeEqual(digestOf(text), digestOf(given))),
    decoy: () => plainText(randomBytes(32).toString('hex')),
  };
}
