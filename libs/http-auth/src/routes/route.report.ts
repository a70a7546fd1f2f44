import { Injectable } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/internal';
import { ApplicationConfig } from '@nestjs/core';
import { HttpAuthGuard } from '../guard/http-auth.guard.js';
import { Policies } from '../guard/policies.js';
import { type Policy, reasonText, type Route } from '../guard/policy.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { RouteEntry } from './route.entry.js';
import { RouteExplorer } from './route.explorer.js';

/**
 * Lists the routes of all controllers with their requirements and the reasons. It does not know the routes that
 * `app.use()` or a package adds to the router itself, e.g. Swagger UI. Guards do not run on these routes.
 */
@Injectable()
export class RouteReport {
  constructor(
    private readonly explorer: RouteExplorer,
    private readonly policies: Policies,
    private readonly config: ApplicationConfig,
  ) {}

  /** Returns the routes in the order of the router. It may be called as soon as the application is created. */
  routes(): RouteEntry[] {
    return Array.from(this.explorer.routes(), (route) => {
      const { controller, handler, name, ...place } = route;
      return {
        ...place,
        ...protectionOf(this.policies.of(controller, handler), this.isGuarded(route)),
        controller: controller.name,
        handler: name,
      };
    });
  }

  /**
   * Returns the policies of all routes by method and path. The policy is `undefined` if the guard does not run on the
   * route, or if the method and the path do not identify it.
   */
  policiesByRoute(): ReadonlyMap<string, Policy | undefined> {
    const policies = new Map<string, Policy | undefined>();
    for (const route of this.explorer.routes()) {
      const key = `${route.method} ${route.path}`;
      const alone = !policies.has(key) && route.version === undefined && route.host === undefined;
      const policy = alone && this.isGuarded(route) ? this.policies.of(route.controller, route.handler) : undefined;
      policies.set(key, policy);
    }
    return policies;
  }

  /**
   * Checks that the guard runs on every route with scopes or step-up. Without the guard, these decorators have no effect.
   *
   * @throws AuthConfigurationError `ERR_AUTH_UNGUARDED_ROUTE` if the guard does not run on a route with scopes or step-up
   */
  check(): void {
    for (const route of this.explorer.routes()) {
      const { scopes, scopesOf, stepUp } = this.policies.of(route.controller, route.handler);
      if ((scopes ?? scopesOf ?? stepUp) === undefined || this.isGuarded(route)) continue;
      throw new AuthConfigurationError(
        'ERR_AUTH_UNGUARDED_ROUTE',
        `${route.controller.name}.${route.name}(): @Scopes() or @StepUp() has no effect because HttpAuthGuard does not run on this route; ` +
          'add @UseGuards(HttpAuthGuard), or a guard that extends it',
      );
    }
  }

  /** Returns `true` if the guard runs on a route, globally or by `@UseGuards()`. */
  private isGuarded({ controller, handler }: Route): boolean {
    const guards: unknown[] = [
      ...this.config.getGlobalGuards(),
      ...this.config.getGlobalRequestGuards().map(({ metatype }) => metatype),
      ...(Reflect.getMetadata(GUARDS_METADATA, controller) ?? []),
      ...(Reflect.getMetadata(GUARDS_METADATA, handler) ?? []),
    ];
    return guards.some(isHttpAuthGuard);
  }
}

function protectionOf(
  { access, reason, schemes, realm, scopes, scopesOf, stepUp }: Policy,
  guarded: boolean,
): Pick<RouteEntry, 'access' | 'because' | 'schemes' | 'realm' | 'scopes' | 'scopesByRequest' | 'stepUp'> {
  if (!guarded) return { access: 'public', because: 'no guard', schemes: [] };
  const because = reasonText(reason);
  if (access === 'public') return { access, because, schemes: [] };
  const names = schemes.map(({ name }) => name);
  return {
    access,
    because,
    schemes: names,
    ...(typeof realm === 'string' && { realm }),
    ...(scopes && { scopes }),
    ...(scopesOf && { scopesByRequest: true }),
    ...(stepUp && { stepUp }),
  };
}

/** Returns `true` if a guard is `HttpAuthGuard` or extends it. It may be an instance or a class. */
function isHttpAuthGuard(guard: unknown): boolean {
  return guard instanceof HttpAuthGuard || guard === HttpAuthGuard || HttpAuthGuard.isPrototypeOf(guard as object);
}
