import { crc32 } from 'node:zlib';

/** The digits in the order that GitHub uses. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Returns a number in base62, with leading zeros. */
export function base62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = DIGITS.charAt(Number(rest % 62n)) + digits;
  return digits;
}

/**
 * Returns the checksum of the random part of a token: CRC-32 as six digits of base62, as in the tokens of GitHub and npm. It does
 * not include the prefix, so that scanners which know the form of GitHub can check it. It is not a proof, because everyone can
 * compute it.
 *
 * @see https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
 */
export function checksumOf(secret: string): string {
  return base62(BigInt(crc32(secret)), 6);
}
