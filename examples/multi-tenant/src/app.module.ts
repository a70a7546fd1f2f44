import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { type AuthInfo, AuthModule, bearer, CurrentAuth, CurrentUser, type HttpRequest } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import type { Tenants } from './tenants.js';

@Controller()
class AppController {
  @Get('me')
  me(@CurrentUser('sub') sub: string, @CurrentAuth() { realm }: AuthInfo) {
    return { sub, tenant: realm };
  }
}

/** Each host has its realm and its issuer, so a token of one tenant is refused by another. */
@Module({})
export class AppModule {
  static forTenants(tenants: Tenants): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({
          realm: async ({ headers }: HttpRequest) => (await tenants.find(headers.host))?.name ?? 'Unknown tenant',
          schemes: [
            bearer(
              jwt({
                issuers: async ({ headers }: HttpRequest) => {
                  const tenant = await tenants.find(headers.host);
                  return tenant === undefined ? [] : [tenant.issuer];
                },
              }),
            ),
          ],
        }),
      ],
      controllers: [AppController],
    };
  }
}
