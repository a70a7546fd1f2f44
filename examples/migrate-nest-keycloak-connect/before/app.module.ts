import { Controller, Delete, type DynamicModule, Get, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AuthenticatedUser,
  AuthGuard,
  KeycloakConnectModule,
  Public,
  RoleGuard,
  Roles,
  TokenValidation,
} from 'nest-keycloak-connect';

@Controller('reports')
export class ReportsController {
  @Get()
  list(@AuthenticatedUser() user: { preferred_username: string }) {
    return { reader: user.preferred_username };
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  @Roles({ roles: ['realm:admin'] })
  @Delete()
  remove() {
    return { removed: true };
  }
}

@Controller('account')
export class AccountController {
  @Get()
  show(@AuthenticatedUser() user: { preferred_username: string }) {
    return { name: user.preferred_username };
  }
}

@Module({})
export class AppModule {
  static forServer(authServerUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        KeycloakConnectModule.register({
          authServerUrl,
          realm: 'staff',
          clientId: 'reports',
          secret: '',
          tokenValidation: TokenValidation.OFFLINE,
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
