/**
 * Everything that the library uses of Nest although Nest does not document it. No other file imports a file inside a package
 * of Nest.
 *
 * Reason: the route report must show the paths that the router serves, and Nest has no public function for them. The guard
 * must know the decorators of a route, and Nest does not export the keys of its metadata. `@nestjs/swagger` uses the same
 * classes and keys. The tests of this file run with Nest 11 and with Nest 12.
 */
import { Controller, Get, RequestMethod, Sse, UseGuards } from '@nestjs/common';
import { type ApplicationConfig, BaseExceptionFilter, MetadataScanner } from '@nestjs/core';
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
/** Set on a method with `@Sse()`. */
export const SSE_METADATA = '__sse__';
/** The guards of a controller, and of a method. */
export const GUARDS_METADATA = '__guards__';
/** Set on a class with `@Injectable()`. */
export const INJECTABLE_METADATA = '__injectable__';
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
/** The type of a resolver's method: `Query`, `Mutation` or `Subscription`. */
export const RESOLVER_METADATA = 'graphql:resolver_type';
/** The name of the field of a resolver's method, if it is not the name of the method. */
export const RESOLVER_NAME_METADATA = 'graphql:resolver_name';
/** Set on a method with `@ResolveField()`. */
export const FIELD_METADATA = 'graphql:resolve_property';
/** Set on a method with `@ResolveReference()`. */
export const REFERENCE_METADATA = 'graphql:resolve_reference';
/** Set on a method with `@MessagePattern()`, `@EventPattern()` or `@GrpcMethod()`. */
export const PATTERN_METADATA = 'microservices:pattern';
/** The type of such a method. */
export const HANDLER_TYPE_METADATA = 'microservices:handler_type';
/** The type of a method with `@EventPattern()`. */
export const EVENT_HANDLER = 2;

/** The exception filter of Nest, with the method that decides if an error may choose the status of the response. */
interface ExceptionFilterInternals {
  readonly applicationRef?: object;
  readonly httpAdapterHost?: { readonly httpAdapter?: object };
  isHttpError: (this: ExceptionFilterInternals, error: unknown) => boolean;
}

/** The adapters of the applications that have the module. */
const strictAdapters = new WeakSet<object>();

/**
 * Makes Nest 11 respond to errors of other libraries as Nest 12 does, in one application.
 *
 * Nest 11 sends the `statusCode` and the message of any error to the client. The error of a request that the application itself
 * has sent to another service, e.g. a 401, would then look like a refusal of the client's credentials. Filters that extend
 * `BaseExceptionFilter` call the same method, so we replace it in the class.
 */
export function useStrictHttpErrors(adapter: object): void {
  strictAdapters.add(adapter);
  const filter = BaseExceptionFilter.prototype as unknown as ExceptionFilterInternals;
  const { isHttpError } = filter;
  if (!isHttpError.call(filter, Object.assign(new Error('probe'), { statusCode: 401 }))) return;
  filter.isHttpError = function (error) {
    const used = this.applicationRef ?? this.httpAdapterHost?.httpAdapter;
    const isOurs = used === undefined || strictAdapters.has(used);
    return isOurs ? isStrictHttpError(error) : isHttpError.call(this, error);
  };
}

/** The rule of Nest 12: only an error that describes a response may choose its status. */
function isStrictHttpError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, expose, message, status, statusCode } = error as Partial<Record<string, unknown>>;
  if (typeof statusCode !== 'number') return false;
  // Fastify's own errors; those of its validation are plain errors.
  const isOfFastify = error.constructor?.name === 'FastifyError' || code === 'FST_ERR_VALIDATION';
  if (isOfFastify && typeof code === 'string') return true;
  if (error instanceof Error) return typeof expose === 'boolean' && status === statusCode;
  const isStatus = Number.isInteger(statusCode) && statusCode >= 400 && statusCode < 600;
  return isStatus && typeof message === 'string' && message !== '';
}

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
    @Sse('stream')
    stream(this: void): void {}
  }

  const { method, stream } = Probe.prototype;
  const expected: readonly [key: string, target: object, value: string | number | boolean | object][] = [
    [PATH_METADATA, Probe, 'path'],
    [HOST_METADATA, Probe, 'host'],
    [VERSION_METADATA, Probe, 'version'],
    [PATH_METADATA, method, 'method'],
    [METHOD_METADATA, method, RequestMethod.GET],
    [SSE_METADATA, stream, true],
    [GUARDS_METADATA, Probe, guard],
  ];
  for (const [key, target, value] of expected) {
    const [found] = [Reflect.getMetadata(key, target)].flat() as unknown[];
    if (found !== value) throw new TypeError(`the metadata "${key}" is missing`);
  }
}

/** Returns the packages that a server of a microservice was created with. Only gRPC has packages. */
export function packagesOf(server: object): string[] {
  const { options } = server as { readonly options?: { readonly package?: unknown } };
  return [options?.package].flat().filter((name): name is string => typeof name === 'string');
}
