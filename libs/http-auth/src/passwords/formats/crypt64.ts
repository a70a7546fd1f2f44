import { randomInt, timingSafeEqual } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Octets as crypt(3) writes them: groups of three, named by their places from the highest, six bits a letter from the lowest. */
export function crypt64(octets: Uint8Array, groups: readonly (readonly number[])[]): string {
  return groups
    .map((places) => {
      const value = places.reduce((sum, place) => sum * 256 + (octets[place] as number), 0);
      const letters = Math.ceil((places.length * 8) / 6);
      return Array.from({ length: letters }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join('');
    })
    .join('');
}

/** Random letters of that alphabet. */
export function randomLetters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET[randomInt(64)]).join('');
}

/** Whether two texts are the same, in a time that says nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
