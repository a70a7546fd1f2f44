import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Transports } from '../guard/transport.js';
import { Connections } from './connections.js';
import { GatewayServers } from './gateway.servers.js';
import { Gateways } from './gateways.js';
import { Handshakes } from './handshakes.js';
import { WebSocketAuth } from './websocket.auth.js';
import { resolveWebSocketOptions, WEBSOCKET_OPTIONS, type WebSocketAuthOptions } from './websocket.options.js';
import { WebSocketTransport } from './websocket.transport.js';

/** The applications that have the module. */
const applications = new WeakSet<ApplicationConfig>();

/**
 * Authenticates the clients of WebSocket gateways, with `WsAdapter` and with `IoAdapter`. The policy of the class holds the handshake
 * before the response 101; the policy of a handler holds its message.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot({ realm, schemes }), WebSocketAuthModule.forRoot()] })
 * export class AppModule {}
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: WEBSOCKET_OPTIONS, useFactory: () => resolveWebSocketOptions() },
    Gateways,
    Connections,
    Handshakes,
    GatewayServers,
    WebSocketTransport,
    WebSocketAuth,
  ],
  exports: [WebSocketAuth],
})
export class WebSocketAuthModule {
  /**
   * Imports the module.
   *
   * @throws AuthConfigurationError `ERR_AUTH_OPTION` if an option is unknown or invalid
   */
  static forRoot(options: WebSocketAuthOptions = {}): DynamicModule {
    const resolved = resolveWebSocketOptions(options);
    return {
      module: WebSocketAuthModule,
      global: true,
      providers: [{ provide: WEBSOCKET_OPTIONS, useValue: resolved }],
    };
  }

  /** @internal Nest creates the instance. */
  constructor(
    config: ApplicationConfig,
    transports: Transports,
    servers: GatewayServers,
    private readonly transport: WebSocketTransport,
  ) {
    if (applications.has(config)) {
      throw new AuthConfigurationError(
        'ERR_AUTH_MODULE_TWICE',
        'WebSocketAuthModule: the application imports it twice; import it once, in the root module',
      );
    }
    applications.add(config);
    transports.register('ws', this.transport);
    servers.install(() => this.transport.guardGateways());
  }
}
