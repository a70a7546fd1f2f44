import { cannotLoad } from '../../common/library.js';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { decode, randomLike } from './base64.js';

/** The parameters that OWASP recommends, its first choice first: memory in KiB and passes. */
const OWASP = [
  { m: 19_456, t: 2 },
  { m: 47_104, t: 1 },
  { m: 12_288, t: 3 },
  { m: 9_216, t: 4 },
  { m: 7_168, t: 5 },
] as const;

/** 4 GiB in KiB. A hash that needs more would fail at the first request; this way, it fails at startup. */
const MAXIMUM_MEMORY = 2 ** 22;

/** Argon2id (RFC 9106) in the PHC string format. */
export const argon2: HashFormat = {
  name: 'an argon2id hash',
  prefix: /^\$argon2id\$/,
  library: '@node-rs/argon2',
  read,
};

function read(text: string): StoredHash | undefined {
  const [, head = '', m, t, p, salt = '', digest = ''] =
    /^(\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$)([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,172})$/.exec(
      text,
    ) ?? [];
  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)];
  if (decode(salt) === undefined || decode(digest) === undefined) return undefined;
  if (!(lanes >= 1 && lanes <= 255 && passes >= 1 && memory >= 8 * lanes && memory <= MAXIMUM_MEMORY)) return undefined;
  return {
    text,
    profile: head,
    current: OWASP.some((least) => memory >= least.m && passes >= least.t),
    verify: async (password) => {
      const { verify } = await load();
      return verify(text, password);
    },
    decoy: () => read(`${head}${randomLike(salt)}$${randomLike(digest)}`) as StoredHash,
  };
}

/** Hashes a password with OWASP's first choice of parameters. */
export async function hashArgon2(password: string): Promise<string> {
  const { hash } = await load();
  const [{ m, t }] = OWASP;
  return hash(password, { memoryCost: m, timeCost: t, parallelism: 1 });
}

/** Loads the package. In a \`try\` block, bundlers accept that it is not installed. */
async function load(): Promise<typeof import('@node-rs/argon2')> {
  try {
    return await import('@node-rs/argon2');
  } catch (error) {
    throw cannotLoad('@node-rs/argon2', error);
  }
}
