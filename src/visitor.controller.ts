import { Controller, Get } from '@nestjs/common';
import { type AuthInfo, CurrentAuth, CurrentUser, OptionalAuth } from 'nestjs-http-auth';
import type { User } from './users/user.js';

/** Two routes that return the name of the user. */
@Controller()
export class VisitorController {
  /** Without a decorator, the route requires credentials and accepts every scheme of the module. */
  @Get('me')
  me(@CurrentUser() { name }: User, @CurrentAuth() { scheme, realm }: AuthInfo) {
    return { user: name, scheme, realm };
  }

  /** Accepts requests without credentials, but credentials that a request has must be valid. */
  @OptionalAuth()
  @Get('greeting')
  greeting(@CurrentUser<User>('name') name = 'stranger') {
    return { hello: name };
  }
}
