import { Body, Controller, Get, HttpCode, Module, Post, UnauthorizedException } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthModule, basic, bearer, CurrentUser, Public, Schemes } from 'nestjs-http-auth';
import { secret } from '../secret.js';
import { type User, UsersService } from '../users.service.js';
import { PasswordVerifier, TokenVerifier } from './verifiers.js';

@Controller()
export class AuthController {
  constructor(
    private readonly jwt: JwtService,
    private readonly users: UsersService,
  ) {}

  @Public()
  @HttpCode(200)
  @Post('login')
  async login(@Body() { username = '', password = '' }: { username?: string; password?: string } = {}) {
    const user = await this.users.validate(username, password);
    if (user === null) throw new UnauthorizedException();
    return { access_token: this.jwt.sign({ sub: user.name }) };
  }

  @Get('profile')
  profile(@CurrentUser() user: User) {
    return user;
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@Schemes('basic')
@Controller('reports')
export class ReportsController {
  @Get()
  list(@CurrentUser() user: User) {
    return { reader: user.name };
  }
}

@Module({
  imports: [
    JwtModule.register({ secret, signOptions: { expiresIn: '1h' } }),
    AuthModule.forRoot({
      realm: 'Reports',
      // Passwords are only for routes whose @Schemes() names them, as before.
      schemes: [bearer(TokenVerifier), basic(PasswordVerifier, { optIn: true })],
    }),
  ],
  controllers: [AuthController, ReportsController],
  providers: [UsersService, PasswordVerifier, TokenVerifier],
})
export class AppModule {}
