import { createHash } from 'node:crypto';

/** Returns a digest that is the same in all processes, for keys of a shared store. It hides names and keeps keys short. */
export function sharedDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
