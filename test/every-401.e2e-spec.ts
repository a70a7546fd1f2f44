import { describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  Controller,
  type ExecutionContext,
  Get,
  HttpCode,
  HttpException,
  type INestApplication,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type ModuleMetadata,
  Post,
  Query,
  Req,
  Res,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule, Failure, OptionalAuth, Public, Realm, Schemes } from 'nestjs-http-auth';
import { type Observable, throwError } from 'rxjs';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

/** The parts of Express's and Fastify's response that a handler of these tests uses. */
interface AnyResponse {
  status(code: number): { send(body?: string): unknown };
  header(name: string, value: string | string[]): AnyResponse;
  raw?: import('node:http').ServerResponse;
}

/** Node's own response, as `app.use()` middleware gets it on both adapters. */
type NodeResponse = import('node:http').ServerResponse;

@Injectable()
class RefusingGuard {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

@Injectable()
class RefusingPipe {
  transform() {
    throw new UnauthorizedException();
  }
}

@Injectable()
class RefusingInterceptor {
  intercept(_context: ExecutionContext, _next: CallHandler): Observable<unknown> {
    return throwError(() => new UnauthorizedException());
  }
}

@Public()
@Controller()
class RefusingController {
  @Get('thrown') thrown() {
    throw new UnauthorizedException('no');
  }
  @Get('http-exception') httpException() {
    throw new HttpException('no', 401);
  }
  @HttpCode(401) @Get('http-code') httpCode() {
    return 'no';
  }
  @Get('res') res(@Res() response: AnyResponse) {
    response.status(401).send('no');
  }
  @Get('raw') raw(@Res() response: AnyResponse & NodeResponse) {
    (response.raw ?? response).writeHead(401, 'No', { 'content-type': 'text/plain' }).end('no');
  }
  @Get('raw-array') rawArray(@Res() response: AnyResponse & NodeResponse) {
    (response.raw ?? response).writeHead(401, ['content-type', 'text/plain']).end('no');
  }
  @UseGuards(RefusingGuard) @Get('guard') guard() {}
  @UsePipes(RefusingPipe) @Get('pipe') pipe(@Query('q') _q: string) {}
  @UseInterceptors(RefusingInterceptor) @Get('interceptor') interceptor() {}
  @Get('proxied') proxied(@Res() response: AnyResponse) {
    response.header('www-authenticate', 'Digest realm="upstream", nonce="1"').status(401).send('no');
  }
  @Get('proxied-raw') proxiedRaw(@Res() response: AnyResponse & NodeResponse) {
    (response.raw ?? response).writeHead(401, { 'WWW-Authenticate': ['Digest realm="a"', 'Negotiate'] }).end();
  }
  @Get('status/:code') status(@Req() { params }: { params: { code: string } }) {
    throw new HttpException('other', Number(params.code));
  }
  @Post('created') created() {
    return 'created';
  }
}

/** A filter as in many applications: it handles every exception and sets no challenges. */
@Catch()
class CatchAllFilter {
  catch(exception: unknown, host: ArgumentsHost) {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    host.switchToHttp().getResponse<AnyResponse>().status(status).send('caught');
  }
}

@Public()
@UseFilters(CatchAllFilter)
@Controller('filtered')
class FilteredController extends RefusingController {}

@Public(false)
@UseFilters(CatchAllFilter)
@Controller('closed-and-filtered')
class ClosedAndFilteredController {
  @Get() closed() {}
}

const paths = ['thrown', 'http-exception', 'http-code', 'res', 'raw', 'raw-array', 'guard', 'pipe', 'interceptor'];

const filters: [string, Partial<ModuleMetadata>, (app: INestApplication) => unknown, string][] = [
  ['no exception filter', {}, () => undefined, ''],
  ['APP_FILTER', { providers: [{ provide: APP_FILTER, useClass: CatchAllFilter }] }, () => undefined, ''],
  ['useGlobalFilters()', {}, (app) => app.useGlobalFilters(new CatchAllFilter()), ''],
  ['@UseFilters()', {}, () => undefined, 'filtered/'],
];

describe.each(adapters)('A 401 on %s', (_name, adapter) => {
  describe.each(filters)('with %s', (_filter, metadata, prepare, prefix) => {
    const application = () =>
      start(
        adapter(),
        {
          imports: [AuthModule.forRoot(options)],
          controllers: [RefusingController, FilteredController, ClosedAndFilteredController],
          ...metadata,
        },
        prepare,
      );

    it.each(paths)('[H-4] has the challenges if it comes from %s', async (path) => {
      expect(await send(await application(), `/${prefix}${path}`)).toMatchObject({ status: 401, challenges });
    });

    it.each([
      ['proxied', ['Digest realm="upstream", nonce="1"']],
      ['proxied-raw', ['Digest realm="a"', 'Negotiate']],
    ])('[H-12] keeps the challenges that the handler has set: %s', async (path, own) => {
      expect(await send(await application(), `/${prefix}${path}`)).toMatchObject({ status: 401, challenges: own });
    });

    it.each([200, 400, 403, 404, 407, 418, 500, 503])(
      'is the only status with challenges: %d has none',
      async (code) => {
        expect(await send(await application(), `/${prefix}status/${code}`)).toMatchObject({
          status: code,
          challenges: [],
        });
      },
    );

    it('[H-4] has the challenges if HttpAuthGuard rejects the request', async () => {
      expect(await send(await application(), '/closed-and-filtered')).toMatchObject({ status: 401, challenges });
    });
  });

  it('has no challenges if a filter of the application changes its status', async () => {
    @Catch(UnauthorizedException)
    class TeapotFilter {
      catch(_exception: unknown, host: ArgumentsHost) {
        host.switchToHttp().getResponse<AnyResponse>().status(418).send('teapot');
      }
    }
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot(options)], controllers: [ClosedAndFilteredController, RefusingController] },
      (nest) => nest.useGlobalFilters(new TeapotFilter()),
    );
    expect(await send(app, '/thrown')).toMatchObject({ status: 418, challenges: [], body: 'teapot' });
  });

  it('has an exception whose cause is the failure, for the filters of the application', async () => {
    const causes: unknown[] = [];
    @Catch(HttpException)
    class SpyFilter {
      constructor(private readonly host: HttpAdapterHost) {}
      catch(exception: HttpException, host: ArgumentsHost) {
        causes.push(exception.cause);
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), 'x', exception.getStatus());
      }
    }
    @Controller()
    class ClosedController {
      @Get() closed() {}
    }
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot(options)],
      controllers: [ClosedController],
      providers: [{ provide: APP_FILTER, useClass: SpyFilter }],
    });
    await send(app, '/');
    await send(app, '/', { headers: { authorization: 'Basic !' } });
    await send(app, '/', { headers: basicAuthorization('alice', 'no') });
    await send(app, '/', { headers: { authorization: 'Bearer' } });
    await send(app, '/', { headers: { authorization: 'Negotiate' } });
    expect(causes).toEqual([
      new Failure('missing'),
      new Failure('malformed', 'Basic'),
      new Failure('invalid', 'Basic'),
      new Failure('malformed', 'Bearer', 400),
      new Failure('invalid', undefined, 401, {
        message: 'The route does not accept the scheme of the Authorization field',
      }),
    ]);
  });

  it('has the challenges if app.use() or Nest middleware sends it', async () => {
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [RefusingController] })
    class AppModule {
      configure(consumer: MiddlewareConsumer) {
        consumer
          .apply((_request: unknown, response: NodeResponse) => {
            response.writeHead(401).end('no');
          })
          .forRoutes('created');
      }
    }
    const app = await start(adapter(), { imports: [AppModule] }, (nest) => {
      nest.use('/use', (_request: unknown, response: NodeResponse) => {
        response.statusCode = 401;
        response.end('no');
      });
    });
    expect(await send(app, '/use')).toMatchObject({ status: 401, challenges, body: 'no' });
    expect(await send(app, '/created', { method: 'POST' })).toMatchObject({ status: 401, challenges, body: 'no' });
  });

  it('has the realm and the schemes of its route if another guard rejects the request', async () => {
    @Realm('Class')
    @Schemes('basic')
    @UseGuards(RefusingGuard)
    @Controller()
    class NamedController {
      @Public() @Get() open() {}
      @OptionalAuth() @Realm('Method') @Get('method') method() {}
    }
    for (const globalGuard of [true, false]) {
      const imports = [AuthModule.forRoot({ ...options, globalGuard })];
      const app = await start(adapter(), { imports, controllers: [NamedController] });
      expect((await send(app, '/')).challenges).toEqual(['Basic realm="Class", charset="UTF-8"']);
      expect((await send(app, '/method')).challenges).toEqual(['Basic realm="Method", charset="UTF-8"']);
    }
  });

  it('has the challenges, and the request hook of the application runs, if one is set on the adapter', async () => {
    const seen: string[] = [];
    const hook = (name: string) => (_request: unknown, _response: unknown, done: () => void) => {
      seen.push(name);
      done();
    };
    const ready = adapter();
    ready.setOnRequestHook(hook('before'));
    const late = adapter();
    const metadata = { imports: [AuthModule.forRoot(options)], controllers: [RefusingController] };
    expect(await send(await start(ready, metadata), '/thrown')).toMatchObject({ status: 401, challenges });
    const app = await start(late, metadata, () => late.setOnRequestHook(hook('after')));
    expect(await send(app, '/raw')).toMatchObject({ status: 401, challenges });
    expect(seen).toEqual(['before', 'after']);
  });
});

describe('A 401 of inject() on Fastify', () => {
  it.each([...paths, 'use'])('has the challenges if it comes from %s', async (path) => {
    const [, create] = adapters.find(([name]) => name === 'Fastify') as (typeof adapters)[number];
    const metadata = { imports: [AuthModule.forRoot(options)], controllers: [RefusingController] };
    const app = (await start(create(), metadata, (nest) => {
      nest.use('/use', (_request: unknown, response: NodeResponse) => {
        response.writeHead(401).end('no');
      });
    })) as NestFastifyApplication;
    const answer = await app.inject({ url: `/${path}` });
    expect(answer).toMatchObject({ statusCode: 401, headers: { 'www-authenticate': challenges } });
  });
});
