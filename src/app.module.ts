import { Module } from '@nestjs/common';
import { AuthModule, basic, bearer } from 'nestjs-http-auth';
import { AdminController } from './admin.controller.js';
import { FilesModule } from './files/files.module.js';
import { HealthController } from './health.controller.js';
import { PageController } from './page/page.controller.js';
import { ReportsController } from './reports.controller.js';
import { TokenVerifier } from './tokens/token.verifier.js';
import { TokensModule } from './tokens/tokens.module.js';
import { PasswordVerifier } from './users/password.verifier.js';
import { UsersModule } from './users/users.module.js';
import { VisitorController } from './visitor.controller.js';

@Module({
  imports: [
    UsersModule,
    TokensModule,
    // This closes every route. Open routes have a decorator.
    AuthModule.forRoot({
      realm: 'Access to staging site',
      // The order of the challenges. Clients that read only the first one are programs, so Bearer is first.
      schemes: [bearer(TokenVerifier), basic(PasswordVerifier)],
    }),
    FilesModule,
  ],
  controllers: [PageController, HealthController, VisitorController, AdminController, ReportsController],
})
export class AppModule {}
