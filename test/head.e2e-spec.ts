import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Res } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, Public } from 'nestjs-http-auth';
import onHeaders from 'on-headers';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

const password = { headers: basicAuthorization('alice', 'wonder:land') };

/** Frozen, because an application may use one object for several responses, so the library must not change it. */
const shared = Object.freeze({ 'Content-Type': 'text/plain', 'X-Own': 'own' });
const list = Object.freeze(['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2']);

const rawOf = (response: ServerResponse & { raw?: ServerResponse }) => response.raw ?? response;

@Controller()
class RawController {
  @Get('object') object(@Res() response: ServerResponse) {
    rawOf(response).writeHead(200, 'Fine', shared).end('in');
  }
  @Get('list') list(@Res() response: ServerResponse) {
    rawOf(response)
      .writeHead(200, list as string[])
      .end('in');
  }
  @Get('none') none(@Res() response: ServerResponse) {
    rawOf(response).end('in');
  }
  @Get('set') set(@Res() response: ServerResponse) {
    const raw = rawOf(response);
    raw.setHeader('Cache-Control', 'no-store');
    raw.writeHead(200, { vary: 'Accept' }).end('in');
  }
  @Public() @Get('refused') refused(@Res() response: ServerResponse) {
    rawOf(response).writeHead(401, 'Go away', shared).end('no');
  }
  @Public() @Get('refused-list') refusedList(@Res() response: ServerResponse) {
    rawOf(response)
      .writeHead(401, list as string[])
      .end('no');
  }
}

describe.each(adapters)('writeHead() on %s', (_name, adapter) => {
  const application = (prepare?: (app: INestApplication) => unknown) =>
    start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [RawController] }, prepare);

  it('sends the fields of the application and the fields for caches', async () => {
    const app = await application();
    expect((await send(app, '/object', password)).headers).toMatchObject({
      'content-type': 'text/plain',
      'x-own': 'own',
      'cache-control': 'private, no-cache',
    });
    expect((await send(app, '/list', password)).headers).toMatchObject({
      'content-type': 'text/plain',
      'set-cookie': ['a=1', 'b=2'],
      'cache-control': 'private, no-cache',
    });
    expect((await send(app, '/none', password)).headers).toMatchObject({ 'cache-control': 'private, no-cache' });
    expect((await send(app, '/set', password)).headers).toMatchObject({
      vary: 'Accept, authorization',
      'cache-control': 'no-store',
    });
  });

  it('[H-4] adds the challenges to the fields of the application if the status is 401', async () => {
    const app = await application();
    expect(await send(app, '/refused')).toMatchObject({ status: 401, challenges, headers: { 'x-own': 'own' } });
    expect(await send(app, '/refused-list')).toMatchObject({
      status: 401,
      challenges,
      headers: { 'set-cookie': ['a=1', 'b=2'] },
    });
  });

  it.each<[string, unknown]>([
    ['a list', ['constructor', 'x', '__proto__', 'y', 'toString', 'z']],
    [
      'a list of pairs',
      [
        ['constructor', 'x'],
        ['__proto__', 'y'],
        ['toString', 'z'],
      ],
    ],
    ['an object', JSON.parse('{"constructor":"x","__proto__":"y","toString":"z"}')],
  ])('[B12] accepts every name of a field: %s', async (_form, headers) => {
    const app = await application((nest) => {
      // Node accepts pairs only if no field was set before.
      (nest.getHttpAdapter().getInstance() as { disable?(name: string): void }).disable?.('x-powered-by');
      nest.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const status = Number(request.url?.slice(1));
        if (status > 0) response.writeHead(status, headers as string[]).end();
        else next();
      });
    });
    for (const status of [200, 401]) {
      const answer = await send(app, `/${status}`);
      expect(answer).toMatchObject({ status, challenges: status === 401 ? challenges : [] });
      expect(Object.entries(answer.headers)).toEqual(
        expect.arrayContaining([
          ['constructor', 'x'],
          ['tostring', 'z'],
        ]),
      );
    }
  });

  it('adds its fields if other code wraps writeHead(), as compression does', async () => {
    const app = await application((nest) => {
      nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
        onHeaders(response, () => response.setHeader('X-Other', 'other'));
        next();
      });
    });
    expect(await send(app, '/refused')).toMatchObject({ status: 401, challenges, headers: { 'x-other': 'other' } });
    expect((await send(app, '/object', password)).headers).toMatchObject({
      'x-other': 'other',
      'cache-control': 'private, no-cache',
    });
  });

  it('adds challenges only if the status is still 401 after other code has changed it', async () => {
    const app = await application((nest) => {
      nest.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        onHeaders(response, () => {
          response.statusCode = request.url === '/none' ? 401 : 200;
        });
        next();
      });
    });
    expect(await send(app, '/none', password)).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/refused')).toMatchObject({ status: 200, challenges: [] });
    // The guard rejects this request. Other code then changes the status to 200, so no challenge may remain.
    expect(await send(app, '/object')).toMatchObject({ status: 200, challenges: [] });
  });
});

describe('Fastify without its own server', () => {
  it('[H-4] adds the challenges if another server calls routing()', async () => {
    const app = await start(new FastifyAdapter(), {
      imports: [AuthModule.forRoot(options)],
      controllers: [RawController],
    });
    const instance = app.getHttpAdapter().getInstance() as {
      routing(request: IncomingMessage, response: ServerResponse): void;
    };
    const server = createServer((request, response) => instance.routing(request, response)).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => {
        server.once('listening', resolve);
      });
      const { port } = server.address() as AddressInfo;
      for (const path of ['object', 'refused']) {
        const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toBe(challenges.join(', '));
      }
    } finally {
      server.close();
    }
  });
});
