import { fileURLToPath } from 'node:url';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { ServeStaticModule } from '@nestjs/serve-static';
import { AuthModule, basic, CurrentUser, protect, Public } from 'nestjs-http-auth';
import { htpasswd } from 'nestjs-http-auth/passwords';

const root = new URL('..', import.meta.url);

@Controller()
class AppController {
  @Get('me')
  me(@CurrentUser('name') name: string) {
    return { name };
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Staging',
      schemes: [basic(htpasswd(fileURLToPath(new URL('users.htpasswd', root))))],
    }),
    ServeStaticModule.forRootAsync({ useFactory: () => [{ rootPath: fileURLToPath(new URL('public', root)) }] }),
  ],
  controllers: [AppController],
})
export class AppModule {}

/** Closes everything that the server serves, also the static files. Only the load balancer's check stays open. */
export function buildWall(app: INestApplication): void {
  protect(app, { except: ['/health'] });
}
