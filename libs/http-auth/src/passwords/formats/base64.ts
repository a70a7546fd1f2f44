import { randomBytes } from 'node:crypto';

/** Base64 without padding, as PHC strings have it. */
export function encode(octets: Buffer): string {
  return octets.toString('base64').replaceAll('=', '');
}

/** The octets, or `undefined` where the text is not the one that they are written as. */
export function decode(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64');
  return encode(octets) === text ? octets : undefined;
}

/** A text of random octets, as long as another text. */
export function likewise(text: string): string {
  return encode(randomBytes(Math.floor((text.length * 3) / 4)));
}
