import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AuthModule, basic, bearer, CurrentUser, HttpAuthGuard, Schemes } from 'nestjs-http-auth';
import { PasswordVerifier, TokenVerifier } from '../after/verifiers.js';
import { AuthController, jwtModule } from '../before/app.module.js';
import { JwtAuthGuard, Public } from '../before/jwt-auth.guard.js';
import { JwtStrategy, LocalStrategy } from '../before/strategies.js';
import { type User, UsersService } from '../users.service.js';

// The old global guard leaves the route alone, and the new guard checks it.
@Public()
@UseGuards(HttpAuthGuard)
@Schemes('basic')
@Controller('reports')
class ReportsController {
  @Get()
  list(@CurrentUser() user: User) {
    return { reader: user.name };
  }
}

/** The reports have moved. The rest still uses Passport. */
@Module({
  imports: [
    PassportModule,
    jwtModule,
    AuthModule.forRoot({
      realm: 'Reports',
      schemes: [bearer(TokenVerifier), basic(PasswordVerifier, { optIn: true })],
      globalGuard: false,
    }),
  ],
  controllers: [AuthController, ReportsController],
  providers: [
    UsersService,
    PasswordVerifier,
    TokenVerifier,
    LocalStrategy,
    JwtStrategy,
    { provide: APP_GUARD, useClass: JwtAuthGuard },
  ],
})
export class AppModule {}
