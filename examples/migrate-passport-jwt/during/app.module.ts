import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { AuthModule, bearerChallenge, CurrentUser, passportStrategy } from 'nestjs-http-auth';
import { JwtStrategy } from '../before/app.module.js';
import { type Settings, SETTINGS, type User } from '../settings.js';

@Controller('me')
class UserController {
  @Get()
  me(@CurrentUser() user: User) {
    return user;
  }
}

/** The guard is new, and the strategy is old. */
@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Users',
          schemes: [passportStrategy(JwtStrategy, { scheme: 'Bearer', challenge: bearerChallenge })],
        }),
      ],
      controllers: [UserController],
      providers: [JwtStrategy, { provide: SETTINGS, useValue: settings }],
    };
  }
}
