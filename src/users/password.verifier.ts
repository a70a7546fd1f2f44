import { Injectable } from '@nestjs/common';
import type { BasicCredentials, HttpAuthVerifier, HttpRequest } from 'nestjs-http-auth';
import { passwords } from 'nestjs-http-auth/passwords';
import type { User } from './user.js';
import { UsersService } from './users.service.js';

/** A hash with the cost of all the others, and a password nobody knows: an unknown user costs as much as a known one. */
const decoy = '$2b$10$E8plf.qPEf.MHo/U8haZNuCeA0p5YVh3zeJFKJfQxbiq0I2NIBW4G';

/** Judges the credentials of the Basic scheme. Nest makes it, so it may ask for any provider. */
@Injectable()
export class PasswordVerifier implements HttpAuthVerifier<BasicCredentials, User> {
  private readonly judge = passwords((name) => this.users.find(name), { decoy });

  constructor(private readonly users: UsersService) {}

  /** Null refuses. An error that is thrown here is answered with a 500, since it says nothing about the password. */
  verify(credentials: BasicCredentials, request: HttpRequest): User | null | Promise<User | null> {
    return this.judge(credentials, request);
  }
}
