import { Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Policies } from '../guard/policies.js';
import { Exchanges } from '../response/exchange.js';
import { apolloPlugin } from './apollo.plugin.js';
import { Checks } from './checks.js';
import { checkFieldGuards } from './field.guards.js';
import { mercuriusHook, nameRefusal, type PreExecution } from './mercurius.hook.js';
import { Resolvers } from './resolvers.js';
import { checkRootFields } from './root.fields.js';
import type { Schema } from './schema.policies.js';
import { Schemas } from './schemas.js';
import { Sources } from './sources.js';
import { type GraphQLWsOptions, type MercuriusOptions, Subscriptions } from './subscriptions.js';

/** The driver of a `GraphQLModule`. */
interface Driver {
  /** Apollo's server, which exists once the driver has started; or the instance of Fastify, which has Mercurius. */
  readonly instance: object | undefined;
  /** Called by `GraphQLModule` when Nest initializes it, with an object that only this driver has. */
  start(options: DriverOptions): Promise<unknown>;
}

/** The options of the drivers that we read or change. */
interface DriverOptions {
  readonly schema?: Schema;
  readonly include?: readonly unknown[];
  readonly fieldResolverEnhancers?: readonly string[];
  /** Creates the GraphQL context. Both drivers have a function here, unless the schema is federated. */
  context?: unknown;
  /** Apollo's plugins. Those of Mercurius are something else. */
  plugins?: readonly object[];
  /** Mercurius's hooks. */
  hooks?: { readonly preExecution?: PreExecution | readonly PreExecution[] } | null;
  /** Apollo's subscriptions. */
  subscriptions?: { readonly 'graphql-ws'?: GraphQLWsOptions | boolean };
  /** Apollo's subscriptions with the default options. */
  readonly installSubscriptionHandlers?: boolean;
  /** Mercurius's subscriptions. */
  subscription?: MercuriusOptions | boolean;
  /** Apollo's options, if the driver is a gateway. */
  server?: DriverOptions;
}

/** Connects our checks to the drivers of GraphQL, before they start. */
@Injectable()
export class Drivers {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly adapterHost: HttpAdapterHost,
    private readonly resolvers: Resolvers,
    private readonly policies: Policies,
    private readonly schemas: Schemas,
    private readonly sources: Sources,
    private readonly exchanges: Exchanges,
    private readonly checks: Checks,
    private readonly subscriptions: Subscriptions,
  ) {}

  /**
   * Prepares the drivers of all modules.
   *
   * @throws AuthConfigurationError `ERR_AUTH_TRANSPORT` if a driver has started before
   */
  prepare(): void {
    for (const { instance } of this.modules.values()) {
      const { graphQlAdapter: driver } = (instance ?? {}) as { readonly graphQlAdapter?: Driver };
      if (typeof driver?.start === 'function') this.prepareDriver(driver);
    }
  }

  private prepareDriver(driver: Driver): void {
    if (this.isMercurius(driver) ? 'graphql' in driver.instance : driver.instance !== undefined) {
      throw new AuthConfigurationError(
        'ERR_AUTH_TRANSPORT',
        'GraphQLAuthModule: GraphQLModule has started before it; import GraphQLAuthModule first, or do not make GraphQLModule global',
      );
    }
    const start = driver.start.bind(driver);
    driver.start = async (options) => {
      const routes = this.resolvers.routes(options.include);
      for (const { controller, handler } of routes) this.policies.of(controller, handler);
      checkFieldGuards(routes, options.fieldResolverEnhancers);
      this.addTo(options.server ?? options, driver);
      const result = await start(options);
      const schema = this.schemaOf(driver, options);
      if (schema !== undefined) {
        const policies = this.schemas.make(options.include);
        this.schemas.note(schema, policies);
        checkRootFields(schema, policies, this.checks);
      }
      return result;
    };
  }

  private addTo(options: DriverOptions, driver: Driver): void {
    const { context, hooks } = options;
    if (typeof context === 'function') {
      options.context = async (...args: unknown[]) => {
        nameRefusal(this.exchanges, args);
        return this.sources.note((await context(...args)) as unknown, args);
      };
    }
    if (this.isMercurius(driver)) {
      const preExecution = [mercuriusHook(this.checks), ...[hooks?.preExecution ?? []].flat()];
      options.hooks = { ...hooks, preExecution };
      const { subscription } = options;
      if (subscription !== undefined && subscription !== false) {
        options.subscription = this.subscriptions.ofMercurius(subscription === true ? {} : subscription);
      }
    } else if (Array.isArray(options.plugins)) {
      options.plugins = [apolloPlugin(this.checks), ...(options.plugins as object[])];
      const subscriptions =
        options.subscriptions ?? (options.installSubscriptionHandlers ? { 'graphql-ws': true } : {});
      const { 'graphql-ws': own } = subscriptions;
      if (own !== undefined && own !== false) {
        const ours = this.subscriptions.ofGraphQLWs(own === true ? {} : own);
        options.subscriptions = { ...subscriptions, 'graphql-ws': ours };
      }
    }
  }

  /** The schema that Mercurius executes has the transforms of the application. */
  private schemaOf(driver: Driver, { schema }: DriverOptions): Schema | undefined {
    if (!this.isMercurius(driver)) return schema;
    return (driver.instance as { graphql?: { schema?: Schema } }).graphql?.schema ?? schema;
  }

  /** Returns `true` if a driver adds itself to Fastify. */
  private isMercurius(driver: Driver): driver is Driver & { readonly instance: object } {
    const server: unknown = this.adapterHost.httpAdapter?.getInstance();
    return driver.instance !== undefined && driver.instance === server;
  }
}
