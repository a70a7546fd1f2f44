import { describe, expect, it } from '@jest/globals';
import { All, Controller, Delete, Get, type INestApplication, Patch, Post, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ApiBadRequestResponse,
  ApiBasicAuth,
  ApiUnauthorizedResponse,
  DocumentBuilder,
  type OperationObject,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger';
import {
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  OptionalAuth,
  passportStrategy,
  protect,
  Public,
  Schemes,
  Scopes,
} from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { adapters, rootModule } from './support/application.js';
import { options } from './support/schemes.js';

@Controller('articles')
class ArticlesController {
  @Public() @Get() list() {}
  @OptionalAuth() @Get(':id') read() {}
  @Schemes('basic') @Delete(':id') remove() {}
  @Post(':id/comments/:comment') comment() {}
  @Public() @All('everything') everything() {}
  @Get(['files/*path', 'optional{/:name}']) files() {}
}

@Controller('by-hand')
class ByHandController {
  @ApiBasicAuth('own')
  @ApiUnauthorizedResponse({ description: 'Who are you?' })
  @ApiBadRequestResponse({ description: 'What?' })
  @Get()
  own() {}
}

const header = (...schemes: string[]) => ({
  'WWW-Authenticate': {
    description: `A challenge for each scheme: ${schemes.join(', ')}`,
    schema: { type: 'string' },
  },
});

describe.each(adapters)('The OpenAPI document on %s', (_name, adapter) => {
  async function document(
    {
      given = {},
      config = (builder: DocumentBuilder) => builder,
      prepare = (_app: INestApplication): unknown => undefined,
      swagger = {},
    }: {
      given?: Partial<AuthModuleOptions>;
      config?: (builder: DocumentBuilder) => DocumentBuilder;
      prepare?: (app: INestApplication) => unknown;
      swagger?: SwaggerDocumentOptions;
    } = {},
    controllers = [ArticlesController, ByHandController],
  ) {
    const app = await NestFactory.create(
      rootModule({ imports: [AuthModule.forRoot({ ...options, ...given })], controllers }),
      adapter(),
      { logger: false, abortOnError: false },
    );
    prepare(app);
    const plain = SwaggerModule.createDocument(app, config(new DocumentBuilder()).build(), swagger);
    return documentHttpAuth(app, plain);
  }

  /** The security requirements of each operation. */
  const securityOf = ({ paths }: Awaited<ReturnType<typeof document>>) =>
    Object.fromEntries(
      Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item as Record<string, OperationObject>).map(([method, { security }]) => [
          `${method} ${path}`,
          security,
        ]),
      ),
    );

  const either = [{ bearer: [] }, { basic: [] }];

  it('has the schemes of the module', async () => {
    const { components } = await document();
    expect(components?.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    });
  });

  it('[B9] has the requirements of protected paths', async () => {
    const security = securityOf(
      await document({ prepare: (app) => protect(app, '/articles', { except: ['/articles'], schemes: ['basic'] }) }),
    );
    expect(security['get /articles']).toEqual([]);
    expect(security['get /articles/{id}']).toEqual([{ basic: [] }]);
    expect(security['get /articles/everything']).toEqual([{ basic: [] }]);
    expect(security['post /articles/{id}/comments/{comment}']).toEqual([{ basic: [] }]);
  });

  it('has the schemes as their options describe them, unless the document describes them itself', async () => {
    const apiKey = { type: 'apiKey', in: 'header', name: 'X-API-Key' } as const;
    const { components } = await document({
      given: {
        schemes: [
          bearer(() => null, { bearerFormat: 'JWT' }),
          basic(() => null),
          passportStrategy({ name: 'key', authenticate: () => undefined }, { scheme: 'ApiKey', openapi: apiKey }),
          passportStrategy({ name: 'dpop', authenticate: () => undefined }, { scheme: 'DPoP' }),
        ],
      },
      config: (builder) => builder.addBasicAuth({ type: 'http', description: 'Staff only' }),
    });
    expect(components?.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      basic: { type: 'http', scheme: 'basic', description: 'Staff only' },
      apikey: apiKey,
      dpop: { type: 'http', scheme: 'dpop' },
    });
  });

  it('has the security requirements of each operation', async () => {
    expect(securityOf(await document())).toEqual({
      'get /articles': [],
      'get /articles/{id}': [...either, {}],
      'delete /articles/{id}': [{ basic: [] }],
      'post /articles/{id}/comments/{comment}': either,
      'get /articles/files/{path}': either,
      'get /articles/optional/{name}': either,
      ...Object.fromEntries(
        ['get', 'post', 'put', 'delete', 'patch', 'options', 'head', 'search'].map((method) => [
          `${method} /articles/everything`,
          [],
        ]),
      ),
      'get /by-hand': [{ own: [] }],
    });
  });

  it('has the 400 and 401 responses of the guard, with their challenges', async () => {
    const { paths } = await document();
    expect(paths['/articles']?.get?.responses).toEqual({ 200: { description: '' } });
    expect(paths['/articles/{id}']?.get?.responses).toEqual({
      200: { description: '' },
      400: { description: 'Bad Request: the Bearer credentials are malformed', headers: header('Bearer', 'Basic') },
      401: { description: 'Unauthorized: the credentials are refused', headers: header('Bearer', 'Basic') },
    });
    expect(paths['/articles/{id}']?.delete?.responses).toEqual({
      200: { description: '' },
      401: { description: 'Unauthorized: the credentials are missing or refused', headers: header('Basic') },
    });
  });

  describe('of routes with @Scopes()', () => {
    @Scopes('reports:read', 'reports:list')
    @Controller('reports')
    class ReportsController {
      @Get() list() {}
      @Scopes.any('reports:write', 'admin') @Post() create() {}
      @Schemes('basic') @Delete() remove() {}
      @Scopes.by(() => []) @Patch() patch() {}
    }
    const openId = { type: 'openIdConnect', openIdConnectUrl: 'https://issuer.example/openid' } as const;
    const schemes = [
      ...options.schemes,
      passportStrategy({ name: 'oidc', authenticate: () => undefined }, { scheme: 'DPoP', openapi: openId }),
    ];
    const reports = async (version = '3.0.0') =>
      (
        await document({ given: { schemes }, config: (builder) => builder.setOpenAPIVersion(version) }, [
          ReportsController,
        ] as never)
      ).paths['/reports'];

    it('has a 403 for each operation, with the challenges of the schemes that send one', async () => {
      const { get, post, delete: remove } = (await reports()) ?? {};
      expect(get?.responses['403']).toEqual({
        description: 'Forbidden: the credentials need the scopes reports:read, reports:list',
        headers: header('Bearer', 'DPoP'),
      });
      expect(post?.responses['403']).toMatchObject({
        description: 'Forbidden: the credentials need one of the scopes reports:write, admin',
      });
      expect(remove?.responses['403']).toEqual({
        description: 'Forbidden: the credentials need the scopes reports:read, reports:list',
      });
    });

    it('mentions the scopes of the request in the 403 if the route has @Scopes.by()', async () => {
      expect((await reports())?.patch?.responses['403']).toMatchObject({
        description:
          'Forbidden: the credentials need the scopes reports:read, reports:list and the scopes of the request',
      });
    });

    it('lists scopes only for the schemes that may have them in this version of OpenAPI', async () => {
      const dpop = { dpop: ['reports:read', 'reports:list'] };
      expect((await reports())?.get?.security).toEqual([...either, dpop]);
      expect((await reports('3.1.0'))?.get?.security).toEqual([
        { bearer: ['reports:read', 'reports:list'] },
        { basic: ['reports:read', 'reports:list'] },
        dpop,
      ]);
      expect((await reports())?.post?.security).toEqual([...either, { dpop: ['reports:write'] }, { dpop: ['admin'] }]);
    });
  });

  it('keeps the descriptions that the document already has, and adds challenges to them', async () => {
    const { paths } = await document();
    expect(paths['/by-hand']?.get?.responses).toEqual({
      400: { description: 'What?', headers: header('Bearer', 'Basic') },
      401: { description: 'Who are you?', headers: header('Bearer', 'Basic') },
    });
  });

  it('has empty requirements for a public route if the document requires a scheme', async () => {
    const closed = await document({ config: (builder) => builder.addSecurityRequirements('bearer') });
    expect(closed.security).toEqual([{ bearer: [] }]);
    expect(closed.paths['/articles']?.get?.security).toEqual([]);
  });

  it.each([
    ['/api/v1/cats', '/api/v1/cats/{id}', {}],
    ['/v1/cats', '/v1/cats/{id}', { ignoreGlobalPrefix: true }],
  ])('finds the route of %s if there are a global prefix and a version', async (list, read, swagger) => {
    @Controller({ path: 'cats', version: '1' })
    class CatsController {
      @Public() @Get() list() {}
      @Get(':id') read() {}
    }
    const prepare = (app: INestApplication) =>
      app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI });
    expect(securityOf(await document({ prepare, swagger }, [CatsController] as never))).toEqual({
      [`get ${list}`]: [],
      [`get ${read}`]: either,
    });
  });

  it('finds the route of the root path, with and without a global prefix', async () => {
    @Controller()
    class RootController {
      @Public() @Get() root() {}
    }
    expect(securityOf(await document({}, [RootController] as never))).toEqual({ 'get /': [] });
    const prepare = (app: INestApplication) => app.setGlobalPrefix('api');
    expect(securityOf(await document({ prepare }, [RootController] as never))).toEqual({ 'get /api': [] });
    const swagger = { ignoreGlobalPrefix: true };
    expect(securityOf(await document({ prepare, swagger }, [RootController] as never))).toEqual({ 'get /': [] });
  });

  it.each([
    ['export\\:csv', '/export:csv'],
    ['export::json', '/export:json'],
    [':id(^\\d+)', '/{id}'],
    ['old/*', '/old/{path}'],
    ['{:lang/}about', '/{lang}/about'],
  ])('finds the route of %s', async (path, documented) => {
    @Controller()
    class PathController {
      @Get(path) get() {}
    }
    expect(securityOf(await document({}, [PathController] as never))).toEqual({ [`get ${documented}`]: either });
  });

  it('does not change an operation if no route of a controller belongs to it', async () => {
    const app = await NestFactory.create(rootModule({ imports: [AuthModule.forRoot(options)] }), adapter(), {
      logger: false,
    });
    const plain = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const elsewhere = { ...plain, paths: { '/elsewhere': { get: { responses: {} }, summary: 'Another server’s' } } };
    expect(documentHttpAuth(app, elsewhere).paths).toEqual(elsewhere.paths);
  });

  it('has a 407 with Proxy-Authenticate if proxy is true', async () => {
    const { paths } = await document({ given: { proxy: true } });
    expect(paths['/articles/{id}']?.delete?.responses).toMatchObject({
      407: { headers: { 'Proxy-Authenticate': header('Basic')['WWW-Authenticate'] } },
    });
  });
});
