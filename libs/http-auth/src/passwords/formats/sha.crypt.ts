import { createHash } from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { crypt64, randomLetters, sameText } from './crypt64.js';
import { inTurns } from './turns.js';

const DEFAULT_ROUNDS = 5000;
const LEAST_ROUNDS = 1000;

/** Some seconds of work. The specification allows a thousand times as much, which no request can wait for. */
const MOST_ROUNDS = 1_000_000;

/** What SHA-256 and SHA-512 differ in: the length of the digest in octets and in letters, and the order of its octets. */
const VARIANTS = {
  5: { hash: 'sha256', octets: 32, letters: 43, groups: [...triples(10, (a, b, c) => [c, a, b]), [31, 30]] },
  6: { hash: 'sha512', octets: 64, letters: 86, groups: [...triples(21, (a, b, c) => [b, c, a]), [63]] },
} as const;

type Variant = (typeof VARIANTS)[5 | 6];

/** The order of the octets, in which each group of three is the one before, turned and each one higher. */
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

/** Ulrich Drepper's SHA-crypt, as glibc, Apache's `htpasswd -2` and `-5`, and `openssl passwd` write it. */
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

/** The steps are those of the specification, "Unix crypt using SHA-256 and SHA-512". */
async function shaCryptDigest(
  { hash, octets, groups }: Variant,
  rounds: number,
  password: Buffer,
  salt: Buffer,
): Promise<string> {
  const sha = (...parts: Uint8Array[]) => createHash(hash).update(Buffer.concat(parts)).digest();
  // Steps 1 to 12. A password as long as the digest takes all of it, and not none.
  const mixed = sha(password, salt, password);
  const first: Uint8Array[] = [password, salt, repeated(mixed, password.length, octets)];
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? mixed : password);
  let digest = sha(...first);
  // Steps 13 to 20.
  const p = repeated(sha(...Array.from({ length: password.length }, () => password)), password.length, octets);
  const s = repeated(sha(...Array.from({ length: 16 + (digest[0] as number) }, () => salt)), salt.length, octets);
  // Step 21.
  const none = Buffer.alloc(0);
  await inTurns(rounds, (round) => {
    const odd = round % 2 === 1;
    digest = sha(odd ? p : digest, round % 3 === 0 ? none : s, round % 7 === 0 ? none : p, odd ? digest : p);
  });
  return crypt64(digest, groups);
}

/** As many octets of a digest, over and over. */
function repeated(digest: Buffer, length: number, octets: number): Buffer {
  return Buffer.concat(
    Array.from({ length: Math.ceil(length / octets) }, () => digest),
    length,
  );
}
