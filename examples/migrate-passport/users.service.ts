import { Injectable } from '@nestjs/common';
import { verify } from '@node-rs/bcrypt';

export interface User {
  readonly name: string;
}

const hashes = new Map([
  ['alice', '$2b$10$AKnbxYxXzhhkaMuyHtX0iup/vOUshGe7siAElO9nx6jk6H5O.C4Gq'],
  ['bob', '$2b$10$HV3CoRbML/p5KsQ.UsLmU.rF8frvFzit/uxUXoBlu1l8qa0271G4.'],
]);

/** The hash of an unknown password, so that an unknown user takes as long as a known user. */
const decoy = '$2b$10$E8plf.qPEf.MHo/U8haZNuCeA0p5YVh3zeJFKJfQxbiq0I2NIBW4G';

@Injectable()
export class UsersService {
  async validate(username: string, password: string): Promise<User | null> {
    const right = await verify(password, hashes.get(username) ?? decoy);
    return right && hashes.has(username) ? { name: username } : null;
  }
}
