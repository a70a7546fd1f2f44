import { Controller, Get } from '@nestjs/common';
import { type AuthInfo, CurrentAuth, CurrentUser, OptionalAuth } from 'nestjs-http-auth';
import type { User } from './users/user.js';

/** Tells visitors who they are. */
@Controller()
export class VisitorController {
  /** It has no decorator of ours, so it is closed, and every scheme of the module opens it. */
  @Get('me')
  me(@CurrentUser() { name }: User, @CurrentAuth() { scheme, realm }: AuthInfo) {
    return { user: name, scheme, realm };
  }

  /** Nobody has to say who they are, but credentials that do come must be good. */
  @OptionalAuth()
  @Get('greeting')
  greeting(@CurrentUser<User>('name') name = 'stranger') {
    return { hello: name };
  }
}
