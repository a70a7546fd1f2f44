import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { GATEWAY_METADATA, MESSAGE_METADATA, PATTERN_METADATA, RESOLVER_METADATA } from '../common/nest.internals.js';
import { Policies } from './policies.js';
import { Transports } from './transport.js';

/** The transports of Nest, and how to recognize their handlers. */
const TRANSPORTS = [
  {
    type: 'ws',
    module: 'WebSocketAuthModule.forRoot() of nestjs-http-auth/websockets',
    isHandler: (handler: Function) => Reflect.hasMetadata(MESSAGE_METADATA, handler),
    isClass: (type: Type) => Reflect.hasMetadata(GATEWAY_METADATA, type),
  },
  {
    type: 'graphql',
    module: 'GraphQLAuthModule of nestjs-http-auth/graphql',
    isHandler: (handler: Function) => Reflect.hasMetadata(RESOLVER_METADATA, handler),
  },
  {
    type: 'rpc',
    module: 'RpcAuthModule.forRoot() of nestjs-http-auth/rpc',
    isHandler: (handler: Function) => Reflect.hasMetadata(PATTERN_METADATA, handler),
  },
] as const;

/** Finds handlers of other transports that nothing authenticates. */
@Injectable()
export class MissingTransport {
  constructor(
    private readonly transports: Transports,
    private readonly policies: Policies,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Checks that the module of each transport is imported if one of its handlers requires credentials.
   *
   * @throws AuthConfigurationError `ERR_AUTH_TRANSPORT`; the message names the handler
   */
  check(): void {
    const missing = TRANSPORTS.filter(({ type }) => this.transports.of(type) === undefined);
    for (const { metatype } of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      // A provider of useFactory may be an arrow function, which has no prototype.
      if (typeof metatype !== 'function' || typeof metatype.prototype !== 'object') continue;
      for (const transport of missing) this.checkClass(metatype as Type, transport);
    }
  }

  private checkClass(type: Type, transport: (typeof TRANSPORTS)[number]): void {
    const closed = this.handlersOf(type, transport).find(
      ([, handler]) => this.policies.of(type, handler).access !== 'public',
    );
    if (closed === undefined) return;
    throw new AuthConfigurationError(
      'ERR_AUTH_TRANSPORT',
      `${type.name}.${closed[0]}(): requires credentials, but nothing authenticates its clients; ` +
        `import ${transport.module}, or mark it @Public()`,
    );
  }

  private handlersOf(type: Type, transport: (typeof TRANSPORTS)[number]): [name: string, handler: Function][] {
    const prototype = type.prototype as Record<string, Function>;
    const handlers = this.scanner
      .getAllMethodNames(prototype)
      .map((name): [string, Function] => [name, prototype[name] as Function])
      .filter(([, handler]) => transport.isHandler(handler));
    // Clients of a gateway connect before they send a message.
    if ('isClass' in transport && transport.isClass(type)) handlers.unshift(['handleConnection', connectionOf(type)]);
    return handlers;
  }
}

/** Stands for the connection of gateways without this method. */
function handleConnection(): void {
  // Only its name and its missing decorators matter.
}

/** Returns the handler whose policy holds for the connections of a gateway: its `handleConnection()`, or one without decorators. */
export function connectionOf(gateway: Type): Function {
  return (gateway.prototype as Record<string, Function | undefined>)['handleConnection'] ?? handleConnection;
}
