import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { pathProblem } from '../door/paths/path.problem.js';
import { ProtectedPaths } from '../door/paths/protected.paths.js';
import { isGuarded } from '../guard/guarded.js';
import { openingOf, policyFor } from '../guard/opening.js';
import { Policies } from '../guard/policies.js';
import { type Policy, reasonText } from '../guard/policy.js';
import { type FoundResource, type ProtectedResources, RESOURCES } from '../response/protected.resources.js';
import { type TransportRoute, Transports } from '../guard/transport.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { combine, type Combined } from './combined.policy.js';
import type { RouteEntry } from './route.entry.js';
import { type PlacedRoute, RouteExplorer } from './route.explorer.js';

/**
 * Lists the routes of all controllers, the handlers of other transports and the paths of `protect()`, with their requirements and the reasons. It does not know
 * the routes that `app.use()` or a package adds to the router itself, e.g. Swagger UI. Guards do not run on these routes.
 */
@Injectable()
export class RouteReport {
  /** @internal Nest creates the instance. */
  constructor(
    private readonly explorer: RouteExplorer,
    private readonly policies: Policies,
    private readonly config: ApplicationConfig,
    @Inject(ProtectedPaths) private readonly paths: ProtectedPaths<Policy>,
    private readonly transports: Transports,
    @Inject(RESOURCES) private readonly resources: ProtectedResources,
  ) {}

  /**
   * Returns the routes in the order of the router, then the handlers of other transports, and then the protected paths. It may be called as soon as the application is
   * created and `protect()` is called.
   */
  routes(): RouteEntry[] {
    return [
      ...Array.from(this.explorer.routes(), (route) => {
        const { controller, handler: _, name, ...place } = route;
        return {
          ...place,
          ...this.requirementsOf(route),
          ...named(this.resources.at(targetOf(route.path))),
          controller: controller.name,
          handler: name,
        };
      }),
      ...this.transports.routes().map(({ method, path, name, ...route }) => ({
        method,
        path,
        ...(isGuarded(this.config, route)
          ? entryOf(combine(this.policies.of(route.controller, route.handler), []))
          : NO_GUARD),
        // The path of its requests is not known.
        ...named(this.resources.at('/')),
        controller: route.controller.name,
        handler: name,
      })),
      ...this.paths.entries().map(({ path, policy, except }) => ({
        method: 'ALL',
        path,
        ...(except.length > 0 && { except }),
        ...entryOf(combine(policy, [])),
        ...named(this.resources.at(targetOf(path))),
        controller: 'protect()',
        handler: '',
      })),
    ];
  }

  /**
   * Returns a warning for each route that a decorator or the option `public` opens, although a protected path closes it.
   */
  warnings(): string[] {
    return Array.from(this.explorer.routes(), (route) => {
      const { controller, handler, name, method, path } = route;
      const policy = this.policies.of(controller, handler);
      const [closing] = this.pathsOf(route).filter(({ access }) => access === 'required');
      if (policy.access !== 'public' || closing === undefined || !isGuarded(this.config, route)) return [];
      const fix =
        pathProblem(path) === undefined
          ? `add except: ['${path}'] to protect(), or close the route`
          : 'close the route, or move it below a path of the option except, which cannot have parameters';
      return [
        `${method} ${path} (${controller.name}.${name}) is open because of ${reasonText(policy.reason)}, ` +
          `but protect('${closing.route}') requires credentials; ${fix}`,
      ];
    }).flat();
  }

  /**
   * Returns the policies of all routes by method and path. The policy is `undefined` if the guard does not run on the
   * route, or if the method and the path do not identify it.
   *
   * @internal
   */
  policiesByRoute(): ReadonlyMap<string, Policy | undefined> {
    const policies = new Map<string, Policy | undefined>();
    for (const route of this.explorer.routes()) {
      const key = `${route.method} ${route.path}`;
      const alone = !policies.has(key) && route.version === undefined && route.host === undefined;
      const policy =
        alone && isGuarded(this.config, route) ? this.policies.of(route.controller, route.handler) : undefined;
      policies.set(key, policy);
    }
    return policies;
  }

  /**
   * Checks that the guard runs on every route with scopes, roles, step-up or bound tokens. Without the guard, these decorators have no effect.
   *
   * @throws AuthConfigurationError `ERR_AUTH_UNGUARDED_ROUTE` if the guard does not run on such a route
   */
  check(): void {
    const routes: Iterable<PlacedRoute | TransportRoute> = [...this.explorer.routes(), ...this.transports.routes()];
    for (const route of routes) {
      const { scopes, scopesOf, roles, stepUp, senderConstrained } = this.policies.of(route.controller, route.handler);
      if ((scopes ?? scopesOf ?? roles ?? stepUp ?? senderConstrained) === undefined || isGuarded(this.config, route))
        continue;
      throw new AuthConfigurationError(
        'ERR_AUTH_UNGUARDED_ROUTE',
        `${route.controller.name}.${route.name}(): @Scopes(), @Roles(), @StepUp() or @SenderConstrained() has no effect because HttpAuthGuard does not run on this route; ` +
          'add @UseGuards(HttpAuthGuard), or a guard that extends it',
      );
    }
  }

  private requirementsOf(route: PlacedRoute): Requirements {
    const paths = this.pathsOf(route);
    if (isGuarded(this.config, route))
      return entryOf(combine(this.policies.of(route.controller, route.handler), paths));
    const [nearest, ...others] = paths;
    return nearest === undefined ? NO_GUARD : entryOf(combine(nearest, others));
  }

  /** Returns the policies of the protected paths that contain a route, the nearest first. */
  private pathsOf({ method, path, controller, handler }: PlacedRoute): readonly Policy[] {
    const policies = this.paths.policiesOf(targetOf(path), { method });
    const opens = openingOf(controller, handler);
    return 'refused' in policies ? [] : policies.map((policy) => policyFor(policy, opens));
  }
}

type Requirements = Pick<
  RouteEntry,
  'access' | 'because' | 'schemes' | 'realm' | 'scopes' | 'scopesByRequest' | 'roles' | 'stepUp' | 'senderConstrained'
>;

/** The requirements of a route that neither the guard nor a protected path holds. */
const NO_GUARD: Requirements = { access: 'public', because: 'no guard', schemes: [] };

function entryOf({
  decisive,
  access,
  schemes,
  realm,
  scopes,
  scopesOf,
  roles,
  stepUp,
  senderConstrained,
}: Combined): Requirements {
  const because =
    decisive.reason === 'protect()' ? (`protect('${decisive.route}')` as const) : reasonText(decisive.reason);
  if (access === 'public') return { access, because, schemes: [] };
  return {
    access,
    because,
    schemes: schemes.map(({ name }) => name),
    ...(typeof realm === 'string' && { realm }),
    ...(scopes && { scopes }),
    ...(scopesOf && { scopesByRequest: true }),
    ...(roles && { roles }),
    ...(stepUp && { stepUp }),
    ...(senderConstrained && { senderConstrained }),
  };
}

function named(resource: FoundResource): Pick<RouteEntry, 'resource'> {
  return resource === undefined || resource === 'ambiguous' ? {} : { resource: resource.url };
}

/**
 * Returns a request target of a route. A segment with a parameter or a wildcard becomes a segment that no protected path has, so
 * only the paths above it count.
 */
function targetOf(path: string): string {
  return encodeURI(path.replace(/[^/]*[*:(){}[\]?][^/]*/g, '~'));
}
