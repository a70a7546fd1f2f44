import type { ApplicationConfig } from '@nestjs/core';
import { GUARDS_METADATA } from '../common/nest.internals.js';
import { isHttpAuthGuard } from './http-auth.guard.js';
import type { Route } from './policy.js';

/** Returns `true` if `HttpAuthGuard` runs on all routes. */
export function isGuardedGlobally(config: ApplicationConfig): boolean {
  const ofRequests = config.getGlobalRequestGuards().map(({ metatype }): unknown => metatype);
  return [...config.getGlobalGuards(), ...ofRequests].some(isHttpAuthGuard);
}

/** Returns `true` if `HttpAuthGuard` runs on a route, globally or by `@UseGuards()`. */
export function isGuarded(config: ApplicationConfig, { controller, handler }: Route): boolean {
  return isGuardedGlobally(config) || usesGuard(controller) || usesGuard(handler);
}

/** Returns `true` if a handler or a class has `@UseGuards(HttpAuthGuard)`. */
export function usesGuard(target: object): boolean {
  return ((Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as unknown[]).some(isHttpAuthGuard);
}
