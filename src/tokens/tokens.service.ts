import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { User } from '../users/user.js';

/**
 * The tokens by their SHA-256 digest, so that whoever reads this table has no token to present.
 *
 * A plain digest will do, where a password needs bcrypt, because a real token is random and too long to be guessed: make
 * yours with `randomBytes(32)`. These two are only easy to type.
 */
const usersByDigest = new Map<string, User>([
  ['ba5005a40cf5212e4ac0190104cc127edab013294bb71279a975b27a80982d45', { name: 'alice', scopes: ['reports:read'] }],
  [
    '3590c0a59f72ce02700194a05f228a725c1f135a6dcb3ded9b2d86ab6a6f52cb',
    { name: 'bob', scopes: ['reports:read', 'reports:write'] },
  ],
]);

/** The access tokens of the application. Yours come from a database, and expire. */
@Injectable()
export class TokensService {
  /**
   * The user whom a token was issued to, with its scopes.
   *
   * What is looked up is the digest of what was presented. A lookup takes longer the more of the key is right, but nobody
   * can send the beginning of a digest and try to extend it.
   */
  find(token: string): User | null {
    const digest = createHash('sha256').update(token).digest('hex');
    return usersByDigest.get(digest) ?? null;
  }
}
