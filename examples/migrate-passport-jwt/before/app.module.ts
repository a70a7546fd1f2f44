import { Controller, type DynamicModule, Get, Inject, Injectable, Module, Req, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { type Claims, findUser, type Settings, SETTINGS, type User } from '../settings.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(@Inject(SETTINGS) { issuer, audience, publicKey }: Settings) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: publicKey,
      algorithms: ['RS256'],
      issuer,
      audience,
    });
  }

  validate(claims: Claims) {
    return findUser(claims);
  }
}

@UseGuards(AuthGuard('jwt'))
@Controller('me')
export class UserController {
  @Get()
  me(@Req() { user }: { user: User }) {
    return user;
  }
}

@Module({})
export class AppModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      controllers: [UserController],
      providers: [JwtStrategy, { provide: SETTINGS, useValue: settings }],
    };
  }
}
