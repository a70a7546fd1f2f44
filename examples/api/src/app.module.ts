import { Controller, type DynamicModule, Get, Module, Post } from '@nestjs/common';
import { apiKey, type AuthInfo, AuthModule, bearer, CurrentAuth, CurrentUser, Scopes } from 'nestjs-http-auth';
import { jwt, type JwtClaims, type JwtIssuer } from 'nestjs-http-auth/jwt';
import { type Client, Keys } from './keys.js';

@Controller()
class OrdersController {
  private readonly orders = ['coffee'];

  @Get('me')
  me(@CurrentUser() { name }: Client, @CurrentAuth() { scheme }: AuthInfo) {
    return { name, scheme };
  }

  @Scopes('orders:read')
  @Get('orders')
  list() {
    return this.orders;
  }

  @Scopes('orders:write')
  @Post('orders')
  add() {
    return this.orders.push('tea');
  }
}

/** Returns the person whom a JWT names. */
const principal = ({ sub }: JwtClaims): Client | null => (sub === undefined ? null : { name: sub });

/** People send a JWT of the issuer, and programs send a key. Both have scopes. */
@Module({})
export class AppModule {
  static forIssuer(issuer: JwtIssuer): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({ realm: 'Orders', schemes: [bearer(jwt({ ...issuer, principal })), apiKey(Keys)] }),
      ],
      controllers: [OrdersController],
      providers: [Keys],
    };
  }
}
