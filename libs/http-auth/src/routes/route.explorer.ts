import { RequestMethod, type Type, VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import {
  HOST_METADATA,
  loadNestRouter,
  MODULE_PATH,
  type NestRouter,
  PATH_METADATA,
  VERSION_METADATA,
} from '../common/nest.internals.js';
import type { Route } from '../guard/policy.js';
import type { RouteEntry } from './route.entry.js';

/** A route with its place in the router. */
export interface PlacedRoute extends Route, Pick<RouteEntry, 'method' | 'path' | 'version' | 'host'> {
  /** The name of the handler in its class. */
  readonly name: string;
}

type VersionValue = NonNullable<VersioningOptions['defaultVersion']>;

/** Finds the routes of all controllers. It reads the same metadata as Nest's router and @nestjs/swagger, so the paths match. */
export class RouteExplorer {
  private constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly router: NestRouter,
  ) {}

  /** @throws AuthConfigurationError if the installed version of Nest has another router */
  static async create(config: ApplicationConfig, modules: ModulesContainer): Promise<RouteExplorer> {
    return new RouteExplorer(config, modules, await loadNestRouter(config));
  }

  /** Yields the routes in the order in which Nest registers them. */
  *routes(): Generator<PlacedRoute> {
    for (const { metatype: module, controllers } of this.modules.values()) {
      const modulePath: string | undefined =
        Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, module) ??
        Reflect.getMetadata(MODULE_PATH, module);
      for (const { metatype } of controllers.values()) yield* this.routesOf(metatype as Type, modulePath);
    }
  }

  private *routesOf(controller: Type, modulePath?: string): Generator<PlacedRoute> {
    const globalPrefix = this.config.getGlobalPrefix();
    const versioningOptions = this.config.getVersioning();
    const controllerVersion: VersionValue | undefined =
      Reflect.getMetadata(VERSION_METADATA, controller) ?? versioningOptions?.defaultVersion;
    const host = textOf(Reflect.getMetadata(HOST_METADATA, controller));
    const { prototype } = controller;

    for (const ctrlPath of [Reflect.getMetadata(PATH_METADATA, controller)].flat() as string[]) {
      for (const method of this.router.explorer.scanForPaths(prototype, prototype)) {
        const { requestMethod, methodName, version: methodVersion } = method;
        const inPath = versioningOptions === undefined || versioningOptions.type === VersioningType.URI;
        const version = inPath ? undefined : textOf(methodVersion ?? controllerVersion);
        for (const methodPath of method.path) {
          const place = { globalPrefix, modulePath, ctrlPath, methodPath, versioningOptions };
          for (const path of this.router.paths.create({ ...place, controllerVersion, methodVersion }, requestMethod)) {
            const route = { controller, handler: prototype[methodName] as Function, name: methodName };
            yield { ...route, method: RequestMethod[requestMethod], path, version, host };
          }
        }
      }
    }
  }
}

/** Converts one or several versions or hosts to a string. */
function textOf(value: VersionValue | RegExp | (string | RegExp)[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  return [value]
    .flat()
    .map((one) => (one === VERSION_NEUTRAL ? 'neutral' : String(one)))
    .join(', ');
}
