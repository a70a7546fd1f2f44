import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { EVENT_HANDLER, HANDLER_TYPE_METADATA, PATTERN_METADATA } from '../common/nest.internals.js';
import type { TransportRoute } from '../guard/transport.js';
import { MessageServers } from './message.servers.js';
import { type GrpcPattern, isGrpcPattern, textOf } from './pattern.js';

/** Finds the message handlers of the controllers. */
@Injectable()
export class MessageHandlers {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly servers: MessageServers,
  ) {}

  /**
   * Returns one route for each pattern of a handler. The path of a gRPC method has its package once the server is created, if
   * all servers have the same one: decorators do not name it.
   */
  routes(): TransportRoute[] {
    const [only, ...others] = this.servers.packages;
    const prefix = only === undefined || others.length > 0 ? undefined : `/${only}.`;
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      const controller = metatype as Type<Record<string, Function>>;
      return this.scanner.getAllMethodNames(controller.prototype).flatMap((name) => {
        const handler = controller.prototype[name] as Function;
        const patterns = Reflect.getMetadata(PATTERN_METADATA, handler) as unknown[] | undefined;
        return (patterns ?? []).map((pattern) => ({
          controller,
          handler,
          name,
          method: methodOf(handler, pattern),
          path: isGrpcPattern(pattern) ? pathOf(pattern, prefix) : textOf(pattern),
        }));
      });
    });
  }
}

function methodOf(handler: Function, pattern: unknown): string {
  if (isGrpcPattern(pattern)) return 'GRPC';
  return Reflect.getMetadata(HANDLER_TYPE_METADATA, handler) === EVENT_HANDLER ? 'EVENT' : 'RPC';
}

function pathOf(pattern: GrpcPattern, prefix: string | undefined): string {
  const path = textOf(pattern);
  return prefix === undefined || pattern.service.includes('.') ? path : `${prefix}${path.slice(1)}`;
}
