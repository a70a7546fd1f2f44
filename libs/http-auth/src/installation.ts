import type { Server } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { ResolvedAuthOptions } from './auth.options.js';
import { AuthConfigurationError } from './common/configuration.error.js';
import { useStrictHttpErrors } from './common/nest.internals.js';
import { HttpAuthGuard } from './guard/http-auth.guard.js';
import { MissingTransport } from './guard/missing.transport.js';
import { Policies } from './guard/policies.js';
import { RouteGuard } from './guard/route.guard.js';
import { Transports } from './guard/transport.js';
import { FrameworkCheck } from './door/framework.check.js';
import { FrontDoor } from './door/front.door.js';
import { MetadataEndpoint } from './resource/metadata.endpoint.js';
import { HttpAuthFilter } from './response/http-auth.filter.js';
import { RouteMatcher } from './routes/route.matcher.js';
import { RouteReport } from './routes/route.report.js';
import { tableOf } from './routes/route.table.js';
import { warnOfClearText } from './schemes/clear.text.js';
import { registerStrategies } from './schemes/passport/registration.js';
import type { PassportRegistry } from './schemes/passport/strategy.js';
import { SchemeRegistry } from './schemes/scheme.registry.js';

/** The injection token of the {@link ResolvedAuthOptions}. */
export const OPTIONS = Symbol('nestjs-http-auth:options');

/** The injection token of the Passport instance that the strategies of the schemes are registered in. */
export const PASSPORT = Symbol('PASSPORT');

/** Marks the applications that have the module, for all copies of this package in the process. */
const INSTALLED = Symbol.for('nestjs-http-auth:installed');

/** Returns `true` if the parts of the module exist and are connected to the application. */
export function isInstalled(application: ApplicationConfig): boolean {
  return Object.hasOwn(application, INSTALLED);
}

/** Connects the parts of the module to the application, at three moments of its start. */
@Injectable()
export class Installation {
  constructor(
    @Inject(OPTIONS) private readonly options: ResolvedAuthOptions,
    @Inject(PASSPORT) private readonly passport: PassportRegistry,
    private readonly application: ApplicationConfig,
    private readonly adapterHost: HttpAdapterHost,
    private readonly schemes: SchemeRegistry,
    private readonly policies: Policies,
    private readonly guard: HttpAuthGuard,
    private readonly routeGuard: RouteGuard,
    private readonly filter: HttpAuthFilter,
    private readonly door: FrontDoor,
    private readonly check: FrameworkCheck,
    private readonly report: RouteReport,
    private readonly missing: MissingTransport,
    private readonly transports: Transports,
  ) {
    this.install();
  }

  /**
   * Adds the guard, the filter and the hooks, when Nest creates the providers of the module.
   *
   * Not as `APP_GUARD` and `APP_FILTER`, whose order is the order of the modules: our guard must run before the guards of the
   * application, which read `request.user`, and our filter after its filters.
   *
   * @throws AuthConfigurationError if the application imports the module twice, or is listening already
   */
  private install(): void {
    const { application, options, adapterHost } = this;
    if (adapterHost.listening) {
      throw new AuthConfigurationError(
        'ERR_AUTH_MODULE_LATE',
        'AuthModule: it was loaded after the application had started, so it cannot protect the routes; import it in the root module',
      );
    }
    if (isInstalled(application)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_MODULE_TWICE',
        'AuthModule: forRoot() or forRootAsync() is called twice; call it once, in the root module',
      );
    }
    Object.defineProperty(application, INSTALLED, { value: true });
    application.useGlobalGuards(options.globalGuard ? this.guard : this.routeGuard);
    application.useGlobalFilters(this.filter);
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      if (!httpAdapter) return;
      const { realm, resources, early } = options;
      useStrictHttpErrors(httpAdapter);
      this.door.prepare(httpAdapter, early);
      this.check.prepare(httpAdapter, {
        awaitsRealm: typeof realm === 'function',
        answerer: resources.length > 0 ? new MetadataEndpoint(resources, this.schemes, this.report) : undefined,
        early: early ? new RouteMatcher(this.report, httpAdapter) : undefined,
      });
    });
  }

  /**
   * Binds the schemes and decides the policy of every route, when Nest initializes the module.
   *
   * @throws AuthConfigurationError if a scheme, a decorator or an option is invalid
   */
  initialize(): void {
    const { options, policies, report } = this;
    const server = this.adapterHost.httpAdapter?.getHttpServer() as Server | undefined;
    if (server !== undefined) this.door.install(server);
    const schemes = this.schemes.all;
    this.door.conceal(schemes);
    registerStrategies(schemes, this.passport);
    if (options.resources.length > 0 && !schemes.some(({ oauth }) => oauth === true)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_OPTION',
        'resource: no scheme accepts tokens, so its metadata have no purpose; add bearer() to schemes',
      );
    }
    if (server !== undefined && !options.tlsTerminated) warnOfClearText(server, schemes);
    policies.decideAll(this.transports.routes());
    if (options.globalGuard) this.missing.check();
    else report.check();
  }

  /** Ends what outlives the servers, when the application closes. */
  close(): void {
    this.door.close();
  }

  /** Logs warnings when the application has started, and the routes if the option `printRoutes` is `true`. */
  announce(): void {
    const logger = new Logger('AuthModule');
    for (const warning of this.report.warnings()) logger.warn(warning);
    if (this.options.printRoutes) logger.log(`Routes\n${tableOf(this.report.routes())}`);
  }
}
