import { Injectable } from '@nestjs/common';
import type { BasicCredentials, HttpAuthVerifier, HttpRequest } from 'nestjs-http-auth';
import { passwords } from 'nestjs-http-auth/passwords';
import type { User } from './user.js';
import { UsersService } from './users.service.js';

/** A hash of an unknown password with the same cost as the others, so that an unknown user takes as long as a known one. */
const decoy = '$2b$10$E8plf.qPEf.MHo/U8haZNuCeA0p5YVh3zeJFKJfQxbiq0I2NIBW4G';

/** Verifies the credentials of the Basic scheme. Nest creates it, so it may inject any provider. */
@Injectable()
export class PasswordVerifier implements HttpAuthVerifier<BasicCredentials, User> {
  private readonly check = passwords((name) => this.users.find(name), { decoy });

  constructor(private readonly users: UsersService) {}

  /** Throws if the user is unknown or the password is wrong, and the guard responds with 401. Other errors cause a 500. */
  verify(credentials: BasicCredentials, request: HttpRequest): Promise<User> {
    return this.check(credentials, request);
  }
}
