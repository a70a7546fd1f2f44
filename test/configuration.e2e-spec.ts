import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AuthConfigurationError,
  AuthModule,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  basic,
  bearer,
  HttpAuthGuard,
  passportStrategy,
  protect,
  Realm,
  type RealmOption,
  Schemes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { challenges, options, schemes } from './support/schemes.js';

@Controller()
class MeController {
  @Get() me() {
    return 'me';
  }
}

const good = { headers: basicAuthorization('alice', 'wonder:land') };

describe.each(adapters)('AuthModule on %s', (_name, adapter) => {
  @Injectable()
  class ConfigService {
    readonly realm = 'Configured';
  }

  @Injectable()
  class OptionsService implements AuthOptionsFactory {
    constructor(private readonly config: ConfigService) {}
    async createAuthOptions(): Promise<AuthModuleOptions> {
      return { realm: this.config.realm, schemes };
    }
  }

  @Module({ providers: [ConfigService, OptionsService], exports: [ConfigService, OptionsService] })
  class ConfigModule {}

  it.each([
    [
      'useFactory',
      AuthModule.forRootAsync({
        imports: [ConfigModule],
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({ realm: config.realm, schemes }),
      }),
    ],
    [
      'an async useFactory',
      AuthModule.forRootAsync({
        imports: [ConfigModule],
        inject: [ConfigService],
        useFactory: async (config: ConfigService) => ({ realm: config.realm, schemes }),
      }),
    ],
    ['useClass', AuthModule.forRootAsync({ imports: [ConfigModule], useClass: OptionsService })],
    ['useExisting', AuthModule.forRootAsync({ imports: [ConfigModule], useExisting: OptionsService })],
  ])('reads its options from forRootAsync() with %s', async (_how, module) => {
    const app = await start(adapter(), { imports: [module], controllers: [MeController] });
    expect((await send(app, '/')).challenges[0]).toBe('Bearer realm="Configured"');
    expect((await send(app, '/', good)).body).toBe('me');
  });

  it('still adds challenges to other 401s if a testing module replaces HttpAuthGuard', async () => {
    const create = async (replace: boolean) => {
      const builder = Test.createTestingModule({ imports: [AuthModule.forRoot(options)], controllers: [MeController] });
      if (replace) builder.overrideProvider(HttpAuthGuard).useValue({ canActivate: () => true });
      const app = (await builder.compile()).createNestApplication(adapter(), { logger: false });
      app.use('/use', (_request: unknown, response: import('node:http').ServerResponse) => {
        response.writeHead(401).end();
      });
      await app.listen(0, '127.0.0.1');
      return app;
    };
    const [real, replaced] = [await create(false), await create(true)];
    try {
      for (const path of ['/', '/use']) expect(await send(real, path)).toMatchObject({ status: 401, challenges });
      expect(await send(replaced, '/')).toMatchObject({ status: 200, body: 'me' });
      expect(await send(replaced, '/use')).toMatchObject({ status: 401, challenges });
    } finally {
      await Promise.all([real.close(), replaced.close()]);
    }
  });

  it('starts in an application without HTTP', async () => {
    const module = await Test.createTestingModule({ imports: [AuthModule.forRoot(options)] }).compile();
    await expect(module.init()).resolves.toBe(module);
    await module.close();
  });
});

describe('AuthModule with a wrong configuration', () => {
  const boot = (wrong: unknown, controllers: ReturnType<typeof controllerWith>[] = []) =>
    start(adapters[0]?.[1]() as never, { imports: [AuthModule.forRoot(wrong as AuthModuleOptions)], controllers });

  const bootAsync = (wrong: unknown) =>
    start(adapters[1]?.[1]() as never, {
      imports: [AuthModule.forRootAsync({ useFactory: () => wrong as AuthModuleOptions })],
    });

  it.each([
    ['no realm', { schemes }, 'realm: it must be a string'],
    ['an empty realm', { realm: '', schemes }, 'realm: it must not be empty; name the protection space'],
    ['a blank realm', { realm: ' ', schemes }, 'realm: it must not be empty; name the protection space'],
    ['a realm with a line break', { realm: 'a\nb', schemes }, 'realm: it must be printable ASCII without line breaks'],
    ['a realm with CR LF', { realm: 'a\r\nSet-Cookie: b', schemes }, 'realm: it must be printable ASCII'],
    ['a realm outside ASCII', { realm: 'Zürich', schemes }, 'realm: it must be printable ASCII'],
    ['a realm that is not a string', { realm: 1, schemes }, 'realm: it must be a string'],
    ['no schemes', { realm: 'a' }, 'schemes: list at least one scheme, e.g. [basic(verifier)]'],
    ['an empty list of schemes', { realm: 'a', schemes: [] }, 'schemes: list at least one scheme'],
    [
      'an entry that is not a scheme',
      { realm: 'a', schemes: ['basic'] },
      'schemes: an entry is not a scheme; list the results of basic(), bearer()',
    ],
    [
      'a Passport strategy without a scheme',
      { realm: 'a', schemes: [passportStrategy({ authenticate() {} }, {} as never)] },
      'passportStrategy(): scheme must name the auth-scheme that the strategy reads, e.g. Bearer',
    ],
    [
      'two schemes with the same name',
      { realm: 'a', schemes: [basic(() => null), basic(() => null)] },
      'schemes: two schemes are named "Basic"; give one of them another name',
    ],
    [
      'two schemes with the same name in another case',
      { realm: 'a', schemes: [bearer(() => null), passportStrategy({ authenticate() {} }, { scheme: 'BEARER' })] },
      'schemes: two schemes are named "BEARER"; give one of them another name',
    ],
    ...[undefined, null, 'htpasswd', {}, { verify: 1 }].map((verifier): [string, unknown, string] => [
      `the verifier ${JSON.stringify(verifier)}`,
      { realm: 'a', schemes: [basic(verifier as never)] },
      'basic(): the verifier must be a function (credentials, request) => principal or null, or an injectable class',
    ]),
    [
      'an unknown charset',
      { realm: 'a', schemes: [basic(() => null, { charset: 'latin1' as never })] },
      "basic(): charset must be 'UTF-8'",
    ],
    [
      'a limit that is out of range',
      { realm: 'a', schemes: [basic(() => null, { limits: { window: 0 } })] },
      'basic(): limits.window must be a duration from 1 second to 1 day',
    ],
    [
      'a strategy that is not a Passport strategy',
      { realm: 'a', schemes: [passportStrategy({} as never, { scheme: 'Bearer' })] },
      'passportStrategy(): the strategy must be a Passport strategy',
    ],
    [
      'a strategy with an invalid scheme name',
      { realm: 'a', schemes: [passportStrategy({ authenticate() {} }, { scheme: 'two words' })] },
      'passportStrategy(): scheme must name the auth-scheme',
    ],
    ['a globalGuard that is not a boolean', { ...options, globalGuard: 'false' }, 'globalGuard must be true or false'],
    ['a dotSegments that is no boolean', { ...options, dotSegments: 1 }, 'dotSegments must be true or false'],
    ...[0, 'soon', '25 days', -1].map((verifierTimeout): [string, unknown, string] => [
      `a verifierTimeout of ${verifierTimeout}`,
      { ...options, verifierTimeout },
      "verifierTimeout must be a duration of 1 millisecond to 24 days, e.g. '30s'",
    ]),
    ['a public that is not a list', { ...options, public: MeController }, 'public must list controller classes'],
    ['a public with a path', { ...options, public: ['/health'] }, 'public must list controller classes'],
    [
      'a passport that is not a Passport instance',
      { ...options, passport: {} },
      'passport must be a Passport instance',
    ],
  ])('throws AuthConfigurationError at startup for %s', async (_what, wrong, message) => {
    await expect(boot(wrong)).rejects.toThrow(message);
    await expect(boot(wrong)).rejects.toThrow(AuthConfigurationError);
    await expect(bootAsync(wrong)).rejects.toThrow(message);
  });

  it('throws an error at startup if there are no options', async () => {
    await expect(boot(undefined)).rejects.toThrow('realm: it must be a string');
    await expect(bootAsync(undefined)).rejects.toThrow('AuthModule: the options are missing; pass a realm and schemes');
  });

  it('throws an error at startup if no module provides a verifier class', async () => {
    class LostVerifier {
      verify() {
        return null;
      }
    }
    await expect(boot({ realm: 'a', schemes: [basic(LostVerifier)] })).rejects.toThrow(
      'LostVerifier: no module provides this class of schemes; add it to the providers of a module',
    );
  });

  it('throws an error at startup if a verifier class has no method verify()', async () => {
    class IdleVerifier {}
    const metadata = {
      imports: [AuthModule.forRoot({ realm: 'a', schemes: [basic(IdleVerifier as never)] })],
      providers: [IdleVerifier],
    };
    await expect(start(adapters[0]?.[1]() as never, metadata)).rejects.toThrow(
      'IdleVerifier: it has no method verify(credentials, request); add one',
    );
  });

  it('throws an error at startup if a Passport strategy is request-scoped', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class ScopedStrategy {
      authenticate() {}
    }
    const metadata = {
      imports: [AuthModule.forRoot({ realm: 'a', schemes: [passportStrategy(ScopedStrategy, { scheme: 'X' })] })],
      providers: [ScopedStrategy],
    };
    await expect(start(adapters[0]?.[1]() as never, metadata)).rejects.toThrow(
      'ScopedStrategy: a Passport strategy must be a singleton; remove its request scope',
    );
  });

  describe('that depends on a request', () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    /** Request-scoped, because its dependency is. */
    @Injectable()
    class UsersService implements AuthOptionsFactory {
      constructor(readonly tenant: Tenant) {}
      createAuthOptions() {
        return options;
      }
    }
    @Module({ providers: [Tenant, UsersService], exports: [Tenant, UsersService] })
    class UsersModule {}

    const message =
      'AuthModule.forRootAsync(): a dependency of its options is request-scoped, so Nest does not create the guard at startup; ' +
      'inject singletons, and pass a request-scoped verifier to its scheme as a class';
    const ways = [
      ['useFactory', { imports: [UsersModule], inject: [UsersService], useFactory: () => options }],
      ['REQUEST', { inject: [REQUEST], useFactory: () => options }],
      ['useClass', { imports: [UsersModule], useClass: UsersService }],
    ] as const;

    it.each(ways)('does not start: %s', async (_way, asyncOptions) => {
      for (const [, adapter] of adapters) {
        const imports = [AuthModule.forRootAsync(asyncOptions as never)];
        const started = start(adapter(), { imports, controllers: [MeController] });
        await expect(started).rejects.toThrow(new AuthConfigurationError('ERR_AUTH_PROVIDER_SCOPE', message));
      }
    });

    it.each(ways)('cannot protect a path: %s', async (_way, asyncOptions) => {
      const imports = [AuthModule.forRootAsync(asyncOptions as never)];
      const started = start(adapters[0]?.[1]() as never, { imports }, (app) => protect(app, '/docs'));
      await expect(started).rejects.toThrow(
        'protect(): a dependency of AuthModule.forRootAsync() is request-scoped; inject singletons',
      );
    });
  });

  it.each(adapters)(
    'throws an error if it is loaded after the start of an application on %s',
    async (_name, adapter) => {
      const app = await start(adapter(), { controllers: [MeController] });
      const loading = app.get(LazyModuleLoader).load(() => AuthModule.forRoot(options));
      await expect(loading).rejects.toMatchObject({ code: 'ERR_AUTH_MODULE_LATE' });
    },
  );

  it('throws an error at startup if forRoot() is called twice', async () => {
    const imports = [AuthModule.forRoot(options), AuthModule.forRoot({ ...options, realm: 'Other' })];
    await expect(start(adapters[0]?.[1]() as never, { imports })).rejects.toThrow(
      'AuthModule: forRoot() or forRootAsync() is called twice; call it once, in the root module',
    );
  });

  const controllerWith = (decorator: MethodDecorator) => {
    @Controller()
    class ArticlesController {
      @decorator
      @Get()
      list() {}
    }
    return ArticlesController;
  };

  it.each([
    [Schemes('digest'), 'ArticlesController.list(): schemes: AuthModule has no scheme "digest"; it has bearer, basic'],
    [Schemes('basic', 'bearer '), 'ArticlesController.list(): schemes: AuthModule has no scheme "bearer "'],
    [Schemes(), 'ArticlesController.list(): schemes: the list is empty; name at least one of bearer, basic'],
    [Realm(''), 'ArticlesController.list(): realm: it must not be empty'],
    [Realm('a\nb'), 'ArticlesController.list(): realm: it must be printable ASCII'],
    [Realm('Zürich'), 'ArticlesController.list(): realm: it must be printable ASCII'],
    [Realm(1 as unknown as RealmOption), 'ArticlesController.list(): realm: it must be a string'],
  ])('throws an error at startup if a decorator of a method is invalid (%#)', async (decorator, message) => {
    await expect(boot(options, [controllerWith(decorator)])).rejects.toThrow(message);
  });

  it('throws an error at startup if a decorator of a class is invalid', async () => {
    @Schemes('nope')
    @Controller()
    class WrongController {
      @Get() get() {}
    }
    await expect(boot(options, [WrongController as never])).rejects.toThrow(
      'WrongController.get(): schemes: AuthModule has no scheme "nope"',
    );
  });
});
