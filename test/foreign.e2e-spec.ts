import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  Param,
  Query,
  Req,
  Res,
  Sse,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express, { type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import fastify from 'fastify';
import jwt from 'jsonwebtoken';
import { AuthModule, Public } from 'nestjs-http-auth';
import { NEVER } from 'rxjs';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

/** Node's own response. */
type NodeResponse = import('node:http').ServerResponse;

const refuse = (_request: unknown, response: NodeResponse) => response.writeHead(401).end('no');

@Public()
@Controller()
class RoutesController {
  @Get('open') open() {
    return 'open';
  }
  @Get('throws') throws(@Query() { status, header }: { status?: string; header?: string }) {
    const headers = header === undefined ? undefined : { 'www-authenticate': header };
    throw Object.assign(new Error('of another library'), {
      status: Number(status),
      statusCode: Number(status),
      headers,
    });
  }
  @Public(false) @Sse('events') events() {
    return NEVER;
  }
  @Get('file') file(
    @Res() response: { status(code: number): { sendFile?(path: string): void; send(body: string): void } },
  ) {
    const answer = response.status(401);
    if (answer.sendFile === undefined) answer.send('a file');
    else answer.sendFile(aFile);
  }
}

class FastifyError extends Error {}

/** Errors with a message that no client may get, and errors that describe a response. */
const errors: Record<string, object> = {
  text: Object.assign(new Error('secret'), { statusCode: '401' }),
  fastify: Object.assign(new FastifyError('secret'), { statusCode: 401 }),
  expose: Object.assign(new Error('secret'), { expose: true, statusCode: 401 }),
  zero: Object.assign(new Error('secret'), { statusCode: 403 }),
  success: Object.assign(new Error('secret'), { statusCode: 200 }),
  proxy: Object.assign(new Error('secret'), { statusCode: 407 }),
  'http-errors': Object.assign(new Error('Conflict'), { expose: true, status: 409, statusCode: 409 }),
  'of-fastify': Object.assign(new FastifyError('Too large'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }),
  plain: { statusCode: 404, message: 'Not found' },
};

@Public()
@Controller('errors')
class OtherErrors {
  @Get(':kind') throws(@Param('kind') kind: string) {
    // The errors of other libraries are not always instances of Error.
    // oxlint-disable-next-line typescript/only-throw-error
    throw errors[kind];
  }
}

const aFile = join(mkdtempSync(join(tmpdir(), 'file-')), 'file.txt');
writeFileSync(aFile, 'a file');

const metadata = { imports: [AuthModule.forRoot(options)], controllers: [RoutesController] };

describe.each(adapters)('An error of another library on %s', (_name, adapter) => {
  it('becomes a 401 with its own challenge if it has status 401 and a challenge', async () => {
    const app = await start(adapter(), metadata);
    const header = 'Bearer realm="api", error="invalid_token", error_description="It expired"';
    const answer = await send(app, `/throws?status=401&header=${encodeURIComponent(header)}`);
    expect(answer).toMatchObject({ status: 401, challenges: [header] });
    expect(answer.json()).toEqual({ message: 'Unauthorized', statusCode: 401 });
  });

  it.each([
    ['a 401 without a challenge, e.g. of an upstream service', 'status=401'],
    ['a 403 with a challenge', 'status=403&header=Bearer'],
    ['a 401 with an empty challenge', 'status=401&header='],
  ])('becomes a 500 if it is %s', async (_what, query) => {
    const answer = await send(await start(adapter(), metadata), `/throws?${query}`);
    expect(answer).toMatchObject({ status: 500, challenges: [] });
    expect(answer.body).not.toContain('library');
  });

  it('becomes a 500 without its message, also if a filter extends BaseExceptionFilter', async () => {
    @Catch()
    class EveryFilter extends BaseExceptionFilter {}
    const provided = { provide: APP_FILTER, useClass: EveryFilter };
    for (const providers of [[], [provided]]) {
      const app = await start(adapter(), { ...metadata, providers, controllers: [RoutesController, OtherErrors] });
      for (const kind of ['text', 'fastify', 'expose', 'zero', 'success', 'proxy']) {
        const answer = await send(app, `/errors/${kind}`);
        expect([kind, answer.status, answer.challenges]).toEqual([kind, 500, []]);
        expect(answer.body).not.toContain('secret');
      }
    }
  });

  it('keeps its status if it describes a response, as the errors of http-errors and Fastify do', async () => {
    const app = await start(adapter(), { ...metadata, controllers: [RoutesController, OtherErrors] });
    expect(await send(app, '/errors/http-errors')).toMatchObject({ status: 409 });
    expect(await send(app, '/errors/of-fastify')).toMatchObject({ status: 413 });
    expect(await send(app, '/errors/plain')).toMatchObject({ status: 404 });
  });

  it('becomes a 401 with the challenges of AuthModule if its own challenge is malformed', async () => {
    for (const header of ['Bearer realm="', 'Bearer realm="a"\r\nSet-Cookie: a=b']) {
      const answer = await send(
        await start(adapter(), metadata),
        `/throws?status=401&header=${encodeURIComponent(header)}`,
      );
      expect(answer).toMatchObject({ status: 401, challenges });
      expect(answer.headers).not.toHaveProperty('set-cookie');
    }
  });

  it('is handled by the filter of the application if there is one', async () => {
    @Catch()
    class TeapotFilter {
      catch(_error: unknown, host: ArgumentsHost) {
        host
          .switchToHttp()
          .getResponse<{ status(code: number): { send(body: string): void } }>()
          .status(418)
          .send('teapot');
      }
    }
    const app = await start(adapter(), { ...metadata, providers: [{ provide: APP_FILTER, useClass: TeapotFilter }] });
    expect(await send(app, '/throws?status=401&header=Bearer')).toMatchObject({ status: 418, challenges: [] });
  });
});

/** Express only: it calls `request.is()`, and Fastify passes Node's own request to middleware, which has no `is()`. */
describe('express-oauth2-jwt-bearer on Express', () => {
  const secret = 'a secret of thirty-two characters';
  const issuer = 'https://issuer.example/';
  const sign = (claims: object) => jwt.sign(claims, secret, { issuer, audience: 'api', expiresIn: '1h' });

  it('gets a 401 with its own challenge if it rejects a request', async () => {
    const middleware = auth({ secret, issuer, audience: 'api', tokenSigningAlg: 'HS256' });
    @Module(metadata)
    class AppModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(middleware as RequestHandler).forRoutes(RoutesController);
      }
    }
    const app = await start(new ExpressAdapter(), { imports: [AppModule] });
    expect(await send(app, '/open', { headers: bearerAuthorization(sign({ sub: 'alice' })) })).toMatchObject({
      status: 200,
    });
    expect(await send(app, '/open')).toMatchObject({
      status: 401,
      challenges: [expect.stringMatching(/^Bearer realm="api", DPoP algs="/)],
    });
    const [challenge] = (await send(app, '/open', { headers: bearerAuthorization('x') })).challenges;
    expect(challenge).toMatch(/^Bearer realm="api", error="invalid_token"/);
  });
});

describe('An instance of the framework that is passed to Nest', () => {
  it('has challenges on a 401 of Express middleware that was added before AuthModule', async () => {
    const instance = express();
    instance.use('/before', refuse);
    const app = await start(new ExpressAdapter(instance), metadata);
    expect(await send(app, '/before')).toMatchObject({ status: 401, challenges, body: 'no' });
  });

  it('has challenges on a 401 of Fastify hooks and plugins that were added before AuthModule', async () => {
    const instance = fastify();
    instance.addHook('onRequest', async (request, reply) => {
      if (request.url === '/hook') await reply.code(401).send('no');
    });
    await instance.register(
      async (child) => {
        child.get('/reply', (_request, reply) => reply.code(401).send('no'));
        child.get('/raw', (_request, reply) => {
          reply.hijack();
          reply.raw.writeHead(401).end('no');
        });
      },
      { prefix: '/plugin' },
    );
    const app = await start(new FastifyAdapter(instance as never), metadata);
    for (const path of ['/hook', '/plugin/reply', '/plugin/raw']) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges, body: 'no' });
    }
  });
});

describe.each(adapters)('A 401 in another form on %s', (_name, adapter) => {
  it('has challenges if a mounted router or a nested plugin sends it', async () => {
    const app = await start(adapter(), metadata, (nest) => {
      const framework = nest.getHttpAdapter();
      if (framework.getType() === 'express') {
        const inner = express();
        inner.get('/deep', refuse as RequestHandler);
        nest.use('/mounted', express.Router().use(inner));
      } else {
        const instance = framework.getInstance() as import('fastify').FastifyInstance;
        void instance.register(async (child) => {
          await child.register(async (grandchild) => {
            grandchild.get('/mounted/deep', (_request, reply) => reply.code(401).send('no'));
          });
        });
      }
    });
    expect(await send(app, '/mounted/deep')).toMatchObject({ status: 401, challenges, body: 'no' });
  });

  it('has challenges if its body is a file', async () => {
    expect(await send(await start(adapter(), metadata), '/file')).toMatchObject({
      status: 401,
      challenges,
      body: 'a file',
    });
  });

  it('has challenges if the guard rejects server-sent events, with GET and with HEAD', async () => {
    const app = await start(adapter(), metadata);
    expect(await send(app, '/events')).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/events', { method: 'HEAD' })).toMatchObject({ status: 401, challenges });
  });

  it('has only the challenges of the upstream server if a handler forwards its response', async () => {
    const upstream = await start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, realm: 'Upstream' })],
      controllers: [ClosedController],
    });
    const { port } = upstream.getHttpServer().address() as AddressInfo;
    @Public()
    @Controller()
    class ProxyController {
      @Get('proxy') async proxy(@Res() response: ProxyResponse) {
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        response.header('www-authenticate', answer.headers.get('www-authenticate') ?? '');
        response.status(answer.status).send(await answer.text());
      }
    }
    const app = await start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [ProxyController] });
    const ofUpstream = challenges.map((challenge) => challenge.replace('Staging', 'Upstream')).join(', ');
    expect(await send(app, '/proxy')).toMatchObject({ status: 401, challenges: [ofUpstream] });
  });
});

interface ProxyResponse {
  header(name: string, value: string): void;
  status(code: number): { send(body: string): void };
}

@Controller()
class ClosedController {
  @Get() closed(@Req() _request: unknown) {}
}

describe('HTTP/2 on Fastify', () => {
  let app: INestApplication;

  @Public()
  @Controller()
  class ThrowingController {
    @Get('thrown') thrown() {
      throw new UnauthorizedException();
    }
    @Get('raw') raw(@Res() reply: { raw: import('node:http2').Http2ServerResponse; hijack(): void }) {
      reply.hijack();
      reply.raw.statusCode = 401;
      reply.raw.end('no');
    }
    @Public(false) @Get('closed') closed() {
      return 'in';
    }
  }

  beforeAll(async () => {
    @Module({ imports: [AuthModule.forRoot(options)], controllers: [ThrowingController] })
    class AppModule {}
    app = await NestFactory.create(AppModule, new FastifyAdapter({ http2: true } as never), { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  async function ask(path: string, headers: object = {}) {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const session = connect(`http://127.0.0.1:${port}`);
    try {
      return await new Promise<{ status: unknown; challenges: unknown }>((resolve, reject) => {
        const stream = session.request({ [constants.HTTP2_HEADER_PATH]: path, ...headers });
        stream.on('response', (answer) => {
          resolve({ status: answer[':status'], challenges: answer['www-authenticate'] });
        });
        stream.on('error', reject);
        stream.resume();
        stream.end();
      });
    } finally {
      session.close();
    }
  }

  it.each(['/closed', '/thrown', '/raw'])('[H-4] sends the challenges with the 401 of %s', async (path) => {
    expect(await ask(path)).toEqual({ status: 401, challenges: challenges.join(', ') });
  });

  it('accepts a valid token', async () => {
    expect(await ask('/closed', bearerAuthorization('alice-token'))).toEqual({ status: 200, challenges: undefined });
  });
});
