import { Injectable } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Module as ModuleRef } from '@nestjs/core/injector/module.js';
import {
  FIELD_METADATA,
  REFERENCE_METADATA,
  RESOLVER_METADATA,
  RESOLVER_NAME_METADATA,
} from '../common/nest.internals.js';
import { ACCESS, ROLES, SCHEMES, SCOPES, SCOPES_BY, STEP_UP } from '../guard/decorators.js';
import { usesGuard } from '../guard/guarded.js';
import type { Route } from '../guard/policy.js';

/** The types whose fields are the entries of a schema. Nest always runs guards on their resolvers. */
const ROOT_TYPES: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription']);

/** The decorators that decide who may call a handler. */
const REQUIREMENTS = [ACCESS, SCHEMES, SCOPES, SCOPES_BY, ROLES, STEP_UP];

/** A method of a resolver. */
export interface ResolverRoute extends Route {
  /** The name of the method. */
  readonly name: string;
  /** The type that has the field, e.g. `Query` or `Book`. */
  readonly type: string;
  /** The name of the field. */
  readonly field: string;
}

/** Returns `true` if Nest runs guards on a resolver even without `fieldResolverEnhancers`. */
export function isRoot({ type }: Pick<ResolverRoute, 'type'>): boolean {
  return ROOT_TYPES.has(type);
}

/** Returns `true` if a method or a class has a decorator that decides who may call it. */
export function asksForCredentials(target: object): boolean {
  return usesGuard(target) || REQUIREMENTS.some((key) => Reflect.hasMetadata(key, target));
}

/** Returns the type that has the field of a method; `undefined` if the method is not a resolver. */
export function typeOf({ controller, handler }: Route): string | undefined {
  const type: unknown =
    Reflect.getMetadata(RESOLVER_METADATA, handler) || Reflect.getMetadata(RESOLVER_METADATA, controller);
  if (typeof type !== 'string') return undefined;
  const isField = Reflect.hasMetadata(FIELD_METADATA, handler) || Reflect.hasMetadata(REFERENCE_METADATA, handler);
  return isField || ROOT_TYPES.has(type) ? type : undefined;
}

/** Finds the resolvers of an application. It reads the same metadata as @nestjs/graphql. */
@Injectable()
export class Resolvers {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Returns the methods of the resolvers.
   *
   * @param include the option of `GraphQLModule`: only the resolvers of these modules and of the modules that they import
   */
  routes(include: readonly unknown[] = []): ResolverRoute[] {
    return this.included(include).flatMap((module) =>
      [...module.providers.values()].flatMap(({ instance }) => this.routesOf(instance)),
    );
  }

  private included(include: readonly unknown[]): ModuleRef[] {
    const all = [...this.modules.values()];
    if (include.length === 0) return all;
    const found = new Set<ModuleRef>();
    const add = (module: ModuleRef): void => {
      if (found.has(module)) return;
      found.add(module);
      for (const imported of module.imports) add(imported);
    };
    for (const module of all) if (include.includes(module.metatype)) add(module);
    return [...found];
  }

  private routesOf(instance: unknown): ResolverRoute[] {
    if (typeof instance !== 'object' || instance === null) return [];
    const prototype = Object.getPrototypeOf(instance) as Record<string, Function> | null;
    const controller = prototype?.constructor as Route['controller'] | undefined;
    if (prototype === null || prototype === Object.prototype || controller === undefined) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const route = { controller, handler: prototype[name] as Function };
      const type = typeOf(route);
      if (type === undefined) return [];
      const isReference = Reflect.hasMetadata(REFERENCE_METADATA, route.handler);
      const given: unknown = Reflect.getMetadata(RESOLVER_NAME_METADATA, route.handler);
      const field = isReference ? '__resolveReference' : typeof given === 'string' && given !== '' ? given : name;
      return [{ ...route, name, type, field }];
    });
  }
}
