import { Controller, Delete, type DynamicModule, Get, Module } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, Public, Roles } from 'nestjs-http-auth';
import { jwt, keycloak } from 'nestjs-http-auth/jwt';

@Controller('reports')
export class ReportsController {
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

@Controller('account')
export class AccountController {
  @Get()
  show(@CurrentUser('preferred_username') name: string) {
    return { name };
  }
}

@Module({})
export class AppModule {
  static forServer(url: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          schemes: [
            bearer(jwt({ ...keycloak({ url, realm: 'staff', audience: 'reports' }), roles: 'realm_access.roles' })),
          ],
        }),
      ],
      controllers: [ReportsController, AccountController],
    };
  }
}
