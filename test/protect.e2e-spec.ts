import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, type INestApplication, Post } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ServeStaticModule } from '@nestjs/serve-static';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import express from 'express';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { AuthModule, basic, CurrentAuth, CurrentUser, type PathPolicy, protect, Public, Realm } from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

const password = { headers: basicAuthorization('alice', 'wonder:land') };

@Public()
@Controller()
class RoutesController {
  @Get('open') open() {
    return 'open';
  }
  @Get('docsearch') docsearch() {
    return 'open';
  }
  @Post('docs/echo') echo(@Body() body: unknown) {
    return body;
  }
  @Public(false) @Realm('Inner') @Get('docs/inner') inner(@CurrentUser() user: unknown, @CurrentAuth() auth: unknown) {
    return { user, auth };
  }
}

/** Creates a folder with files to serve from the root path. A file server decodes paths that a router may not decode. */
function files(): string {
  const folder = mkdtempSync(join(tmpdir(), 'static-'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'open.txt'), 'open');
  return folder;
}

const swagger = (app: INestApplication) =>
  SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Docs').build()));

/** Mounts a handler for a path and all paths below it: a router in Express, a plugin in Fastify. */
function mount(app: INestApplication, path: string): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === 'express') {
    const router = express.Router();
    router.use((_request, response) => response.status(200).send('mounted'));
    app.use(path, router);
  } else {
    const plugin = (instance: FastifyInstance, _options: unknown, done: () => void) => {
      instance.all('/', () => 'mounted');
      instance.all('/*', () => 'mounted');
      done();
    };
    void (adapter.getInstance() as FastifyInstance).register(plugin, { prefix: path });
  }
}

describe.each(adapters)('protect() on %s', (_name, adapter) => {
  const application = (prepare: (app: INestApplication) => unknown, using: AbstractHttpAdapter = adapter()) =>
    start(using, { imports: [AuthModule.forRoot(options)], controllers: [RoutesController] }, prepare);

  const realm = 'API documentation';
  const ofRealm = challenges.map((challenge) => challenge.replace('Staging', realm));

  it.each([
    ['before', (app: INestApplication) => (protect(app, '/docs', { realm }), swagger(app))],
    ['after', (app: INestApplication) => (swagger(app), protect(app, '/docs', { realm }))],
  ])('protects Swagger UI and its documents if it is called %s the setup of Swagger', async (_when, prepare) => {
    const app = await application(prepare);
    for (const path of ['/docs', '/docs/', '/docs/swagger-ui-bundle.js', '/docs-json', '/docs-yaml']) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges: ofRealm });
      const answer = await send(app, path, password);
      expect(answer).toMatchObject({ challenges: [] });
      expect([200, 301, 302]).toContain(answer.status);
    }
    expect((await send(app, '/docs/', password)).body).toContain('swagger-ui');
    expect((await send(app, '/docs-json', password)).json()).toMatchObject({ info: { title: 'Docs' } });
    expect(await send(app, '/open')).toMatchObject({ status: 200 });
    expect(await send(app, '/docsearch')).toMatchObject({ status: 200 });
  });

  it("responds with Nest's own body for a 401", async () => {
    const app = await application((nest) => protect(nest, '/docs'));
    expect((await send(app, '/docs')).json()).toEqual({ message: 'Unauthorized', statusCode: 401 });
  });

  it.each([
    ['before', (app: INestApplication) => (protect(app, '/bull'), mount(app, '/bull'))],
    ['after', (app: INestApplication) => (mount(app, '/bull'), protect(app, '/bull'))],
  ])(
    'protects a mounted handler for every method if it is called %s the handler is mounted',
    async (_when, prepare) => {
      const app = await application(prepare);
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
        for (const path of ['/bull', '/bull/queues/1?a=b']) {
          expect(await send(app, path, { method })).toMatchObject({ status: 401, challenges });
          expect(await send(app, path, { ...password, method })).toMatchObject({ status: 200 });
        }
      }
      expect(await send(app, '/bull', { headers: bearerAuthorization('no') })).toMatchObject({ status: 401 });
      expect(await send(app, '/bull', { headers: { authorization: 'Bearer' } })).toMatchObject({ status: 400 });
    },
  );

  it('responds to a preflight with 204, or passes it to the mounted handler if preflight is true', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
    const closed = await application((nest) => (mount(nest, '/bull'), protect(nest, '/bull')));
    expect(await send(closed, '/bull', { method: 'OPTIONS', headers })).toMatchObject({
      status: 204,
      challenges: [],
      body: '',
    });
    const open = await application((nest) => (mount(nest, '/bull'), protect(nest, '/bull', { preflight: true })));
    expect(await send(open, '/bull', { method: 'OPTIONS', headers })).toMatchObject({ status: 200, body: 'mounted' });
    expect(await send(open, '/bull', { method: 'OPTIONS' })).toMatchObject({ status: 401 });
  });

  it('protects a static file for every spelling of its path', async () => {
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot(options), ServeStaticModule.forRoot({ rootPath: files() })],
        controllers: [RoutesController],
      },
      (nest) => protect(nest, '/secret.txt'),
    );
    for (const path of [
      '/secret.txt',
      '/%73ecret.txt',
      '/secret%2Etxt',
      '//secret.txt',
      '/SECRET.txt',
      '/secret.txt/',
      '/secret.txt?x',
      '/secret.txt;x',
      '/%2573ecret.txt',
    ]) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges });
    }
    // Cases of an attack: nothing but the path itself serves the file.
    for (const path of [
      '/./secret.txt',
      '/x/../secret.txt',
      'http://h%2Fsecret.txt',
      '/y/../secret/;a/../secret.txt',
      '/secret.txt%00',
      '/secret.txt%zz',
    ]) {
      expect(await send(app, path, password)).toMatchObject({ status: 400, challenges: [] });
    }
    expect(await send(app, '/open.txt?q=50%')).toMatchObject({ status: 200, body: 'open' });
    expect(await send(app, '/secret.txt', password)).toMatchObject({ status: 200, body: 'secret' });
    expect(await send(app, '/open.txt')).toMatchObject({ status: 200, body: 'open' });
  });

  it.each([
    '/%64ocs',
    '//docs',
    '///docs//x',
    '/docs/../docs',
    '/x/../docs',
    '/docs/../open',
    '/DOCS',
    '/Docs/x',
    '/docs/',
    '/./docs',
    '/docs%2Fx',
    '/docs%2f..%2fopen',
    '/%2564ocs',
    '/docs;a=b',
    '/docs;a/x',
    '\\docs',
    '/docs\\x',
    '/docs%00',
    '/docs?x',
    '/docs%',
    '/%64%6F%63%73/%zz',
    'http://127.0.0.1/docs',
    'HTTP://a.example//docs/x?y',
  ])('protects /docs from the path %s', async (path) => {
    const app = await application((nest) => (mount(nest, '/docs'), protect(nest, '/docs')));
    const answer = await send(app, path);
    expect([400, 401, 404]).toContain(answer.status);
    expect(answer.body).not.toContain('mounted');
    expect(answer.body).not.toBe('open');
  });

  it('protects /docs from every combination of path segments and escapes', async () => {
    const app = await application((nest) => (mount(nest, '/docs'), protect(nest, '/docs')));
    const piece = fc.constantFrom(
      'docs',
      'DOCS',
      '%64ocs',
      'd%6Fcs',
      '%2564ocs',
      '/',
      '//',
      '%2f',
      '\\',
      '.',
      '..',
      '%2e%2e',
      ';a',
      '?',
      '%',
      'x',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const answer = await send(app, `/${pieces.join('')}`);
        expect(answer.body).not.toContain('mounted');
      }),
      { numRuns: 400 },
    );
  });

  it('protects a path without a handler', async () => {
    const app = await application((nest) => protect(nest, '/nowhere'));
    expect(await send(app, '/nowhere/x')).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/nowhere/x', password)).toMatchObject({ status: 404, challenges: [] });
    expect(await send(app, '/elsewhere')).toMatchObject({ status: 404, challenges: [] });
  });

  it('protects every path if the path is /', async () => {
    const app = await application((nest) => protect(nest, '/'));
    for (const path of ['/', '/open', '/nowhere'])
      expect(await send(app, path)).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/open', password)).toMatchObject({ status: 200 });
  });

  it.each([
    ['protect(app, { except })', (app: INestApplication) => protect(app, { except: ['/open'] })],
    ["protect(app, '/', { except })", (app: INestApplication) => protect(app, '/', { except: ['/open'] })],
  ])('keeps the exceptions of the whole server open, in their spelling only: %s', async (_how, prepare) => {
    const app = await application(prepare);
    expect(await send(app, '/open')).toMatchObject({ status: 200 });
    expect(await send(app, '/open?a=b')).toMatchObject({ status: 200 });
    for (const path of ['/open/', '/OPEN', '//open', '/%6fpen', '/open;a', '/nowhere']) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges });
    }
  });

  it('protects the whole server without arguments', async () => {
    const app = await application((nest) => protect(nest));
    for (const path of ['/', '/open', '/nowhere']) expect((await send(app, path)).status).toBe(401);
  });

  it('does not open a protected path by an exception of the path above', async () => {
    const app = await application((nest) => {
      protect(nest, { except: ['/open'] });
      protect(nest, '/open', { realm: 'Inner' });
    });
    expect((await send(app, '/open')).challenges[0]).toBe('Bearer realm="Inner"');
  });

  it('requires all policies if a target has several readings', async () => {
    const app = await application((nest) => {
      protect(nest, '/a', { realm: 'Outer', schemes: ['basic'] });
      protect(nest, '/a/b', { access: 'optional' });
    });
    expect((await send(app, '/a/b')).status).toBe(404);
    for (const path of ['/a%2Fb', '/A/b', '/a;x/b']) expect((await send(app, path)).status).toBe(401);
  });

  it('applies step-up', async () => {
    const app = await application((nest) => protect(nest, '/docs', { stepUp: { acrValues: ['mfa'] } }));
    expect((await send(app, '/docs', { headers: bearerAuthorization('alice-token') })).challenges[0]).toBe(
      'Bearer realm="Staging", error="insufficient_user_authentication", acr_values="mfa"',
    );
  });

  it('applies the policy of the longest path if several paths match', async () => {
    const app = await application((nest) => {
      protect(nest, ['/a', '/b/'], { realm: 'Outer' });
      protect(nest, '/a/b', { realm: 'Inner', schemes: ['basic'] });
    });
    const basicOf = (name: string) => `Basic realm="${name}", charset="UTF-8"`;
    expect((await send(app, '/a')).challenges).toEqual(['Bearer realm="Outer"', basicOf('Outer')]);
    expect((await send(app, '/b')).challenges).toEqual(['Bearer realm="Outer"', basicOf('Outer')]);
    expect((await send(app, '/a/b/c')).challenges).toEqual([basicOf('Inner')]);
    expect(await send(app, '/a/b', { headers: bearerAuthorization('alice-token') })).toMatchObject({ status: 401 });
  });

  it('accepts a request without credentials if access is optional, and rejects wrong credentials', async () => {
    const app = await application((nest) => (mount(nest, '/bull'), protect(nest, '/bull', { access: 'optional' })));
    expect(await send(app, '/bull')).toMatchObject({ status: 200 });
    expect(await send(app, '/bull', { headers: bearerAuthorization('no') })).toMatchObject({ status: 401 });
  });

  it('awaits the realm if it is an async function of the request', async () => {
    const policy: PathPolicy = { realm: async ({ headers }) => `Tenant ${headers['x-tenant'] as string}` };
    const app = await application((nest) => protect(nest, '/docs', policy));
    expect((await send(app, '/docs', { headers: { 'x-tenant': 'a' } })).challenges[0]).toBe('Bearer realm="Tenant a"');
  });

  it('rejects a request before its body is parsed', async () => {
    const app = await application((nest) => protect(nest, '/docs'));
    const ask = { method: 'POST', body: '{"broken', headers: { 'content-type': 'application/json' } };
    expect(await send(app, '/docs/echo', ask)).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/docs/echo', { ...ask, headers: { ...ask.headers, ...password.headers } })).toMatchObject({
      status: 400,
      challenges: [],
    });
    expect(
      (
        await send(app, '/docs/echo', { ...ask, body: '{"a":1}', headers: { ...ask.headers, ...password.headers } })
      ).json(),
    ).toEqual({ a: 1 });
  });

  it('verifies credentials once if a controller is below the path', async () => {
    let calls = 0;
    const scheme = basic(() => ({ name: `call ${++calls}` }));
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [scheme] })], controllers: [RoutesController] },
      (nest) => protect(nest, '/docs', { realm: 'Outer' }),
    );
    expect((await send(app, '/docs/inner')).challenges).toEqual(['Basic realm="Outer", charset="UTF-8"']);
    expect((await send(app, '/docs/inner', password)).json()).toEqual({
      user: { name: 'call 1' },
      auth: { scheme: 'Basic', realm: 'Inner' },
    });
  });

  it('responds with 500 if the verifier rejects, and the server continues', async () => {
    const scheme = basic(() => Promise.reject(new Error('down')));
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [scheme] })], controllers: [RoutesController] },
      (nest) => protect(nest, '/docs'),
    );
    for (let turn = 0; turn < 2; turn++)
      expect(await send(app, '/docs', password)).toMatchObject({ status: 500, challenges: [] });
    expect(await send(app, '/open')).toMatchObject({ status: 200 });
  });

  it.each([
    ['docs', {}, "protect(): 'docs' does not start with a slash; write '/docs'"],
    [[], {}, 'protect(): the list of paths is empty; name at least one path'],
    [
      '/docs/*',
      {},
      "protect(): '/docs/*' is a pattern because of '*'; write '/docs', which includes everything below it",
    ],
    ['/docs/:id', {}, "write '/docs', which includes everything below it"],
    ['/docs', { except: ['/health'] }, "protect(): except: '/health' is not below '/docs'"],
    ['/docs', { except: '/docs/open' as never }, 'protect(): except must be a list of paths'],
    ['/docs', { realm: '' }, 'realm: it must not be empty'],
    ['/docs', { schemes: ['digest'] }, 'schemes: AuthModule has no scheme "digest"; it has bearer, basic'],
    ['/docs', { schemes: [] }, 'schemes: the list is empty'],
  ])('throws an error for the path %j with the policy %j', async (path, policy, message) => {
    const app = await application(() => undefined);
    expect(() => protect(app, path, policy)).toThrow(message);
  });

  it('throws an error if the application does not import AuthModule', async () => {
    const app = await start(adapter(), { controllers: [RoutesController] });
    expect(() => protect(app, '/docs')).toThrow(
      'protect(): the application has no AuthModule, or the AuthModule of another copy of this package; import it from the same copy',
    );
  });
});
