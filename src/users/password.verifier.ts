import { Injectable } from '@nestjs/common';
import type { BasicCredentials, HttpAuthVerifier } from 'nestjs-http-auth';
import type { User } from './user.js';
import { UsersService } from './users.service.js';

/** Judges the credentials of the Basic scheme. Nest makes it, so it may ask for any provider. */
@Injectable()
export class PasswordVerifier implements HttpAuthVerifier<BasicCredentials, User> {
  constructor(private readonly users: UsersService) {}

  /** Null refuses. An error that is thrown here is answered with a 500, since it says nothing about the password. */
  verify({ username, password }: BasicCredentials): Promise<User | null> {
    return this.users.findByPassword(username, password);
  }
}
