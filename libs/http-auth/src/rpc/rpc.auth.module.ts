import { type ArgumentsHost, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Transports } from '../guard/transport.js';
import { HttpAuthFilter } from '../response/http-auth.filter.js';
import { MessageCredentials } from './message.credentials.js';
import { MessageHandlers } from './message.handlers.js';
import { MessageServers } from './message.servers.js';
import { checkedOptions, RPC_OPTIONS, type RpcAuthOptions } from './rpc.options.js';
import { RpcTransport } from './rpc.transport.js';

/**
 * Authenticates the messages of microservices by the schemes and the decorators of `AuthModule`: gRPC calls by their metadata,
 * and messages of other transports by the option `credentials`. Import it next to `AuthModule`, in a microservice or in an
 * application with `connectMicroservice()`.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot({ realm: 'Books', schemes: [bearer(verify)] }), RpcAuthModule.forRoot()] })
 * export class AppModule {}
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: RPC_OPTIONS, useValue: {} },
    MessageCredentials,
    MessageHandlers,
    MessageServers,
    RpcTransport,
  ],
})
export class RpcAuthModule implements OnApplicationBootstrap {
  /**
   * Imports the module with options. gRPC does not need options.
   *
   * @throws AuthConfigurationError if an option is invalid
   */
  static forRoot(options: RpcAuthOptions = {}): DynamicModule {
    return { module: RpcAuthModule, providers: [{ provide: RPC_OPTIONS, useValue: checkedOptions(options) }] };
  }

  /** @internal Nest creates the instance. */
  constructor(
    private readonly transport: RpcTransport,
    servers: MessageServers,
    transports: Transports,
    filter: HttpAuthFilter,
  ) {
    if (transports.of('rpc') !== undefined) {
      throw new AuthConfigurationError(
        'ERR_AUTH_MODULE_TWICE',
        'RpcAuthModule: the module is imported twice with different options; call forRoot() once, in the root module',
      );
    }
    transports.register('rpc', transport);
    filter.forms.set('rpc', (exception: Error, host: ArgumentsHost) => transport.respond(exception, host));
    servers.watch(transport);
  }

  /** Called by Nest. */
  onApplicationBootstrap(): void {
    this.transport.warn();
  }
}
