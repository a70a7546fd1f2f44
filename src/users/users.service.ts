import { Injectable } from '@nestjs/common';
import type { StoredUser } from 'nestjs-http-auth/passwords';
import type { User } from './user.js';

/**
 * The users and the bcrypt hashes of their passwords, which `npx nestjs-http-auth hash --algorithm bcrypt` creates. It is
 * a Map, because a plain object would have a user `constructor`.
 */
const passwordHashes = new Map([
  ['alice', '$2b$10$AKnbxYxXzhhkaMuyHtX0iup/vOUshGe7siAElO9nx6jk6H5O.C4Gq'],
  ['bob', '$2b$10$HV3CoRbML/p5KsQ.UsLmU.rF8frvFzit/uxUXoBlu1l8qa0271G4.'],
]);

/** The users of the application. Yours come from a database. */
@Injectable()
export class UsersService {
  /** Returns the user with that name and the hash of the password, or `null`. */
  find(name: string): StoredUser<User> | null {
    const hash = passwordHashes.get(name);
    return hash === undefined ? null : { hash, principal: { name } };
  }
}
