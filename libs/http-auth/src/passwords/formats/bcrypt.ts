import { randomBytes } from 'node:crypto';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { encode } from './base64.js';

/** OWASP's least cost. */
export const BCRYPT_COST = 10;

/** How many octets of a password bcrypt sees. */
export const BCRYPT_BYTES = 72;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BCRYPT64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** bcrypt in the modular crypt format, under each of the names that sound implementations give it. */
export const bcrypt: HashFormat = {
  name: 'a bcrypt hash',
  prefix: /^\$2/,
  library: '@node-rs/bcrypt',
  read,
};

function read(text: string): StoredHash | undefined {
  const [, head = '', digits] = /^(\$2[aby]\$(\d\d)\$)[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}$/.exec(text) ?? [];
  const cost = Number(digits);
  if (!(cost >= 4 && cost <= 31)) return undefined;
  return {
    text,
    profile: `$2$${cost}`,
    current: cost >= BCRYPT_COST,
    verify: async (password) => {
      const { verify } = await import('@node-rs/bcrypt');
      return verify(password, text);
    },
    decoy: () => read(`${head}${letters(16)}${letters(23)}`) as StoredHash,
  };
}

/** Random octets in bcrypt's own base64. */
function letters(octets: number): string {
  return encode(randomBytes(octets)).replaceAll(/./g, (letter) => BCRYPT64[BASE64.indexOf(letter)] as string);
}

/** A new hash of that cost. */
export async function hashBcrypt(password: string, cost: number): Promise<string> {
  const { hash } = await import('@node-rs/bcrypt');
  return hash(password, cost);
}
