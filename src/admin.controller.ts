import { Controller, Get } from '@nestjs/common';
import { type AuthInfo, CurrentAuth, CurrentUser, Realm, Schemes } from 'nestjs-http-auth';
import type { User } from './users/user.js';

/** A second protection space, for people: it accepts passwords only. */
@Realm('Administration')
@Schemes('basic')
@Controller('admin')
export class AdminController {
  @Get()
  admin(@CurrentUser() { name }: User, @CurrentAuth() { scheme, realm }: AuthInfo) {
    return { user: name, scheme, realm };
  }
}
