import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { findUser, type Settings, type User } from '../settings.js';

@Controller('me')
class UserController {
  @Get()
  me(@CurrentUser() user: User) {
    return user;
  }
}

@Module({})
export class AppModule {
  static with({ issuer, audience, publicKey }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Users',
          schemes: [bearer(jwt({ issuer, audience, key: publicKey, algorithms: ['RS256'], principal: findUser }))],
        }),
      ],
      controllers: [UserController],
    };
  }
}
