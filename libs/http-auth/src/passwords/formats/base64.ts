import { randomBytes } from 'node:crypto';

/** Encodes bytes in base64 without padding, as in PHC strings. */
export function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

/** Decodes base64 without padding. Returns `undefined` if the string is not the canonical encoding of its bytes. */
export function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return encode(bytes) === text ? bytes : undefined;
}

/** Returns random base64 for about as many bytes as another base64 string has. */
export function randomLike(text: string): string {
  return encode(randomBytes(Math.floor((text.length * 3) / 4)));
}
