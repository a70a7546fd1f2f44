import { Controller, Delete, type DynamicModule, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AuthGuard,
  KeycloakConnectModule,
  Public as OldPublic,
  RoleGuard,
  TokenValidation,
} from 'nest-keycloak-connect';
import { AuthModule, bearer, CurrentUser, HttpAuthGuard, Public, Roles } from 'nestjs-http-auth';
import { jwt, keycloak } from 'nestjs-http-auth/jwt';
import { AccountController } from '../before/app.module.js';

// The old global guard leaves these routes alone, and the new guard checks them.
@OldPublic()
@UseGuards(HttpAuthGuard)
@Controller('reports')
class ReportsController {
  @Get()
  list(@CurrentUser('preferred_username') reader: string) {
    return { reader };
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  @Roles('admin')
  @Delete()
  remove() {
    return { removed: true };
  }
}

/** The reports have moved. The account still has the old guards. */
@Module({})
export class AppModule {
  static forServer(url: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        KeycloakConnectModule.register({
          authServerUrl: url,
          realm: 'staff',
          clientId: 'reports',
          secret: '',
          tokenValidation: TokenValidation.OFFLINE,
        }),
        AuthModule.forRoot({
          realm: 'Reports',
          schemes: [
            bearer(jwt({ ...keycloak({ url, realm: 'staff', audience: 'reports' }), roles: 'realm_access.roles' })),
          ],
          globalGuard: false,
        }),
      ],
      controllers: [ReportsController, AccountController],
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RoleGuard },
      ],
    };
  }
}
