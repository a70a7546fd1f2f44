/**
 * Everything that the library uses of Nest although Nest does not document it. No other file imports a file inside a package
 * of Nest.
 *
 * Reason: the route report must show the paths that the router serves, and Nest has no public function for them. The guard
 * must know the decorators of a route, and Nest does not export the keys of its metadata. `@nestjs/swagger` uses the same
 * classes and keys. The tests of this file run with Nest 11 and with Nest 12.
 */
import { Controller, Get, RequestMethod, UseGuards } from '@nestjs/common';
import { type ApplicationConfig, MetadataScanner } from '@nestjs/core';
import type { PathsExplorer } from '@nestjs/core/router/paths-explorer.js';
import type { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { AuthConfigurationError } from './configuration.error.js';

/** The paths of a controller, and of a method. */
export const PATH_METADATA = 'path';
/** The `RequestMethod` of a method. */
export const METHOD_METADATA = 'method';
/** The hosts of a controller. */
export const HOST_METADATA = 'host';
/** The versions of a controller, and of a method. */
export const VERSION_METADATA = '__version__';
/** The guards of a controller, and of a method. */
export const GUARDS_METADATA = '__guards__';
/** The start of the key for the path of a module in `RouterModule`. The id of the application follows. */
export const MODULE_PATH = '__module_path__';
/** Set on a class with `@WebSocketGateway()`. */
export const GATEWAY_METADATA = 'websockets:is_gateway';
/** The options of a gateway: its path and its namespace. */
export const GATEWAY_OPTIONS_METADATA = 'websockets:gateway_options';
/** The port of a gateway; 0 if it shares the server of the application. */
export const GATEWAY_PORT_METADATA = 'port';
/** Set on a method with `@SubscribeMessage()`. */
export const MESSAGE_METADATA = 'websockets:message_mapping';
/** The name of the message of such a method. */
export const MESSAGE_NAME_METADATA = 'message';
/** The type of a resolver's method: `Query`, `Mutation`, `Subscription`, or the name of an object type. */
export const RESOLVER_METADATA = 'graphql:resolver_type';
/** Set on a method with `@ResolveField()`. */
export const FIELD_METADATA = 'graphql:resolve_property';
/** Set on a method with `@MessagePattern()`, `@EventPattern()` or `@GrpcMethod()`. */
export const PATTERN_METADATA = 'microservices:pattern';

/** The classes of Nest's router that know its paths. */
export interface NestRouter {
  /** Finds the methods with a route. */
  readonly explorer: Pick<PathsExplorer, 'scanForPaths'>;
  /** Adds the prefixes and the versions to a path. */
  readonly paths: Pick<RoutePathFactory, 'create'>;
}

/**
 * Loads the router's classes and checks the metadata keys.
 *
 * @throws AuthConfigurationError `ERR_AUTH_NEST_VERSION` if the installed version of Nest differs from the supported ones
 */
export async function loadNestRouter(config: ApplicationConfig): Promise<NestRouter> {
  try {
    checkMetadata();
    const [{ PathsExplorer }, { RoutePathFactory }] = await Promise.all([
      import('@nestjs/core/router/paths-explorer.js'),
      import('@nestjs/core/router/route-path-factory.js'),
    ]);
    return { explorer: new PathsExplorer(new MetadataScanner()), paths: new RoutePathFactory(config) };
  } catch (cause) {
    throw new AuthConfigurationError(
      'ERR_AUTH_NEST_VERSION',
      `@nestjs/core: this version has another router (${(cause as Error).message}); install a version that nestjs-http-auth supports`,
      { cause },
    );
  }
}

/** Reads the metadata of a class with each decorator. */
function checkMetadata(): void {
  const guard = { canActivate: () => true };

  @Controller({ path: 'path', host: 'host', version: 'version' })
  @UseGuards(guard)
  class Probe {
    @Get('method')
    method(this: void): void {}
  }

  const { method } = Probe.prototype;
  const expected: readonly [key: string, target: object, value: string | number | object][] = [
    [PATH_METADATA, Probe, 'path'],
    [HOST_METADATA, Probe, 'host'],
    [VERSION_METADATA, Probe, 'version'],
    [PATH_METADATA, method, 'method'],
    [METHOD_METADATA, method, RequestMethod.GET],
    [GUARDS_METADATA, Probe, guard],
  ];
  for (const [key, target, value] of expected) {
    const [found] = [Reflect.getMetadata(key, target)].flat() as unknown[];
    if (found !== value) throw new TypeError(`the metadata "${key}" is missing`);
  }
}
