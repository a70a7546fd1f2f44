import { Injectable } from '@nestjs/common';
import { verify } from '@node-rs/bcrypt';
import type { User } from './user.js';

/**
 * The users and the bcrypt hashes of their passwords, at cost 10: Basic sends the password with every request, so each
 * request pays for one. It is a Map, and not an object, which would have a `constructor` among its users.
 */
const passwordHashes = new Map([
  ['alice', '$2b$10$AKnbxYxXzhhkaMuyHtX0iup/vOUshGe7siAElO9nx6jk6H5O.C4Gq'],
  ['bob', '$2b$10$HV3CoRbML/p5KsQ.UsLmU.rF8frvFzit/uxUXoBlu1l8qa0271G4.'],
]);

/** Stands in for the hash of a user who does not exist. It has the cost of the others, and a password nobody knows. */
const decoyHash = '$2b$10$E8plf.qPEf.MHo/U8haZNuCeA0p5YVh3zeJFKJfQxbiq0I2NIBW4G';

/** The users of the application. Yours come from a database. */
@Injectable()
export class UsersService {
  /** The user of that name, if the password is theirs. */
  async findByPassword(name: string, password: string): Promise<User | null> {
    const passwordHash = passwordHashes.get(name);
    // An unknown user costs a hash as well: an answer that came sooner would tell which names exist.
    const matches = await verify(password, passwordHash ?? decoyHash);
    return matches && passwordHash !== undefined ? { name } : null;
  }
}
