import { Injectable } from '@nestjs/common';
import type { BearerCredentials, HttpAuthVerifier } from 'nestjs-http-auth';
import type { User } from '../users/user.js';
import { TokensService } from './tokens.service.js';

/** Judges the credentials of the Bearer scheme. A verifier that has nothing to wait for may answer at once. */
@Injectable()
export class TokenVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  constructor(private readonly tokens: TokensService) {}

  verify({ token }: BearerCredentials): User | null {
    return this.tokens.find(token);
  }
}
