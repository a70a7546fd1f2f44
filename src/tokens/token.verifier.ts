import { Injectable } from '@nestjs/common';
import type { BearerCredentials, HttpAuthVerifier, HttpRequest } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { tokens } from 'nestjs-http-auth/tokens';
import { readEnvironment } from '../environment.js';
import type { User } from '../users/user.js';
import { TokensService } from './tokens.service.js';

/** `header.payload.signature`: the application's own tokens have no dot. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Verifies the credentials of the Bearer scheme: the application's own tokens, and the JWTs of the issuer if the
 * environment names one.
 */
@Injectable()
export class TokenVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  private readonly own = tokens<User>((hash) => this.stored.find(hash));
  private readonly issued = jwtOf(readEnvironment(process.env).jwt);

  constructor(private readonly stored: TokensService) {}

  verify(credentials: BearerCredentials, request: HttpRequest) {
    return this.issued !== undefined && JWT.test(credentials.token)
      ? this.issued(credentials, request)
      : this.own(credentials, request);
  }
}

/** Returns the verifier of an issuer's tokens. The subject of a token is the name of the user. */
function jwtOf(options: { readonly issuer: string; readonly audience: string } | undefined) {
  return (
    options && jwt({ ...options, principal: ({ sub }): User | null => (sub === undefined ? null : { name: sub }) })
  );
}
