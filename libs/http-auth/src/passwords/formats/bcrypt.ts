import { randomBytes } from 'node:crypto';
import { cannotLoad } from '../../common/library.js';
import type { HashFormat, StoredHash } from '../stored.hash.js';
import { encode } from './base64.js';

/** The lowest cost that OWASP recommends. */
export const BCRYPT_COST = 10;

/** bcrypt ignores all bytes of a password after these. */
export const BCRYPT_BYTES = 72;

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BCRYPT64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** bcrypt in the modular crypt format, with each prefix that correct implementations use. */
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
      const { verify } = await load();
      return verify(password, text);
    },
    decoy: () => read(`${head}${letters(16)}${letters(23)}`) as StoredHash,
  };
}

/** Returns random bytes in bcrypt's variant of base64. */
function letters(bytes: number): string {
  return encode(randomBytes(bytes)).replaceAll(/./g, (letter) => BCRYPT64[BASE64.indexOf(letter)] as string);
}

/** `hash()` of @node-rs/bcrypt 2. */
type Version2 = (password: string, options: { readonly cost: number }) => Promise<string>;

/** Hashes a password with a cost. It works with @node-rs/bcrypt 1, which takes a number, and 2, which takes an object. */
export async function hashBcrypt(password: string, cost: number): Promise<string> {
  const { hash } = await load();
  try {
    return await hash(password, cost);
  } catch (error) {
    // Version 2 documents this code for an argument of the wrong type. Nothing has been hashed yet.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_ARG_TYPE') throw error;
    return (hash as unknown as Version2)(password, { cost });
  }
}

/** Loads the package. In a \`try\` block, bundlers accept that it is not installed. */
async function load(): Promise<typeof import('@node-rs/bcrypt')> {
  try {
    return await import('@node-rs/bcrypt');
  } catch (error) {
    throw cannotLoad('@node-rs/bcrypt', error);
  }
}
