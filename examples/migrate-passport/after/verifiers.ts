import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { BasicCredentials, BearerCredentials, HttpAuthVerifier } from 'nestjs-http-auth';
import { type User, UsersService } from '../users.service.js';

@Injectable()
export class PasswordVerifier implements HttpAuthVerifier<BasicCredentials, User> {
  constructor(private readonly users: UsersService) {}

  verify({ username, password }: BasicCredentials) {
    return this.users.validate(username, password);
  }
}

@Injectable()
export class TokenVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  constructor(private readonly jwt: JwtService) {}

  async verify({ token }: BearerCredentials) {
    // The errors of jsonwebtoken refuse the token. It has no others.
    const claims = await this.jwt.verifyAsync<{ sub: string }>(token).catch(() => null);
    return claims && { name: claims.sub };
  }
}
