import { Injectable } from '@nestjs/common';
import type { StoredToken } from 'nestjs-http-auth/tokens';
import type { User } from '../users/user.js';

/**
 * The tokens by their hashes, so that a copy of this table contains no usable token. `npx nestjs-http-auth token` creates
 * both. A real token is random, and too long to be guessed. These two are only easy to type.
 */
const stored: readonly StoredToken<User>[] = [
  {
    hash: 'ba5005a40cf5212e4ac0190104cc127edab013294bb71279a975b27a80982d45',
    principal: { name: 'alice' },
    scopes: ['reports:read'],
  },
  {
    hash: '3590c0a59f72ce02700194a05f228a725c1f135a6dcb3ded9b2d86ab6a6f52cb',
    principal: { name: 'bob' },
    scopes: ['reports:read', 'reports:write'],
  },
];

const byHash = new Map(stored.map((token) => [token.hash, token]));

/** The access tokens of the application. Yours come from a database, and expire. */
@Injectable()
export class TokensService {
  /** Returns the stored record of the token with that hash. */
  find(hash: string): StoredToken<User> | null {
    return byHash.get(hash) ?? null;
  }
}
