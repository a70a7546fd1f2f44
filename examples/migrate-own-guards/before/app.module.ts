import { Controller, Delete, Get, Module, Req, UseGuards } from '@nestjs/common';
import type { User } from '../accounts.js';
import { ApiKeyGuard, Roles, RolesGuard, TokenGuard } from './guards.js';

@Controller()
export class HealthController {
  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@UseGuards(TokenGuard, RolesGuard)
@Controller('articles')
export class ArticlesController {
  @Get()
  list(@Req() { user }: { user: User }) {
    return { author: user.name };
  }

  @Roles('admin')
  @Delete(':id')
  remove() {
    return { removed: true };
  }
}

@UseGuards(ApiKeyGuard)
@Controller('jobs')
export class JobsController {
  @Get()
  list(@Req() { user }: { user: User }) {
    return { program: user.name };
  }
}

@Module({ controllers: [HealthController, ArticlesController, JobsController] })
export class AppModule {}
