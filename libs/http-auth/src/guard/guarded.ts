import type { ApplicationConfig } from '@nestjs/core';
import { GUARDS_METADATA } from '../common/nest.internals.js';
import { HttpAuthGuard } from './http-auth.guard.js';
import type { Route } from './policy.js';

/** Returns `true` if `HttpAuthGuard` runs on a route, globally or by `@UseGuards()`. */
export function isGuarded(config: ApplicationConfig, route: Route): boolean {
  const global = [...config.getGlobalGuards(), ...config.getGlobalRequestGuards().map(({ metatype }) => metatype)];
  return global.some(isHttpAuthGuard) || usesGuard(route);
}

/** Returns `true` if a handler or its class has `@UseGuards(HttpAuthGuard)`. */
export function usesGuard({ controller, handler }: Route): boolean {
  return [controller, handler]
    .flatMap((target): unknown[] => Reflect.getMetadata(GUARDS_METADATA, target) ?? [])
    .some(isHttpAuthGuard);
}

/** Returns `true` if a guard is `HttpAuthGuard` or extends it. It may be an instance or a class. */
function isHttpAuthGuard(guard: unknown): boolean {
  return guard instanceof HttpAuthGuard || guard === HttpAuthGuard || HttpAuthGuard.isPrototypeOf(guard as object);
}
