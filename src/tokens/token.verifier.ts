import { Injectable } from '@nestjs/common';
import type { BearerCredentials, HttpAuthVerifier, HttpRequest } from 'nestjs-http-auth';
import { tokens } from 'nestjs-http-auth/tokens';
import type { User } from '../users/user.js';
import { TokensService } from './tokens.service.js';

/** Judges the credentials of the Bearer scheme. A verifier that has nothing to wait for answers at once. */
@Injectable()
export class TokenVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  private readonly judge = tokens<User>((hash) => this.stored.find(hash));

  constructor(private readonly stored: TokensService) {}

  verify(credentials: BearerCredentials, request: HttpRequest) {
    return this.judge(credentials, request);
  }
}
