import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { All, Controller, Get, type INestApplication, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  admit,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  protect,
  Public,
  type ResourceOptions,
  resourceUrl,
  RouteReport,
  Scopes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';

const authorizationServers = ['https://login.example.com'];
const resource: readonly ResourceOptions[] = [
  { url: 'https://api.example.com/mcp/a', authorizationServers, name: 'A' },
  {
    url: 'https://api.example.com/mcp/b',
    path: ['/mcp/b', '/named'],
    authorizationServers: ['https://other.example.com'],
  },
];
const wellKnown = '/.well-known/oauth-protected-resource';
const urlOf = (name: string) => `https://api.example.com/mcp/${name}`;
const pointer = (name: string) => `resource_metadata="https://api.example.com${wellKnown}/mcp/${name}"`;

/** Verifies tokens such as `https://api.example.com/mcp/a reports:read`: the audience, and a scope. */
const verified: string[] = [];
const byAudience = bearer(({ token }, request) => {
  const [audience, scope = ''] = Buffer.from(token, 'base64url').toString().split(' ');
  const url = resourceUrl(request);
  verified.push(url);
  return audience === url && admit({ name: 'alice' }, { scopes: [scope] });
});
const tokenFor = (name: string, scope = 'a:read') =>
  bearerAuthorization(Buffer.from(`${urlOf(name)} ${scope}`).toString('base64url'));
const byPassword = basic(({ password }) => (password === 'wonder:land' ? { name: 'alice' } : null));

@Scopes('a:read')
@Controller('mcp/a')
class AController {
  @Get() read() {
    return 'a';
  }
  @Get('deep') @Scopes('a:read', 'a:deep') deep() {
    return 'deep';
  }
}

@Controller('mcp/b')
class BController {
  @All() read() {
    return 'b';
  }
  @Get('write') @Scopes('b:write') write() {
    return 'b';
  }
}

@Controller()
class OtherController {
  @Get('other') other() {
    return 'other';
  }
  @Scopes('b:named') @Get('named') named() {
    return 'named';
  }
  @Public() @Get('open') open() {
    return 'open';
  }
}

describe.each(adapters)('Several resources on %s', (_name, adapter) => {
  const application = (
    more: Partial<AuthModuleOptions> = {},
    prepare?: (app: INestApplication) => unknown,
    controllers: Type[] = [AController, BController, OtherController],
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [byAudience, byPassword], resource, ...more })],
        controllers,
      },
      (app: INestApplication) => prepare?.(app),
    );
  const bearerOf = async (...ask: Parameters<typeof send>) => (await send(...ask)).challenges[0];

  describe('in the challenges', () => {
    it.each([
      ['/mcp/a', `Bearer realm="Staging", scope="a:read", ${pointer('a')}`],
      ['/mcp/b', `Bearer realm="Staging", ${pointer('b')}`],
      ['/mcp/b?x=/mcp/a', `Bearer realm="Staging", ${pointer('b')}`],
      ['/named', `Bearer realm="Staging", scope="b:named", ${pointer('b')}`],
      ['/other', 'Bearer realm="Staging"'],
    ])('[M-6] of %s have the metadata of its resource only', async (path, challenge) => {
      const answer = await send(await application(), path);
      expect(answer).toMatchObject({ status: 401, challenges: [challenge, 'Basic realm="Staging", charset="UTF-8"'] });
    });

    it('[M-6] have the metadata of the resource in a 403', async () => {
      const app = await application();
      expect(await send(app, '/mcp/b/write', { headers: tokenFor('b', 'b:read') })).toMatchObject({
        status: 403,
        challenges: [`Bearer realm="Staging", error="insufficient_scope", scope="b:write", ${pointer('b')}`],
      });
    });

    it('have the metadata of the resource if middleware, a mounted router or a protected path responds', async () => {
      const app = await application({}, (nest) => {
        const refuse = (_request: unknown, response: ServerResponse) => response.writeHead(401).end();
        nest.use('/mcp/a/middleware', refuse);
        nest.use('/middleware', refuse);
        protect(nest, '/mcp/b/files');
      });
      expect(await bearerOf(app, '/mcp/a/middleware')).toBe(`Bearer realm="Staging", ${pointer('a')}`);
      expect(await bearerOf(app, '/middleware')).toBe('Bearer realm="Staging"');
      expect(await bearerOf(app, '/mcp/b/files/x')).toBe(`Bearer realm="Staging", ${pointer('b')}`);
    });

    it.each([[{ early: true }], [{ realm: async () => 'Staging' }]])(
      'have the metadata of the resource with %j',
      async (more) => {
        const app = await application(more, (nest) => protect(nest, '/'));
        expect(await bearerOf(app, '/mcp/a')).toMatch(pointer('a'));
        expect(await bearerOf(app, '/mcp/b')).toMatch(pointer('b'));
        expect(await bearerOf(app, '/other')).not.toMatch('resource_metadata');
      },
    );

    it('have no metadata if the target has several readings', async () => {
      const app = await application({}, (nest) => protect(nest, '/'));
      expect(await bearerOf(app, '/mcp//a')).toBe('Bearer realm="Staging"');
    });
  });

  describe('in the metadata', () => {
    it('[M-2][M-3][M-4] have a document each, with their own servers and scopes', async () => {
      const app = await application();
      expect((await send(app, `${wellKnown}/mcp/a`)).json()).toEqual({
        resource: urlOf('a'),
        authorization_servers: ['https://login.example.com'],
        scopes_supported: ['a:read', 'a:deep'],
        resource_name: 'A',
        bearer_methods_supported: ['header'],
      });
      expect((await send(app, `${wellKnown}/mcp/b`)).json()).toEqual({
        resource: urlOf('b'),
        authorization_servers: ['https://other.example.com'],
        scopes_supported: ['b:write', 'b:named'],
        bearer_methods_supported: ['header'],
      });
      for (const path of ['', '/mcp', '/mcp/c'])
        expect(await send(app, wellKnown + path)).toMatchObject({ status: 404 });
    });

    it('have the scopes of the routes below a global prefix, and of protected paths', async () => {
      const [a, b] = resource.map(({ url }) => url.replace('/mcp', '/api/mcp')) as [string, string];
      const prefixed = [
        { url: a, path: ['/api/mcp/a', '/downloads'], authorizationServers },
        { url: b, authorizationServers },
      ];
      const app = await application(
        { resource: prefixed },
        (nest) => {
          nest.setGlobalPrefix('api');
          protect(nest, '/api/mcp/b/files', { scopes: ['b:files'] });
          protect(nest, '/downloads', { scopes: ['a:files'] });
        },
        [AController, BController],
      );
      const scopesOf = async (path: string) =>
        ((await send(app, `${wellKnown}/api/mcp/${path}`)).json() as Record<string, unknown>)['scopes_supported'];
      expect(await scopesOf('a')).toEqual(['a:read', 'a:deep', 'a:files']);
      expect(await scopesOf('b')).toEqual(['b:write', 'b:files']);
    });

    it('are at the public path, and requests belong to path, if a proxy changes the path', async () => {
      const app = await application({
        resource: [
          { url: 'https://api.example.com/public/a', path: '/mcp/a', authorizationServers },
          { url: 'https://api.example.com/public/b', path: '/mcp/b', authorizationServers },
        ],
      });
      expect((await send(app, `${wellKnown}/public/a`)).json()).toMatchObject({
        scopes_supported: ['a:read', 'a:deep'],
      });
      expect(await bearerOf(app, '/mcp/b')).toContain(`${wellKnown}/public/b`);
    });
  });

  describe('with resourceUrl()', () => {
    it.each([
      ['/mcp/a', 'a', 200],
      ['/mcp/a', 'b', 401],
      ['/mcp/b', 'b', 200],
      ['/mcp/b', 'a', 401],
      ['/named', 'b', 403],
      ['/named', 'a', 401],
      ['/other', 'a', 401],
      ['/mcp/b;v=1', 'a', 400],
      ['/mcp//b', 'a', 400],
    ])('respond to %s with a token for %s with %i', async (path, name, status) => {
      const app = await application({}, (nest) => protect(nest, '/'));
      const answer = await send(app, path, { headers: tokenFor(name) });
      expect(answer.status).toBe(status);
      expect(answer.challenges[0]?.includes('error="invalid_token"') ?? false).toBe(status === 401);
    });

    it('accept a password on every route, because it does not belong to OAuth', async () => {
      const app = await application();
      const headers = basicAuthorization('alice', 'wonder:land');
      expect(await send(app, '/mcp/b', { headers })).toMatchObject({ status: 200 });
      expect(await send(app, '/other', { headers })).toMatchObject({ status: 200 });
    });

    it.each([false, true])('verify the token for the resource of a rewritten URL (protected: %s)', async (closed) => {
      const rewriteUrl = ({ url = '' }: { url?: string }) => url.replace('/mcp/a/as-b', '/mcp/b');
      const onFastify = adapter().getType() === 'fastify';
      const app = await start(
        onFastify ? new FastifyAdapter({ rewriteUrl }) : adapter(),
        {
          imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [byAudience], resource })],
          controllers: [BController],
        },
        (nest) => {
          if (closed) protect(nest, '/');
          if (onFastify) return;
          nest.use((request: { url: string }, _response: unknown, next: () => void) => {
            request.url = rewriteUrl(request);
            next();
          });
        },
      );
      verified.length = 0;
      expect(await send(app, '/mcp/a/as-b', { headers: tokenFor('a') })).toMatchObject({
        status: 401,
        challenges: [`Bearer realm="Staging", error="invalid_token", ${pointer('b')}`],
      });
      expect(verified).toEqual(closed ? [urlOf('a'), urlOf('b')] : [urlOf('b')]);
      expect((await send(app, '/mcp/a/as-b', { headers: tokenFor('b') })).status).toBe(closed ? 401 : 200);
    });

    it('return the URL of a single resource for every request', async () => {
      const app = await application({ resource: resource[0] as ResourceOptions });
      expect(await send(app, '/other', { headers: tokenFor('a') })).toMatchObject({ status: 200 });
      expect(await send(app, '/other', { headers: tokenFor('b') })).toMatchObject({ status: 401 });
    });

    it('refuse a token if the module has no resource', async () => {
      const app = await application({ resource: undefined as never }, undefined, [BController]);
      expect(await send(app, '/mcp/b', { headers: tokenFor('b') })).toMatchObject({ status: 401 });
    });
  });

  it('cover a part of the application if a single resource has a path', async () => {
    const app = await application({ resource: { ...(resource[0] as ResourceOptions), path: '/mcp' } }, undefined, [
      AController,
      BController,
    ]);
    expect(await bearerOf(app, '/mcp/b')).toMatch(pointer('a'));
    expect(await bearerOf(app, '/')).toBe(undefined);
  });

  it('are in the route report', async () => {
    const app = await application({}, (nest) => protect(nest, '/mcp/b/files'));
    const routes = app.get(RouteReport).routes();
    expect(routes.map(({ path, resource: url }) => [path, url])).toEqual([
      ['/mcp/a', urlOf('a')],
      ['/mcp/a/deep', urlOf('a')],
      ['/mcp/b', urlOf('b')],
      ['/mcp/b/write', urlOf('b')],
      ['/other', undefined],
      ['/named', urlOf('b')],
      ['/open', undefined],
      ['/mcp/b/files', urlOf('b')],
    ]);
  });

  it.each<[unknown, string]>([
    [[], 'resource: the list is empty; name at least one resource'],
    [[null], 'resource[0] must have a url and authorizationServers'],
    [[resource[0], { ...resource[1], url: 'x' }], "resource[1].url: 'x' is not a URL"],
    [[resource[0], { ...resource[1], mistyped: 1 }], 'resource[1].mistyped is not an option'],
    [
      [resource[0], resource[0]],
      "resource: 'https://api.example.com/mcp/a' and 'https://api.example.com/mcp/a' have the url https://api.example.com/mcp/a; remove one",
    ],
    [[resource[0], { ...resource[1], path: '/mcp/a' }], 'have the path /mcp/a; set path, or remove one of them'],
    [[resource[0], { ...resource[1], path: '/MCP/A/' }], 'have the path /mcp/a'],
    [
      [resource[0], { ...resource[0], url: 'https://b.example/mcp/a', path: '/b' }],
      'have the path of metadata /.well-known/oauth-protected-resource/mcp/a',
    ],
    [
      [resource[0], { ...resource[1], path: 'mcp/b' }],
      "resource: the path of 'https://api.example.com/mcp/b': 'mcp/b' does not start with a slash",
    ],
    [[resource[0], { ...resource[1], path: '/mcp/:id' }], "is a pattern because of ':'"],
    [{ ...resource[0], path: 5 }, 'is not a string'],
    [{ ...resource[0], path: [] }, 'is an empty list'],
  ])('throw an error at startup for %j', async (wrong, message) => {
    await expect(application({ resource: wrong as never })).rejects.toThrow(message);
  });
});
