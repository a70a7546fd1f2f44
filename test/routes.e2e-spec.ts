import { describe, expect, it } from '@jest/globals';
import {
  All,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Post,
  Scope,
  UseGuards,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, RouterModule } from '@nestjs/core';
import {
  AuthModule,
  type AuthModuleOptions,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
  Roles,
  RouteReport,
  protect,
  Schemes,
  Scopes,
  StepUp,
  type RouteEntry,
} from 'nestjs-http-auth';
import { adapters, start, rootModule } from './support/application.js';
import { send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import { options } from './support/schemes.js';

@Controller('articles')
class ArticlesController {
  @Public() @Get() list() {}
  @Get('mine') mine() {}
  @OptionalAuth() @Get(':id') read() {}
  @Realm('Administration') @Schemes('basic') @Post() create() {}
  @Realm(() => 'Anything') @All('anything') anything() {}
}

@Public()
@Controller(['open', 'public'])
class OpenController {
  @Get(['a', 'b']) open() {}
  @Public(false) @Get('closed') closed() {}
}

@Controller('metrics')
class MetricsController {
  @Get() metrics() {}
}

@Controller('guarded')
class GuardedController {
  @UseGuards(HttpAuthGuard) @Get() byMethod() {}
  @Public() @UseGuards(HttpAuthGuard) @Get('public') open() {}
  @Get('nobody') nobody() {}
}

@UseGuards(HttpAuthGuard)
@Controller('class')
class GuardedClassController {
  @Get() byClass() {}
}

@Injectable()
class OwnGuard extends HttpAuthGuard {}

@UseGuards(OwnGuard)
@Controller('own')
class OwnGuardController {
  @Get() byOwn() {}
}

const everything = { access: 'required', because: 'default', schemes: ['Bearer', 'Basic'], realm: 'Staging' };

describe.each(adapters)('The route report on %s', (_name, adapter) => {
  const application = (
    given: Partial<AuthModuleOptions>,
    controllers: NonNullable<Parameters<typeof start>[1]['controllers']>,
    prepare?: (app: INestApplication) => unknown,
    metadata: Parameters<typeof start>[1] = {},
  ) =>
    start(
      adapter(),
      {
        ...metadata,
        imports: [AuthModule.forRoot({ ...options, ...given }), ...(metadata.imports ?? [])],
        controllers,
      },
      prepare,
    );
  const routesOf = (app: INestApplication) => app.get(RouteReport).routes();
  const summary = (app: INestApplication) =>
    routesOf(app).map(({ method, path, access, because }) => `${method} ${path} ${access}: ${because}`);

  describe('with protected paths', () => {
    @Controller('area')
    class AreaController {
      @Public() @Get('health') health() {}
      @Public() @Get('open/:id') open() {}
      @OptionalAuth() @Get('optional') optional() {}
      @Realm('Inner') @Schemes('basic') @Get('own') own() {}
      @Public() @Get(':id/details') details() {}
      @Scopes('read') @Get('scopes') scopes() {}
    }
    const protectAll = (app: INestApplication) => {
      protect(app, { except: ['/area/health', '/area/open/'], realm: 'Everything', scopes: ['all'] });
      protect(app, '/inner', { access: 'optional', schemes: ['basic'] });
    };

    it('contains what really holds, and the paths', async () => {
      const app = await application({}, [AreaController], protectAll);
      expect(
        routesOf(app).map(({ method, path, access, because, schemes, realm, scopes, except, controller }) =>
          [method, path, access, because, schemes.join('+'), realm, scopes?.names, except, controller]
            .flat()
            .filter(Boolean)
            .join(' '),
        ),
      ).toEqual([
        'GET /area/health public @Public() on the method AreaController',
        'GET /area/open/:id public @Public() on the method AreaController',
        "GET /area/optional required protect('/') Bearer+Basic Everything all AreaController",
        'GET /area/own required default Basic Inner all AreaController',
        "GET /area/:id/details required protect('/') Bearer+Basic Everything all AreaController",
        'GET /area/scopes required default Bearer+Basic Staging read all AreaController',
        "ALL / required protect('/') Bearer+Basic Everything all /area/health /area/open/ protect()",
        "ALL /inner optional protect('/inner') Basic Staging protect()",
      ]);
    });

    it('[B9] warns of public routes that a protected path closes', async () => {
      const logger = new RecordingLogger();
      const app = await application({}, [AreaController], (nest) => {
        nest.useLogger(logger);
        protectAll(nest);
      });
      expect(await send(app, '/area/health')).toMatchObject({ status: 200 });
      expect(await send(app, '/area/1/details')).toMatchObject({ status: 401 });
      expect(logger.text()).toContain(
        "GET /area/:id/details (AreaController.details) is open because of @Public() on the method, but protect('/') requires " +
          'credentials; close the route, or move it below a path of the option except, which cannot have parameters',
      );
      expect(logger.text()).not.toContain('AreaController.health');
    });

    it('[B9] names the exception that opens a route without parameters', async () => {
      const logger = new RecordingLogger();
      await application({ public: [MetricsController] }, [MetricsController], (nest) => {
        nest.useLogger(logger);
        protect(nest);
      });
      expect(logger.text()).toContain(
        "GET /metrics (MetricsController.metrics) is open because of option public, but protect('/') requires credentials; " +
          "add except: ['/metrics'] to protect(), or close the route",
      );
    });
  });

  it('lists each route with its access, the reason, its schemes and its realm', async () => {
    const app = await application({}, [ArticlesController]);
    expect(routesOf(app)).toEqual([
      {
        method: 'GET',
        path: '/articles',
        access: 'public',
        because: '@Public() on the method',
        schemes: [],
        controller: 'ArticlesController',
        handler: 'list',
      },
      { ...everything, method: 'GET', path: '/articles/mine', controller: 'ArticlesController', handler: 'mine' },
      {
        ...everything,
        method: 'GET',
        path: '/articles/:id',
        access: 'optional',
        because: '@OptionalAuth() on the method',
        controller: 'ArticlesController',
        handler: 'read',
      },
      {
        ...everything,
        method: 'POST',
        path: '/articles',
        schemes: ['Basic'],
        realm: 'Administration',
        controller: 'ArticlesController',
        handler: 'create',
      },
      {
        ...everything,
        method: 'ALL',
        path: '/articles/anything',
        realm: undefined,
        controller: 'ArticlesController',
        handler: 'anything',
      },
    ]);
  });

  it('lists the scopes and the step-up requirements of each route', async () => {
    @Scopes('reports:read')
    @Controller('reports')
    class ReportsController {
      @Get() list() {}
      @Scopes('reports:write', 'reports:read') @Post() create() {}
      @Scopes.any('reports:read', 'admin') @StepUp({ acrValues: ['gold'], maxAge: 300 }) @Get(':id') read() {}
      @Public() @Get('count') count() {}
      @Scopes.by(() => []) @Post('batch') batch() {}
    }
    const app = await application({}, [ReportsController]);
    const asked = ({ handler, scopes, scopesByRequest, stepUp }: RouteEntry) => ({
      handler,
      scopes,
      scopesByRequest,
      stepUp,
    });
    expect(routesOf(app).map(asked)).toEqual([
      { handler: 'list', scopes: { mode: 'all', names: ['reports:read'] } },
      { handler: 'create', scopes: { mode: 'all', names: ['reports:write', 'reports:read'] } },
      {
        handler: 'read',
        scopes: { mode: 'any', names: ['reports:read', 'admin'] },
        stepUp: { acrValues: ['gold'], maxAge: 300 },
      },
      { handler: 'count' },
      { handler: 'batch', scopes: { mode: 'all', names: ['reports:read'] }, scopesByRequest: true },
    ]);
  });

  it('lists every path of a route, with the class, method or option that decides its access', async () => {
    const app = await application({ public: [MetricsController] }, [OpenController, MetricsController]);
    expect(summary(app)).toEqual([
      'GET /open/a public: @Public() on the class',
      'GET /open/b public: @Public() on the class',
      'GET /open/closed required: @Public(false) on the method',
      'GET /public/a public: @Public() on the class',
      'GET /public/b public: @Public() on the class',
      'GET /public/closed required: @Public(false) on the method',
      'GET /metrics public: option public',
    ]);
  });

  it('lists a route as public if HttpAuthGuard does not run on it', async () => {
    const app = await application(
      { globalGuard: false },
      [GuardedController, GuardedClassController, OwnGuardController],
      undefined,
      { providers: [OwnGuard] },
    );
    expect(summary(app)).toEqual([
      'GET /guarded required: default',
      'GET /guarded/public public: @Public() on the method',
      'GET /guarded/nobody public: no guard',
      'GET /class required: default',
      'GET /own required: default',
    ]);
    for (const { path, access } of routesOf(app)) {
      expect([path, (await send(app, path)).status]).toEqual([path, access === 'public' ? 200 : 401]);
    }
  });

  it.each([
    ['HttpAuthGuard', { provide: APP_GUARD, useExisting: HttpAuthGuard }],
    ['a subclass', { provide: APP_GUARD, useClass: OwnGuard }],
    ['a request-scoped subclass', { provide: APP_GUARD, useClass: OwnGuard, scope: Scope.REQUEST }],
  ])('lists a route as required if the application registers %s as APP_GUARD', async (_what, provider) => {
    const app = await application({ globalGuard: false }, [MetricsController], undefined, { providers: [provider] });
    expect(summary(app)).toEqual(['GET /metrics required: default']);
    expect((await send(app, '/metrics')).status).toBe(401);
  });

  it('lists the paths of the router, with global prefixes, module prefixes and versions', async () => {
    @Controller({ path: 'cats', version: ['1', VERSION_NEUTRAL] })
    class CatsController {
      @Get() list() {}
      @Version('2') @Get(':id') read() {}
    }
    @Controller('health')
    class HealthController {
      @Public() @Get() health() {}
    }
    @Module({ controllers: [CatsController] })
    class CatsModule {}

    const app = await application(
      {},
      [HealthController],
      (created) =>
        created.setGlobalPrefix('api', { exclude: ['health'] }).enableVersioning({ type: VersioningType.URI }),
      { imports: [CatsModule, RouterModule.register([{ path: 'zoo', module: CatsModule }])] },
    );
    expect(routesOf(app).map(({ path }) => path)).toEqual([
      '/health',
      '/api/v1/zoo/cats',
      '/api/zoo/cats',
      '/api/v2/zoo/cats/:id',
    ]);
    for (const { path, access } of routesOf(app)) {
      expect([path, (await send(app, path)).status]).toEqual([path, access === 'public' ? 200 : 401]);
    }
  });

  it('lists routes before the application is initialized, and does not change the application', async () => {
    const app = await application({}, [ArticlesController], (created) => {
      expect(routesOf(created)).toHaveLength(5);
    });
    expect(routesOf(app)).toHaveLength(5);
    expect((await send(app, '/articles/mine')).challenges).toHaveLength(2);
  });

  /** Starts an application. Returns its log and its routes. */
  const logOf = async (
    given: Partial<AuthModuleOptions>,
    controllers: NonNullable<Parameters<typeof start>[1]['controllers']>,
  ) => {
    const logger = new RecordingLogger();
    const app = await NestFactory.create(
      rootModule({ imports: [AuthModule.forRoot({ ...options, ...given })], controllers }),
      adapter(),
      { logger, abortOnError: false },
    );
    app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
    await app.init();
    const routes = routesOf(app);
    await app.close();
    return { text: logger.text(), routes };
  };

  it('is logged at startup if printRoutes is true', async () => {
    const { text } = await logOf({ printRoutes: true }, [ArticlesController]);
    expect(text).toMatch(/METHOD +PATH +ACCESS +SCHEMES +REALM +SCOPES +ROLES +BECAUSE +HANDLER/);
    expect(text).toMatch(
      /GET +\/articles\/mine +required +Bearer, Basic +Staging +- +- +default +ArticlesController\.mine/,
    );
    expect(text).toMatch(/ALL +\/articles\/anything +required +Bearer, Basic +\(per request\) +- +- +default/);
    expect((await logOf({}, [ArticlesController])).text).not.toContain('BECAUSE');
  });

  it('prints the scopes and the roles of each route', async () => {
    @Controller()
    class ScopesController {
      @Scopes('a', 'b') @Get('all') all() {}
      @Scopes.any('a', 'b') @Get('any') any() {}
      @Scopes.by(() => []) @Get('by') by() {}
      @Scopes('a') @Scopes.by(() => []) @Get('both') both() {}
      @Roles('chief editor', 'author') @Get('roles') roles() {}
      @Roles.any('c', 'd') @Scopes('a') @Get('role') role() {}
    }
    const { text } = await logOf({ printRoutes: true }, [ScopesController]);
    expect(text).toMatch(/\/all .* Staging +a b +- +default/);
    expect(text).toMatch(/\/any .* Staging +a \| b +- +default/);
    expect(text).toMatch(/\/by .* Staging +\(per request\) +- +default/);
    expect(text).toMatch(/\/both .* Staging +a \(per request\) +- +default/);
    expect(text).toMatch(/\/roles .* Staging +- +chief editor, author +default/);
    expect(text).toMatch(/\/role .* Staging +a +c \| d +default/);
  });

  it('lists the versions and the hosts of a route', async () => {
    @Controller({ path: 'cats', version: '1', host: ['cats.example', ':tenant.example'] })
    class CatsController {
      @Get() list() {}
      @Version(['2', '3']) @Get('later') later() {}
      @Version(VERSION_NEUTRAL) @Get('any') any() {}
    }
    const { text, routes } = await logOf({ printRoutes: true }, [CatsController]);
    expect(routes).toMatchObject([
      { path: '/cats', version: '1', host: 'cats.example, :tenant.example', handler: 'list' },
      { path: '/cats/later', version: '2, 3', handler: 'later' },
      { path: '/cats/any', version: 'neutral', handler: 'any' },
    ]);
    expect(text).toMatch(/\/cats \(version 1\) \(host cats\.example, :tenant\.example\) +required/);
  });

  it('throws an error at startup if printRoutes is not a boolean', async () => {
    await expect(application({ printRoutes: 'yes' as never }, [])).rejects.toThrow('printRoutes must be true or false');
  });
});
