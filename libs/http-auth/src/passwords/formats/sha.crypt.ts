import { createHash } from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { crypt64, randomLetters, sameText } from './crypt64.js';
import { runRounds } from './rounds.js';

const DEFAULT_ROUNDS = 5000;
const LEAST_ROUNDS = 1000;

/** A few seconds of work. The specification allows a thousand times as many rounds, but no request can wait that long. */
const MOST_ROUNDS = 1_000_000;

/** The differences of SHA-256 and SHA-512: the length of the digest in bytes and in letters, and the order of its bytes. */
const VARIANTS = {
  5: { hash: 'sha256', bytes: 32, letters: 43, groups: [...triples(10, (a, b, c) => [c, a, b]), [31, 30]] },
  6: { hash: 'sha512', bytes: 64, letters: 86, groups: [...triples(21, (a, b, c) => [b, c, a]), [63]] },
} as const;

type Variant = (typeof VARIANTS)[5 | 6];

/** Returns the order of the bytes. Each group of three is the previous group, rotated, with each index one higher. */
function triples(
  count: number,
  turn: (a: number, b: number, c: number) => [number, number, number],
): (readonly number[])[] {
  const groups: [number, number, number][] = [[0, count, 2 * count]];
  while (groups.length < count) {
    const [a, b, c] = groups.at(-1) as [number, number, number];
    groups.push(turn(a + 1, b + 1, c + 1));
  }
  return groups;
}

/** Ulrich Drepper's SHA-crypt, the format of glibc, of Apache's `htpasswd -2` and `-5`, and of `openssl passwd`. */
export const shaCrypt: HashFormat = {
  name: 'a SHA-crypt hash',
  prefix: /^\$[56]\$/,
  read,
};

function read(text: string): StoredHash | undefined {
  const [, head = '', id, given, salt = '', digest] =
    /^(\$([56])\$(?:rounds=(\d{1,9})\$)?)([^$:\s]{0,16})\$([./A-Za-z0-9]+)$/.exec(text) ?? [];
  if (digest === undefined) return undefined;
  const variant = VARIANTS[id === '5' ? 5 : 6];
  const rounds = given === undefined ? DEFAULT_ROUNDS : Math.max(LEAST_ROUNDS, Number(given));
  if (digest.length !== variant.letters || rounds > MOST_ROUNDS) return undefined;
  return {
    text,
    profile: `$${id}$${rounds}`,
    current: false,
    verify: async (password) =>
      sameText(digest, await shaCryptDigest(variant, rounds, Buffer.from(password), Buffer.from(salt))),
    decoy: () => read(`${head}${randomLetters(16)}$${randomLetters(variant.letters)}`) as StoredHash,
  };
}

/** Computes the digest. The steps are numbered as in the specification, "Unix crypt using SHA-256 and SHA-512". */
async function shaCryptDigest(
  { hash, bytes, groups }: Variant,
  rounds: number,
  password: Buffer,
  salt: Buffer,
): Promise<string> {
  const sha = (...parts: Uint8Array[]) => createHash(hash).update(Buffer.concat(parts)).digest();
  // Steps 1 to 12.
  const mixed = sha(password, salt, password);
  const first: Uint8Array[] = [password, salt, repeated(mixed, password.length, bytes)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? mixed : password);
  let digest = sha(...first);
  // Steps 13 to 20.
  const p = repeated(sha(...Array.from({ length: password.length }, () => password)), password.length, bytes);
  const s = repeated(sha(...Array.from({ length: 16 + (digest[0] as number) }, () => salt)), salt.length, bytes);
  // Step 21.
  const none = Buffer.alloc(0);
  await runRounds(rounds, (round) => {
    const odd = round % 2 === 1;
    digest = sha(odd ? p : digest, round % 3 === 0 ? none : s, round % 7 === 0 ? none : p, odd ? digest : p);
  });
  return crypt64(digest, groups);
}

/** Repeats the bytes of a digest up to a length. */
function repeated(digest: Buffer, length: number, bytes: number): Buffer {
  return Buffer.concat(
    Array.from({ length: Math.ceil(length / bytes) }, () => digest),
    length,
  );
}
