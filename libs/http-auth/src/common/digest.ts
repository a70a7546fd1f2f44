import crypto, { randomBytes } from 'node:crypto';

/** The key of this process. It prevents guesses against a digest that leaks from memory. */
const KEY = randomBytes(32).toString('base64');

/** `crypto.hash()` takes one call instead of three; Bun and Deno may lack it. */
const sha256: (data: string | Buffer) => string =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha256', data, 'base64url')
    : (data) => crypto.createHash('sha256').update(data).digest('base64url');

/**
 * Returns a keyed SHA-256 digest of some strings, for keys of caches and counters that must not contain credentials. The
 * length of each string precedes it, so two different lists never have the same digest. A digest is valid in this process only.
 */
export function keyedDigest(...parts: readonly string[]): string {
  const text = parts.reduce((joined, part) => `${joined}${part.length}:${part}`, KEY);
  // UTF-8 encodes all lone surrogates as the same bytes, so strings with them need another encoding. The two never collide,
  // because the key differs in them.
  return sha256(text.isWellFormed() ? text : Buffer.from(text, 'utf16le'));
}

/** Returns a digest that is the same in all processes, for keys of a shared store. It hides names and keeps keys short. */
export function sharedDigest(text: string): string {
  return sha256(text);
}
