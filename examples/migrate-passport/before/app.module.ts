import { Controller, Get, HttpCode, Module, Post, Req, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { secret } from '../secret.js';
import { type User, UsersService } from '../users.service.js';
import { JwtAuthGuard, Public } from './jwt-auth.guard.js';
import { BasicStrategy, JwtStrategy, LocalStrategy } from './strategies.js';

@Controller()
export class AuthController {
  constructor(private readonly jwt: JwtService) {}

  @Public()
  @UseGuards(AuthGuard('local'))
  @HttpCode(200)
  @Post('login')
  login(@Req() { user }: { user: User }) {
    return { access_token: this.jwt.sign({ sub: user.name }) };
  }

  @Get('profile')
  profile(@Req() { user }: { user: User }) {
    return user;
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@Public()
@UseGuards(AuthGuard('basic'))
@Controller('reports')
export class ReportsController {
  @Get()
  list(@Req() { user }: { user: User }) {
    return { reader: user.name };
  }
}

export const jwtModule = JwtModule.register({ secret, signOptions: { expiresIn: '1h' } });

@Module({
  imports: [PassportModule, jwtModule],
  controllers: [AuthController, ReportsController],
  providers: [UsersService, LocalStrategy, BasicStrategy, JwtStrategy, { provide: APP_GUARD, useClass: JwtAuthGuard }],
})
export class AppModule {}
