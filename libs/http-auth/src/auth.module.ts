import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Inject,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { Passport } from 'passport';
import { type AuthModuleOptions, type AuthOptionsFactory, checkOptions } from './auth.options.js';
import { Arrivals } from './guard/arrivals.js';
import { HttpAuthGuard } from './guard/http-auth.guard.js';
import { Policies } from './guard/policies.js';
import { RouteGuard } from './guard/route.guard.js';
import { Challenger } from './response/challenger.js';
import { Exchanges } from './response/exchange.js';
import { HttpAuthFilter } from './response/http-auth.filter.js';
import { watchResponseHeads } from './response/response-head.hook.js';
import { AuthConfigurationError } from './schemes/configuration.error.js';
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
      inject: [OPTIONS],
      useFactory: ({ schemes }: AuthModuleOptions) => new SchemeRegistry(schemes),
    },
    {
      provide: PASSPORT,
      inject: [OPTIONS],
      useFactory: (options: AuthModuleOptions): PassportRegistry => options.passport ?? new Passport(),
    },
    {
      provide: Exchanges,
      inject: [OPTIONS, SchemeRegistry],
      useFactory: ({ realm }: AuthModuleOptions, schemes: SchemeRegistry) => new Exchanges(realm, schemes),
    },
    { provide: Challenger, inject: [Exchanges], useFactory: (exchanges: Exchanges) => new Challenger(exchanges) },
    {
      provide: Policies,
      inject: [OPTIONS, SchemeRegistry],
      useFactory: ({ realm, public: open = [] }: AuthModuleOptions, schemes: SchemeRegistry) =>
        new Policies(realm, schemes, open),
    },
    NestSchemeContainer,
    HttpAuthFilter,
    Arrivals,
    HttpAuthGuard,
  ],
  exports: [PASSPORT, Challenger, Arrivals, HttpAuthGuard],
})
export class AuthModule extends ConfigurableModuleClass implements OnModuleInit {
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
    @Inject(OPTIONS) options: AuthModuleOptions,
    @Inject(PASSPORT) private readonly passport: PassportRegistry,
    private readonly schemes: SchemeRegistry,
    private readonly container: NestSchemeContainer,
    private readonly policies: Policies,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    application: ApplicationConfig,
    adapterHost: HttpAdapterHost,
    exchanges: Exchanges,
    challenger: Challenger,
    filter: HttpAuthFilter,
    arrivals: Arrivals,
    guard: HttpAuthGuard,
  ) {
    super();
    if (applications.has(application)) {
      throw new AuthConfigurationError('AuthModule is imported twice with options of its own: call forRoot() once');
    }
    applications.add(application);

    // Here, and not as APP_GUARD and APP_FILTER, whose order is that of the modules: other guards find the user signed
    // in, and any filter of the application's own goes before ours.
    application.useGlobalGuards(options.globalGuard === false ? new RouteGuard(arrivals) : guard);
    application.useGlobalFilters(filter);
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      if (httpAdapter) watchResponseHeads(httpAdapter, exchanges, challenger);
    });
  }

  /** Binds the schemes, and decides the policy of every route, so that a mistake in one stops the boot. */
  onModuleInit(): void {
    this.schemes.bind(this.container, this.passport);
    this.policies.decideAll(this.discovery, this.scanner);
  }
}
