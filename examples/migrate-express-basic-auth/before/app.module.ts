import { Controller, Get, type INestApplication, Module, Req } from '@nestjs/common';
import basicAuth from 'express-basic-auth';

@Controller()
export class AppController {
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  @Get('admin')
  admin(@Req() { auth }: { auth: { user: string } }) {
    return { user: auth.user };
  }

  @Get('admin/users')
  users() {
    return ['alice'];
  }
}

@Module({ controllers: [AppController] })
export class AppModule {}

export function configure(app: INestApplication): void {
  app.use('/admin', basicAuth({ users: { alice: 'wonder:land' }, challenge: true, realm: 'Administration' }));
}
