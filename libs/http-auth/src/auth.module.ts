import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, ModuleRef, ModulesContainer } from '@nestjs/core';
import { Passport } from 'passport';
import {
  type AuthModuleOptions,
  type AuthOptionsFactory,
  type ResolvedAuthOptions,
  resolveOptions,
} from './auth.options.js';
import { AuthConfigurationError } from './common/configuration.error.js';
import { TIMEOUT } from './common/timeout.js';
import { AuthEvents } from './events/auth.events.js';
import { Authenticator } from './guard/authenticator.js';
import { EventReporter, SUBJECT } from './guard/event.reporter.js';
import { HttpAuthGuard } from './guard/http-auth.guard.js';
import { schemesFor } from './guard/opening.js';
import { IGNORE_OTHER_SCHEMES, OPEN_ROUTES, Policies } from './guard/policies.js';
import { ScopeHierarchy } from './guard/scope.hierarchy.js';
import { RouteExchanges } from './guard/route.exchanges.js';
import { MissingTransport } from './guard/missing.transport.js';
import { RouteGuard } from './guard/route.guard.js';
import { Transports } from './guard/transport.js';
import { FIELDS, ORIGIN, PROXY } from './http/fields.js';
import { Installation, isInstalled, OPTIONS, PASSPORT } from './installation.js';
import { FrameworkCheck } from './door/framework.check.js';
import { FrontDoor } from './door/front.door.js';
import { Gate } from './door/gate.js';
import { ProtectedPaths } from './door/paths/protected.paths.js';
import { Resources } from './resource/resources.js';
import { Challenger, LAYOUT } from './response/challenger.js';
import { STREAM_EXPIRY } from './response/event.stream.js';
import { Exchanges } from './response/exchange.js';
import { HttpAuthFilter } from './response/http-auth.filter.js';
import { APPLICATION_PROTECTION, type Protection } from './response/protection.js';
import { RESOURCES } from './response/protected.resources.js';
import { ResponseHeadHook } from './response/response-head.hook.js';
import { RouteExplorer } from './routes/route.explorer.js';
import { RouteReport } from './routes/route.report.js';
import { AuthLimits } from './schemes/auth.limits.js';
import { TLS_TERMINATED } from './schemes/clear.text.js';
import { NestSchemeContainer, RESOURCE_URLS } from './schemes/scheme.container.js';
import { SchemeRegistry } from './schemes/scheme.registry.js';

export { PASSPORT };

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AuthModuleOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAuthOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** The protection of routes without decorators. The getter binds the schemes only when they are needed. */
function applicationProtection(
  { realm, challenges: { prompt } }: ResolvedAuthOptions,
  registry: SchemeRegistry,
): Protection {
  return {
    realm,
    prompt,
    get schemes() {
      return schemesFor(registry.usual, 'response');
    },
  };
}

/**
 * HTTP authentication for an application. If a module imports it, every route requires credentials, and every 401 has its
 * `WWW-Authenticate` field.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifyPassword)] })] })
 * export class AppModule {}
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveOptions },
    {
      provide: PASSPORT,
      inject: [OPTIONS],
      useFactory: ({ passport }: ResolvedAuthOptions) => passport ?? new Passport(),
    },
    { provide: FIELDS, inject: [OPTIONS], useFactory: ({ proxy }: ResolvedAuthOptions) => (proxy ? PROXY : ORIGIN) },
    {
      provide: TIMEOUT,
      inject: [OPTIONS],
      useFactory: ({ verifierTimeout }: ResolvedAuthOptions) => verifierTimeout,
    },
    {
      provide: ProtectedPaths,
      inject: [OPTIONS],
      useFactory: ({ dotSegments }: ResolvedAuthOptions) => new ProtectedPaths({ dotSegments }),
    },
    {
      provide: RESOURCES,
      inject: [OPTIONS],
      useFactory: ({ resources, dotSegments }: ResolvedAuthOptions) => new Resources(resources, { dotSegments }),
    },
    { provide: LAYOUT, inject: [OPTIONS], useFactory: ({ challenges }: ResolvedAuthOptions) => challenges.layout },
    { provide: STREAM_EXPIRY, inject: [OPTIONS], useFactory: ({ streams }: ResolvedAuthOptions) => streams.expiry },
    {
      provide: TLS_TERMINATED,
      inject: [OPTIONS],
      useFactory: ({ tlsTerminated }: ResolvedAuthOptions) => tlsTerminated,
    },
    { provide: SUBJECT, inject: [OPTIONS], useFactory: ({ subject }: ResolvedAuthOptions) => subject },
    { provide: OPEN_ROUTES, inject: [OPTIONS], useFactory: (options: ResolvedAuthOptions) => options.public },
    {
      provide: IGNORE_OTHER_SCHEMES,
      inject: [OPTIONS],
      useFactory: ({ ignoreOtherSchemes }: ResolvedAuthOptions) => ignoreOtherSchemes,
    },
    {
      provide: ScopeHierarchy,
      inject: [OPTIONS],
      useFactory: ({ scopes }: ResolvedAuthOptions) => new ScopeHierarchy(scopes.implies),
    },
    { provide: APPLICATION_PROTECTION, inject: [OPTIONS, SchemeRegistry], useFactory: applicationProtection },
    {
      provide: SchemeRegistry,
      inject: [OPTIONS, NestSchemeContainer],
      useFactory: ({ schemes }: ResolvedAuthOptions, container: NestSchemeContainer) =>
        new SchemeRegistry(schemes, container),
    },
    {
      provide: RESOURCE_URLS,
      inject: [OPTIONS],
      useFactory: ({ resources }: ResolvedAuthOptions) => resources.map(({ url }) => url),
    },
    NestSchemeContainer,
    AuthEvents,
    AuthLimits,
    Exchanges,
    Challenger,
    EventReporter,
    Authenticator,
    Policies,
    Transports,
    MissingTransport,
    RouteExchanges,
    RouteGuard,
    HttpAuthGuard,
    HttpAuthFilter,
    ResponseHeadHook,
    Gate,
    FrontDoor,
    FrameworkCheck,
    {
      provide: RouteExplorer,
      inject: [ApplicationConfig, ModulesContainer],
      useFactory: (config: ApplicationConfig, modules: ModulesContainer) => RouteExplorer.create(config, modules),
    },
    RouteReport,
    Installation,
  ],
  // Guards and the modules of other transports need more than applications do.
  exports: [
    PASSPORT,
    OPTIONS,
    SUBJECT,
    TIMEOUT,
    Policies,
    Exchanges,
    Challenger,
    Transports,
    RouteExchanges,
    AuthEvents,
    AuthLimits,
    Authenticator,
    HttpAuthGuard,
    HttpAuthFilter,
    ResponseHeadHook,
    RouteReport,
    SchemeRegistry,
    ScopeHierarchy,
  ],
})
export class AuthModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy
{
  /** Imports the module with options that are known at that moment. */
  static override forRoot(options: AuthModuleOptions): DynamicModule {
    return super.forRoot({ ...options });
  }

  /** Imports the module with options that other providers create: `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<AuthModuleOptions, keyof AuthOptionsFactory>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /** The parts, as soon as the module is initialized. */
  private installation: Installation | undefined;

  /**
   * Only dependencies that are never request-scoped. Otherwise Nest would not create the module, and nothing would be protected.
   *
   * @internal Nest creates the instance.
   */
  constructor(
    private readonly application: ApplicationConfig,
    private readonly moduleRef: ModuleRef,
  ) {
    super();
  }

  /**
   * Called by Nest.
   *
   * @throws AuthConfigurationError if an option or a decorator is invalid, or if the options depend on a request
   */
  onModuleInit(): void {
    if (!isInstalled(this.application)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_PROVIDER_SCOPE',
        'AuthModule.forRootAsync(): a dependency of its options is request-scoped, so Nest does not create the guard at startup; ' +
          'inject singletons, and pass a request-scoped verifier to its scheme as a class',
      );
    }
    const installation = this.moduleRef.get(Installation);
    installation.initialize();
    this.installation = installation;
  }

  /** Called by Nest. */
  onApplicationBootstrap(): void {
    this.installation?.announce();
  }

  /** Called by Nest. */
  onModuleDestroy(): void {
    this.installation?.close();
  }
}
