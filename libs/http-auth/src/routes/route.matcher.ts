import type { HttpServer } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import type { Policy } from '../guard/policy.js';
import type { RouteReport } from './route.report.js';

/** The part of a layer of Express's router that identifies its route. */
interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean | undefined>> };
  match(path: string): boolean;
}

/** The route that Fastify has matched. */
interface FastifyRequest extends HttpRequest {
  readonly routeOptions?: { readonly url?: string };
}

/**
 * Finds the policy of a request's route before the router runs. It uses the router's own matching. If the
 * route is not certain (a version in a field, a route without a controller), it returns `undefined`, and the guard applies
 * the policy later.
 */
export class RouteMatcher {
  private policies: ReadonlyMap<string, Policy | undefined> | undefined;

  constructor(
    private readonly report: RouteReport,
    private readonly adapter: HttpServer,
  ) {}

  /** Returns the policy of the route that the router will choose, or `undefined` if the route is not certain. */
  policyOf(request: HttpRequest): Policy | undefined {
    // All routes are registered before the first request arrives.
    this.policies ??= this.report.policiesByRoute();
    const path = this.adapter.getType() === 'express' ? this.pathByExpress(request) : pathByFastify(request);
    if (path === undefined) return undefined;
    // For HEAD, a router falls back to the handler of GET. For any method, it falls back to the handler of `@All()`.
    const methods = request.method === 'HEAD' ? ['HEAD', 'GET', 'ALL'] : [request.method, 'ALL'];
    const route = methods.map((method) => `${method} ${path}`).find((one) => this.policies?.has(one));
    return route === undefined ? undefined : this.policies.get(route);
  }

  private pathByExpress({ method, url }: HttpRequest): string | undefined {
    const instance = this.adapter.getInstance() as { router: { stack: readonly Layer[] } };
    const [pathname = ''] = url.split('?');
    if (!pathname.startsWith('/')) return undefined;
    const layer = instance.router.stack.find(
      (one) => one.route !== undefined && handles(one.route.methods, method) && matches(one, pathname),
    );
    return typeof layer?.route?.path === 'string' ? layer.route.path : undefined;
  }
}

function pathByFastify({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions?.url;
}

function handles(methods: Readonly<Record<string, boolean | undefined>>, method: string): boolean {
  return (
    methods[method.toLowerCase()] === true || methods['_all'] === true || (method === 'HEAD' && methods.get === true)
  );
}

/** Returns `false` if the path cannot be decoded. The router reports that error later. */
function matches(layer: Layer, pathname: string): boolean {
  try {
    return layer.match(pathname);
  } catch {
    return false;
  }
}
