import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { AuthModule, basic, CurrentUser, protect } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';

@Controller()
export class AppController {
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  @Get('admin')
  admin(@CurrentUser('name') user: string) {
    return { user };
  }

  @Get('admin/users')
  users() {
    return ['alice'];
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Administration',
      schemes: [basic(users({ alice: '$2b$10$AKnbxYxXzhhkaMuyHtX0iup/vOUshGe7siAElO9nx6jk6H5O.C4Gq' }))],
      globalGuard: false,
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}

export function configure(app: INestApplication): void {
  protect(app, '/admin');
}
