import { type DynamicModule, Global, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Transports } from '../guard/transport.js';
import { Checks } from './checks.js';
import { Connections } from './connections.js';
import { Drivers } from './drivers.js';
import { GRAPHQL_OPTIONS, type GraphQLAuthOptions, resolveGraphQLOptions } from './graphql.options.js';
import { GraphQLTransport } from './graphql.transport.js';
import { Operations } from './operations.js';
import { Resolvers } from './resolvers.js';
import { Schemas } from './schemas.js';
import { Sources } from './sources.js';
import { Subscriptions } from './subscriptions.js';

/**
 * Authenticates the operations of `@nestjs/graphql`: queries, mutations and subscriptions, with Apollo and with Mercurius. The
 * decorators of the package apply to resolvers.
 *
 * @example
 * @Module({
 *   imports: [
 *     AuthModule.forRoot({ realm: 'Library', schemes: [bearer(verify)] }),
 *     GraphQLAuthModule,
 *     GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
 *   ],
 * })
 * export class AppModule {}
 */
// It is global because Nest initializes global modules first, and the drivers must not have started.
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: GRAPHQL_OPTIONS, useFactory: () => resolveGraphQLOptions() },
    Resolvers,
    Schemas,
    Sources,
    Operations,
    Checks,
    Connections,
    Subscriptions,
    Drivers,
    GraphQLTransport,
  ],
})
export class GraphQLAuthModule implements OnModuleInit {
  /**
   * Imports the module with options for subscriptions.
   *
   * @throws AuthConfigurationError `ERR_AUTH_OPTION` if an option is unknown or invalid
   */
  static forRoot(options: GraphQLAuthOptions = {}): DynamicModule {
    const resolved = resolveGraphQLOptions(options);
    return { module: GraphQLAuthModule, global: true, providers: [{ provide: GRAPHQL_OPTIONS, useValue: resolved }] };
  }

  /** @internal Nest creates the instance. */
  constructor(
    transports: Transports,
    transport: GraphQLTransport,
    private readonly drivers: Drivers,
  ) {
    transports.register('graphql', transport);
  }

  /** Called by Nest. */
  onModuleInit(): void {
    this.drivers.prepare();
  }
}
