import type { Server } from 'node:http';
import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { Passport } from 'passport';
import { type AuthModuleOptions, type AuthOptionsFactory, checkOptions } from './auth.options.js';
import { AuthEvents } from './events/auth.events.js';
import { Announcer } from './guard/announcer.js';
import { Arrivals } from './guard/arrivals.js';
import { Authenticator } from './guard/authenticator.js';
import { HttpAuthGuard } from './guard/http-auth.guard.js';
import { Policies } from './guard/policies.js';
import { RouteGuard } from './guard/route.guard.js';
import { ORIGIN, PROXY } from './http/fields.js';
import { Challenger } from './response/challenger.js';
import { Exchanges } from './response/exchange.js';
import { HttpAuthFilter } from './response/http-auth.filter.js';
import { Entrance } from './protect/entrance.js';
import { Gate } from './protect/gate.js';
import { ResponseHeadHook } from './response/response-head.hook.js';
import { MetadataEndpoint } from './resource/metadata.endpoint.js';
import { resourceParams } from './resource/metadata.js';
import { RouteExplorer } from './routes/route.explorer.js';
import { RouteMatcher } from './routes/route.matcher.js';
import { RouteReport } from './routes/route.report.js';
import { tableOf } from './routes/route.table.js';
import { AuthConfigurationError } from './common/configuration.error.js';
import { warnOfClearText } from './schemes/clear.text.js';
import { NestSchemeContainer } from './schemes/scheme.container.js';
import { SchemeRegistry } from './schemes/scheme.registry.js';
import type { PassportRegistry } from './schemes/strategy.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AuthModuleOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAuthOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

const OPTIONS = Symbol('AuthModuleOptions');

/** The token of the Passport instance that the strategies of the schemes are registered in. */
export const PASSPORT = Symbol('PASSPORT');

/** The applications that have the module. */
const applications = new WeakSet<ApplicationConfig>();

/**
 * HTTP authentication for an application. Importing it closes every route, and gives every 401 its `WWW-Authenticate`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: checkOptions },
    {
      provide: SchemeRegistry,
      inject: [OPTIONS, NestSchemeContainer, PASSPORT],
      useFactory: ({ schemes }: AuthModuleOptions, container: NestSchemeContainer, passport: PassportRegistry) =>
        new SchemeRegistry(schemes, container, passport),
    },
    {
      provide: PASSPORT,
      inject: [OPTIONS],
      useFactory: (options: AuthModuleOptions): PassportRegistry => options.passport ?? new Passport(),
    },
    {
      provide: Exchanges,
      inject: [OPTIONS, SchemeRegistry],
      useFactory: (
        { realm, challenges: { prompt = 'always' } = {}, resource }: AuthModuleOptions,
        schemes: SchemeRegistry,
      ) => new Exchanges(() => ({ realm, schemes: schemes.all, prompt, params: resourceParams(resource) })),
    },
    {
      provide: Challenger,
      inject: [OPTIONS, Exchanges],
      useFactory: ({ proxy, challenges: { layout = 'lines' } = {} }: AuthModuleOptions, exchanges: Exchanges) =>
        new Challenger(proxy ? PROXY : ORIGIN, layout, exchanges),
    },
    {
      provide: Authenticator,
      inject: [OPTIONS, Challenger, Announcer],
      useFactory: ({ proxy }: AuthModuleOptions, challenger: Challenger, announcer: Announcer) =>
        new Authenticator(proxy ? PROXY : ORIGIN, challenger, announcer),
    },
    {
      provide: Announcer,
      inject: [AuthEvents, Challenger],
      useFactory: (events: AuthEvents, challenger: Challenger) => new Announcer(events, challenger),
    },
    {
      provide: ResponseHeadHook,
      inject: [Challenger],
      useFactory: (challenger: Challenger) => new ResponseHeadHook(challenger),
    },
    {
      provide: Gate,
      inject: [Authenticator, Challenger],
      useFactory: (authenticator: Authenticator, challenger: Challenger) => new Gate(authenticator, challenger),
    },
    {
      provide: Entrance,
      inject: [Exchanges, Challenger, ResponseHeadHook, Gate],
      useFactory: (...parts: ConstructorParameters<typeof Entrance>) => new Entrance(...parts),
    },
    {
      provide: Policies,
      inject: [OPTIONS, SchemeRegistry],
      useFactory: (
        { realm, challenges: { prompt = 'always' } = {}, public: open = [], resource }: AuthModuleOptions,
        schemes: SchemeRegistry,
      ) => new Policies(realm, schemes, prompt, open, resourceParams(resource)),
    },
    NestSchemeContainer,
    AuthEvents,
    HttpAuthFilter,
    Arrivals,
    HttpAuthGuard,
    RouteExplorer,
    RouteReport,
  ],
  exports: [PASSPORT, Arrivals, AuthEvents, Authenticator, HttpAuthGuard, RouteReport],
})
export class AuthModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationBootstrap {
  /** The module with options that are known when it is imported. */
  static override forRoot(options: AuthModuleOptions): DynamicModule {
    return super.forRoot({ ...options });
  }

  /** The module with options that other providers make: `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<AuthModuleOptions, keyof AuthOptionsFactory>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  constructor(
    @Inject(OPTIONS) private readonly options: AuthModuleOptions,
    private readonly schemes: SchemeRegistry,
    private readonly policies: Policies,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    application: ApplicationConfig,
    private readonly adapterHost: HttpAdapterHost,
    private readonly headHook: ResponseHeadHook,
    private readonly report: RouteReport,
    entrance: Entrance,
    gate: Gate,
    filter: HttpAuthFilter,
    arrivals: Arrivals,
    guard: HttpAuthGuard,
  ) {
    super();
    if (applications.has(application)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_OPTION',
        'AuthModule is imported twice with options of its own: call forRoot() once',
      );
    }
    applications.add(application);

    // Here, and not as APP_GUARD and APP_FILTER, whose order is that of the modules: other guards find the user signed
    // in, and any filter of the application's own goes before ours.
    application.useGlobalGuards(options.globalGuard === false ? new RouteGuard(arrivals) : guard);
    application.useGlobalFilters(filter);
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      if (!httpAdapter) return;
      const { realm, resource } = options;
      const metadata = resource && new MetadataEndpoint(resource, schemes, report);
      entrance.install(httpAdapter, typeof realm === 'function', metadata);
      if (options.early) {
        const matcher = new RouteMatcher(report, httpAdapter);
        gate.holdEarly((request) => matcher.policyOf(request));
      }
    });
  }

  /** Binds the schemes, and decides the policy of every route, so that a mistake in one stops the boot. */
  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter?.getHttpServer() as Server | undefined;
    if (server !== undefined) this.headHook.installOn(server);
    const schemes = this.schemes.bind();
    if (this.options.resource !== undefined && !schemes.some(({ oauth }) => oauth === true)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_OPTION',
        'resource: no scheme takes tokens, which its metadata are for; add bearer()',
      );
    }
    if (server !== undefined && !this.options.tlsTerminated) warnOfClearText(server, schemes);
    this.policies.decideAll(this.discovery, this.scanner);
    if (this.options.globalGuard === false) this.report.check();
  }

  /** Prints the routes, where `printRoutes` asks for it. */
  onApplicationBootstrap(): void {
    if (this.options.printRoutes) new Logger(AuthModule.name).log(`Routes\n${tableOf(this.report.routes())}`);
  }
}
