import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';

/** SHA-1 without a salt, the format of Apache's `htpasswd -s`. */
export const sha1: HashFormat = {
  name: 'a {SHA} hash',
  prefix: /^\{SHA\}/,
  read,
};

function read(text: string): StoredHash | undefined {
  const [, digest64 = ''] = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/.exec(text) ?? [];
  const digest = Buffer.from(digest64, 'base64');
  if (digest.length !== 20) return undefined;
  return {
    text,
    profile: '{SHA}',
    current: false,
    verify: (password) => Promise.resolve(timingSafeEqual(digest, createHash('sha1').update(password).digest())),
    decoy: () => read(`{SHA}${randomBytes(20).toString('base64')}`) as StoredHash,
  };
}
