import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { apiKey, AuthModule, bearer, CurrentUser, HttpAuthGuard, Schemes } from 'nestjs-http-auth';
import { findProgram, findUser, type User } from '../accounts.js';
import { ArticlesController, HealthController } from '../before/app.module.js';

@UseGuards(HttpAuthGuard)
@Schemes('ApiKey')
@Controller('jobs')
class JobsController {
  @Get()
  list(@CurrentUser() user: User) {
    return { program: user.name };
  }
}

/** The jobs have moved. The articles still have their own guards. */
@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Articles',
      schemes: [bearer(({ token }) => findUser(token)), apiKey(({ token }) => findProgram(token), { optIn: true })],
      globalGuard: false,
    }),
  ],
  controllers: [HealthController, ArticlesController, JobsController],
})
export class AppModule {}
