import { Controller, Delete, Get, Module } from '@nestjs/common';
import { apiKey, AuthModule, bearer, CurrentUser, Public, Roles, Schemes } from 'nestjs-http-auth';
import { findProgram, findUser, type User } from '../accounts.js';

@Public()
@Controller()
export class HealthController {
  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@Controller('articles')
export class ArticlesController {
  @Get()
  list(@CurrentUser() user: User) {
    return { author: user.name };
  }

  @Roles('admin')
  @Delete(':id')
  remove() {
    return { removed: true };
  }
}

@Schemes('ApiKey')
@Controller('jobs')
export class JobsController {
  @Get()
  list(@CurrentUser() user: User) {
    return { program: user.name };
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Articles',
      schemes: [
        bearer(({ token }) => findUser(token)),
        // Only for routes whose @Schemes() names it, as before.
        apiKey(({ token }) => findProgram(token), { optIn: true }),
      ],
    }),
  ],
  controllers: [HealthController, ArticlesController, JobsController],
})
export class AppModule {}
