import { Controller, type DynamicModule, Get, Module, Post } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, Scopes } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';

@Controller()
export class ReportsController {
  @Get('me')
  me(@CurrentUser('sub') sub: string) {
    return { sub };
  }

  @Scopes('reports:write')
  @Post('reports')
  add() {
    return { added: true };
  }
}

@Module({ controllers: [ReportsController] })
export class AppModule {
  static forIssuer(issuer: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          schemes: [bearer(jwt({ issuer, audience: 'https://api.example' }))],
        }),
      ],
    };
  }
}
