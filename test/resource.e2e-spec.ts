import { createServer, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Post,
  type Type,
  UnauthorizedException,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import {
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  bearerChallenge,
  HttpAuthGuard,
  OptionalAuth,
  passportStrategy,
  protect,
  Public,
  type ResourceOptions,
  Schemes,
  Scopes,
  type StrategyActions,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { type Ask, bearerAuthorization, send } from './support/client.js';
import { options } from './support/schemes.js';

const resource: ResourceOptions = {
  url: 'https://api.example.com/mcp',
  authorizationServers: ['https://login.example.com'],
};
const path = '/.well-known/oauth-protected-resource/mcp';
const pointer = `resource_metadata="https://api.example.com${path}"`;
const basicChallenge = 'Basic realm="Staging", charset="UTF-8"';

@Controller()
class RoutesController {
  @Get('me') me() {}
  @Scopes('articles:read', 'articles:write') @Post('articles') write() {}
  @Scopes.any('admin', 'articles:read') @Get('articles') read() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Schemes('basic') @Get('basic') basic() {}
  @Public() @Get('refused') refused() {
    throw new UnauthorizedException();
  }
  @Public() @Get('health') health() {
    return 'ok';
  }
}

describe.each(adapters)('A resource on %s', (_name, adapter) => {
  const application = (
    more: Partial<AuthModuleOptions> = {},
    prepare?: (app: INestApplication) => unknown,
    controllers: Type[] = [RoutesController],
  ) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, resource, ...more })], controllers },
      (app: INestApplication) => prepare?.(app),
    );

  describe('in its metadata', () => {
    it('[M-2][M-3][M-4][M-5] lists its URL, its authorization servers and the scopes of its routes', async () => {
      const answer = await send(await application(), path);
      expect(answer).toMatchObject({ status: 200, challenges: [] });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json()).toEqual({
        resource: 'https://api.example.com/mcp',
        authorization_servers: ['https://login.example.com'],
        scopes_supported: ['articles:read', 'articles:write', 'admin'],
        bearer_methods_supported: ['header'],
      });
    });

    it('[M-2][M-7] has every option of resource, and further members', async () => {
      const app = await application(
        {
          resource: {
            url: 'https://api.example.com',
            authorizationServers: ['https://a.example', 'http://127.0.0.1:3000/realms/b'],
            scopes: ['only'],
            name: 'Articles',
            documentation: 'https://api.example.com/docs',
            metadata: {
              resource_policy_uri: 'https://api.example.com/policy',
              'resource_name#it': 'Articoli',
              tls_client_certificate_bound_access_tokens: false,
              signed_metadata: 'eyJ.e30.sig',
            },
          },
          schemes: [bearer(() => null, { formEncodedBody: true })],
        },
        undefined,
        [],
      );
      expect((await send(app, '/.well-known/oauth-protected-resource')).json()).toEqual({
        resource: 'https://api.example.com',
        authorization_servers: ['https://a.example', 'http://127.0.0.1:3000/realms/b'],
        scopes_supported: ['only'],
        resource_name: 'Articles',
        resource_documentation: 'https://api.example.com/docs',
        bearer_methods_supported: ['header', 'body'],
        resource_policy_uri: 'https://api.example.com/policy',
        'resource_name#it': 'Articoli',
        tls_client_certificate_bound_access_tokens: false,
        signed_metadata: 'eyJ.e30.sig',
      });
    });

    it('[M-4] omits members without a value', async () => {
      const strategy = {
        authenticate(this: StrategyActions) {
          this.fail();
        },
      };
      const scheme = passportStrategy(strategy, { scheme: 'Bearer', challenge: bearerChallenge });
      @Public()
      @Controller()
      class OpenController {
        @Get() open() {}
      }
      const app = await application({ schemes: [scheme] }, undefined, [OpenController]);
      expect(Object.keys((await send(app, path)).json() as object)).toEqual(['resource', 'authorization_servers']);
    });

    it('[M-8] has the configured URL, regardless of Host and forwarding fields', async () => {
      const app = await application();
      const headers = {
        host: 'evil.example',
        forwarded: 'host=evil.example;proto=http',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-prefix': '/evil',
      };
      expect((await send(app, path, { headers })).json()).toMatchObject({ resource: 'https://api.example.com/mcp' });
      expect((await send(app, '/me', { headers })).challenges[0]).toBe(`Bearer realm="Staging", ${pointer}`);
    });

    it('allows caches to store it, and pages of any origin to read it', async () => {
      const app = await application();
      const { headers } = await send(app, path, { headers: { origin: 'https://inspector.example' } });
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=3600',
        'access-control-allow-origin': '*',
      });
      expect(headers.vary).toBeUndefined();
    });

    it('responds to HEAD, and to a preflight of any origin', async () => {
      const app = await application();
      const { body } = await send(app, path);
      const head = await send(app, path, { method: 'HEAD' });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      });
      const preflight = {
        origin: 'https://inspector.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      };
      const answer = await send(app, path, { method: 'OPTIONS', headers: preflight });
      expect(answer).toMatchObject({ status: 204, body: '', challenges: [] });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': '*',
      });
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('responds to %s with 405', async (method) => {
      const answer = await send(await application(), path, {
        method,
        body: '{"broken',
        headers: { 'content-type': 'application/json', 'content-length': '8' },
      });
      expect(answer).toMatchObject({ status: 405, body: '', challenges: [] });
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
    });

    it('[M-3] responds at the exact well-known path only', async () => {
      const app = await application();
      for (const other of [
        '/.well-known/oauth-protected-resource',
        `${path}/`,
        `${path}/x`,
        `/api${path}`,
        '/mcp/.well-known/oauth-protected-resource',
        path.toUpperCase(),
        `/x?${path}`,
      ]) {
        expect(await send(app, other)).toMatchObject({ status: 404 });
      }
      for (const same of [`${path}?x=1`, `http://127.0.0.1${path}`]) {
        expect(await send(app, same)).toMatchObject({ status: 200 });
      }
    });

    it('ignores the prefix, versions, protected paths, middleware and CORS of the application', async () => {
      const app = await application({ early: true, realm: async () => 'Staging' }, (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        nest.enableCors({ origin: 'https://own.example' });
        nest.use((_request: unknown, response: ServerResponse) => response.writeHead(500).end());
        protect(nest, '/');
      });
      const preflight = { origin: 'https://other.example', 'access-control-request-method': 'GET' };
      expect(await send(app, path)).toMatchObject({ status: 200, challenges: [] });
      expect(await send(app, path, { headers: bearerAuthorization('nope') })).toMatchObject({ status: 200 });
      const answer = await send(app, path, { method: 'OPTIONS', headers: preflight });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      expect(await send(app, '/.well-known/other')).toMatchObject({ status: 401 });
    });

    it('responds before the request hook of the application, which still runs for other requests', async () => {
      const seen: string[] = [];
      const app = await application({}, (nest) => {
        (nest.getHttpAdapter() as AbstractHttpAdapter).setOnRequestHook(
          (request: { url: string }, _response: unknown, done: () => void) => {
            seen.push(request.url);
            done();
          },
        );
      });
      expect(await send(app, path)).toMatchObject({ status: 200 });
      expect(await send(app, '/health')).toMatchObject({ status: 200, body: 'ok' });
      expect(seen).toEqual(['/health']);
    });
  });

  describe('in its challenges', () => {
    const bearerOf = (params: string) => `Bearer realm="Staging"${params}, ${pointer}`;
    const wrong = { headers: bearerAuthorization('nope') };
    const cases: [what: string, path: string, ask: Ask, status: number, challenges: string[]][] = [
      ['if there is no token', '/me', {}, 401, [bearerOf(''), basicChallenge]],
      ['if a token is invalid', '/me', wrong, 401, [bearerOf(', error="invalid_token"'), basicChallenge]],
      ['of an optional route', '/optional', wrong, 401, [bearerOf(', error="invalid_token"'), basicChallenge]],
      ['with the scopes of the route', '/articles', {}, 401, [bearerOf(', scope="admin"'), basicChallenge]],
      [
        'if a token lacks a scope',
        '/articles',
        { headers: bearerAuthorization('alice-token') },
        403,
        [bearerOf(', error="insufficient_scope", scope="admin"')],
      ],
      [
        'if a token is malformed',
        '/me',
        { headers: { authorization: 'Bearer' } },
        400,
        [bearerOf(', error="invalid_request"'), basicChallenge],
      ],
      ['of a 401 that a handler throws', '/refused', {}, 401, [bearerOf(''), basicChallenge]],
      ['of a protected path', '/docs', {}, 401, [bearerOf(', scope="docs"'), basicChallenge]],
      ['of a 401 that middleware sends', '/middleware', {}, 401, [bearerOf(''), basicChallenge]],
    ];

    it.each(cases)(
      '[M-6][R-4] has resource_metadata in the Bearer challenge %s',
      async (_what, to, ask, status, challenges) => {
        const app = await application({}, (nest) => {
          nest.use('/middleware', (_request: unknown, response: ServerResponse) => response.writeHead(401).end());
          protect(nest, '/docs', { scopes: ['docs'] });
        });
        expect(await send(app, to, ask)).toMatchObject({ status, challenges });
      },
    );

    it('has resource_metadata for Bearer and DPoP, and for no other scheme', async () => {
      const strategy = {
        authenticate(this: StrategyActions) {
          this.fail();
        },
      };
      const dpop = passportStrategy(strategy, { scheme: 'DPoP' });
      const other = passportStrategy({ ...strategy, name: 'other' }, { scheme: 'ApiKey' });
      const app = await application({ schemes: [dpop, other, basic(() => null)] });
      expect((await send(app, '/me')).challenges).toEqual([
        `DPoP realm="Staging", ${pointer}`,
        'ApiKey realm="Staging"',
        basicChallenge,
      ]);
      expect((await send(app, '/basic')).challenges).toEqual([basicChallenge]);
    });

    it('has resource_metadata if globalGuard is false', async () => {
      @Controller()
      class GuardedController {
        @UseGuards(HttpAuthGuard) @Scopes('seen') @Get('guarded') guarded() {}
      }
      const app = await application({ globalGuard: false }, undefined, [GuardedController]);
      expect((await send(app, '/guarded')).challenges[0]).toBe(bearerOf(', scope="seen"'));
      expect((await send(app, path)).json()).toMatchObject({ scopes_supported: ['seen'] });
    });
  });

  it.each<[Partial<Record<keyof ResourceOptions, unknown>> | null | string, string]>([
    [null, 'resource must have a url and authorizationServers'],
    ['https://api.example.com', 'resource must have a url and authorizationServers'],
    [{ url: undefined }, "resource.url: 'undefined' is not a URL"],
    [{ url: '/mcp' }, "resource.url: '/mcp' is not a URL"],
    [{ url: 'http://api.example.com' }, "resource.url: 'http://api.example.com' must be https"],
    [{ url: 'http://localhost.example.com' }, 'must be https'],
    [{ url: 'ftp://localhost' }, 'must be https'],
    [{ url: 'https://api.example.com/#a' }, 'must not have a query, a fragment or a username'],
    [{ url: 'https://api.example.com/?a=b' }, 'must not have a query, a fragment or a username'],
    [{ url: 'https://alice:x@api.example.com' }, 'must not have a query, a fragment or a username'],
    [{ url: 'https://API.example.com' }, "write 'https://api.example.com/'"],
    [{ url: 'https://api.example.com:443/a' }, "write 'https://api.example.com/a'"],
    [{ url: 'https://api.example.com/a/../b' }, "write 'https://api.example.com/b'"],
    [{ url: 'https://api.example.com/a b' }, "write 'https://api.example.com/a%20b'"],
    [{ authorizationServers: undefined }, 'resource.authorizationServers must list'],
    [{ authorizationServers: [] }, 'resource.authorizationServers must list'],
    [{ authorizationServers: 'https://a.example' }, 'resource.authorizationServers must list'],
    [{ authorizationServers: ['http://a.example'] }, "resource.authorizationServers: 'http://a.example' must be https"],
    [{ scopes: [] }, 'resource.scopes: the list is empty'],
    [{ scopes: ['a b'] }, "resource.scopes: 'a b' is not a scope"],
    [{ name: '' }, 'resource.name must be a string'],
    [{ name: 7 }, 'resource.name must be a string'],
    [{ documentation: 'docs' }, 'resource.documentation must be the URL of a page'],
    [{ documentation: 'see https://docs.example.com' }, 'resource.documentation must be the URL of a page'],
    [{ metadata: [] }, 'resource.metadata must be an object'],
    [{ metadata: { resource: 'x' } }, 'resource.metadata: resource is made of the other options'],
    [{ metadata: { jwks_uri: '' } }, 'resource.metadata: jwks_uri has no value'],
    [{ metadata: { jwks_uri: undefined } }, 'resource.metadata: jwks_uri has no value'],
    [{ metadata: { resource_signing_alg_values_supported: [] } }, 'has no value; leave it out'],
  ])('[M-1][M-4] throws an error at startup for %j', async (wrong, message) => {
    const given = typeof wrong === 'object' && wrong !== null ? { ...resource, ...wrong } : wrong;
    await expect(application({ resource: given as never })).rejects.toThrow(message);
  });

  it.each([
    'https://api.example.com/',
    'https://api.example.com:8443/a/b/',
    'http://localhost:3000',
    'http://[::1]:3000/mcp',
  ])('[M-1][M-3] serves its metadata at the URL of the challenge if its own URL is %s', async (url) => {
    const app = await application({ resource: { ...resource, url } });
    const [, found = ''] = /resource_metadata="([^"]+)"/.exec((await send(app, '/me')).challenges[0] ?? '') ?? [];
    const { origin, pathname } = new URL(found);
    expect(origin).toBe(new URL(url).origin);
    expect((await send(app, pathname)).json()).toMatchObject({ resource: url });
  });

  it('[M-5][M-8] serves its metadata to clients of a proxy that adds a path', async () => {
    // The proxy removes `/tenant`, and forwards the well-known paths as they are.
    const proxy = createServer((incoming, outgoing) => {
      const { port } = app.getHttpServer().address() as AddressInfo;
      const target = incoming.url?.replace(/^\/tenant\//, '/');
      const forwarded = forward(
        { port, host: '127.0.0.1', path: target, headers: { ...incoming.headers, host: 'inner' } },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forwarded.end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/tenant/me`;
    const app = await application({ resource: { ...resource, url } });
    try {
      const refused = await fetch(url);
      const [, found = ''] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
      expect(await (await fetch(found)).json()).toMatchObject({ resource: url });
    } finally {
      proxy.close();
    }
  });

  it('throws an error at startup if no scheme accepts tokens', async () => {
    await expect(application({ schemes: [basic(() => null)] })).rejects.toThrow('resource: no scheme accepts tokens');
  });
});

describe('A resource on Fastify without a server', () => {
  it('returns its metadata from inject()', async () => {
    const [, fastify] = adapters[1] as (typeof adapters)[number];
    const app = await start(fastify(), {
      imports: [AuthModule.forRoot({ ...options, resource })],
      controllers: [RoutesController],
    });
    const answer = await (app.getHttpAdapter().getInstance() as FastifyInstance).inject(path);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ resource: resource.url });
  });
});
