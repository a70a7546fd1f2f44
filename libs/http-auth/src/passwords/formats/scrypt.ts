import crypto from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { decode, encode, randomLike } from './base64.js';

interface Parameters {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** The parameters that OWASP recommends, its first choice first. */
const OWASP = [
  { ln: 17, r: 8, p: 1 },
  { ln: 16, r: 8, p: 2 },
  { ln: 15, r: 8, p: 3 },
  { ln: 14, r: 8, p: 5 },
  { ln: 13, r: 8, p: 10 },
] as const satisfies readonly Parameters[];

/** 2 GiB. A hash that needs more would fail at the first request; this way, it fails at startup. */
const MAXIMUM_MEMORY = 2 ** 31;

/** scrypt (RFC 7914) in the PHC string format. */
export const scrypt: HashFormat = {
  name: 'a scrypt hash',
  prefix: /^\$scrypt\$/,
  read,
};

function read(text: string): StoredHash | undefined {
  const [, head = '', ln, r, p, salt64 = '', digest64 = ''] =
    /^(\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$)([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(text) ??
    [];
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p) };
  const [salt, digest] = [decode(salt64), decode(digest64)];
  if (salt === undefined || digest === undefined) return undefined;
  if (!(parameters.ln >= 1 && parameters.r >= 1 && parameters.p >= 1 && memoryOf(parameters) <= MAXIMUM_MEMORY)) {
    return undefined;
  }
  return {
    text,
    profile: head,
    current: OWASP.some((least) => parameters.ln >= least.ln && parameters.r >= least.r && parameters.p >= least.p),
    verify: async (password) => crypto.timingSafeEqual(digest, await derive(password, salt, digest.length, parameters)),
    decoy: () => read(`${head}${randomLike(salt64)}$${randomLike(digest64)}`) as StoredHash,
  };
}

/** Hashes a password with OWASP's first choice of parameters. */
export async function hashScrypt(password: string): Promise<string> {
  const [parameters] = OWASP;
  const salt = crypto.randomBytes(16);
  const digest = await derive(password, salt, 32, parameters);
  return `$scrypt$ln=${parameters.ln},r=${parameters.r},p=${parameters.p}$${encode(salt)}$${encode(digest)}`;
}

/** Returns the bytes of memory that scrypt needs, and a small reserve. */
function memoryOf({ ln, r, p }: Parameters): number {
  return 128 * r * (2 ** ln + p + 2);
}

function derive(password: string, salt: Buffer, length: number, parameters: Parameters): Promise<Buffer> {
  const options = { N: 2 ** parameters.ln, r: parameters.r, p: parameters.p, maxmem: memoryOf(parameters) };
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, length, options, (error, digest) => {
      if (error) reject(error);
      else resolve(digest);
    });
  });
}
