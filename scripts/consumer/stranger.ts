// An application with unusual code: a catch-all filter, global or on a route, responses and
// middleware that send a 401 themselves, and the guard of @nestjs/passport. `ADAPTER` and `FILTER` in the environment
// choose the adapter and the filter.

import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  Res,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, basic, Public } from 'nestjs-http-auth';
import { ExtractJwt, Strategy } from 'passport-jwt';

interface AnyResponse {
  status(code: number): { send(body: string): void };
}

@Catch()
class CatchAllFilter {
  catch(exception: unknown, host: ArgumentsHost) {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    host.switchToHttp().getResponse<AnyResponse>().status(status).send('caught');
  }
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: 'a secret of the stranger' });
  }
  validate(payload: unknown) {
    return payload;
  }
}

@Controller()
class StrangerController {
  @Get('closed') closed() {
    return 'in';
  }
  @UseFilters(CatchAllFilter) @Get('filtered') filtered() {
    return 'in';
  }
  @Public() @Get('thrown') thrown() {
    throw new UnauthorizedException();
  }
  @Public() @Get('res') res(@Res() response: AnyResponse) {
    response.status(401).send('no');
  }
  @Public() @UseGuards(AuthGuard('jwt')) @Get('jwt') jwt() {
    return 'in';
  }
  @Public() @Get('forbidden') forbidden() {
    throw new HttpException('no', 403);
  }
  @Public() @Get('broken') broken() {
    throw new Error('no');
  }
  @Public() @Get('open') open() {
    return 'in';
  }
}

@Module({
  imports: [
    AuthModule.forRoot({ realm: 'Strange', schemes: [basic(({ password }) => password === 'p:w' && 'alice')] }),
  ],
  controllers: [StrangerController],
  providers: [
    JwtStrategy,
    ...(process.env.FILTER === 'global' ? [{ provide: APP_FILTER, useClass: CatchAllFilter }] : []),
  ],
})
class StrangerModule {}

const app: INestApplication =
  process.env.ADAPTER === 'fastify'
    ? await NestFactory.create(StrangerModule, new FastifyAdapter())
    : await NestFactory.create(StrangerModule);
app.use('/middleware', (_request: unknown, response: import('node:http').ServerResponse) => {
  response.writeHead(401).end('no');
});
await app.listen(process.env.PORT ?? 3000);
