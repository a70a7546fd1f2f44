import { createHash } from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { crypt64, randomLetters, sameText } from './crypt64.js';
import { runRounds } from './rounds.js';

const MAGIC = '$apr1$';
const ROUNDS = 1000;

const GROUPS = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]] as const;

/** Apache's variant of Poul-Henning Kamp's MD5 crypt, the format of `htpasswd -m`. */
export const apr1: HashFormat = {
  name: 'an apr1 hash',
  prefix: /^\$apr1\$/,
  read,
};

function read(text: string): StoredHash | undefined {
  const [, salt = '', digest] = /^\$apr1\$([^$:\s]{1,8})\$([./A-Za-z0-9]{22})$/.exec(text) ?? [];
  if (digest === undefined) return undefined;
  return {
    text,
    profile: MAGIC,
    current: false,
    verify: async (password) => sameText(digest, await apr1Digest(Buffer.from(password), Buffer.from(salt))),
    decoy: () => read(`${MAGIC}${randomLetters(8)}$${randomLetters(22)}`) as StoredHash,
  };
}

function md5(...parts: Uint8Array[]): Buffer {
  return createHash('md5').update(Buffer.concat(parts)).digest();
}

async function apr1Digest(password: Buffer, salt: Buffer): Promise<string> {
  const first: Uint8Array[] = [password, Buffer.from(MAGIC), salt];
  const mixed = md5(password, salt, password);
  for (let left = password.length; left > 0; left -= 16) first.push(mixed.subarray(0, Math.min(16, left)));
  for (let bits = password.length; bits > 0; bits >>= 1) {
    first.push(bits & 1 ? Buffer.from([0]) : password.subarray(0, 1));
  }
  const none = Buffer.alloc(0);
  let digest = md5(...first);
  await runRounds(ROUNDS, (round) => {
    const odd = round % 2 === 1;
    digest = md5(
      odd ? password : digest,
      round % 3 === 0 ? none : salt,
      round % 7 === 0 ? none : password,
      odd ? digest : password,
    );
  });
  return crypt64(digest, GROUPS);
}
