import { randomInt, timingSafeEqual } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Encodes bytes in the base64 of crypt(3). Each group lists the indexes of up to three bytes, the most significant first. Each
 * letter encodes six bits, the least significant first.
 */
export function crypt64(bytes: Uint8Array, groups: readonly (readonly number[])[]): string {
  return groups
    .map((indexes) => {
      const value = indexes.reduce((sum, index) => sum * 256 + (bytes[index] as number), 0);
      const letters = Math.ceil((indexes.length * 8) / 6);
      return Array.from({ length: letters }, (_, letter) => ALPHABET[(value >> (6 * letter)) & 63]).join('');
    })
    .join('');
}

/** Returns random letters of that alphabet. */
export function randomLetters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(64)]).join('');
}

/** Compares two strings in constant time. Only the lengths may leak. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
