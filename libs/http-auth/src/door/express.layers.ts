import type { ServerResponse } from 'node:http';
import type { HttpRequest } from '../http/request.js';

type Next = (error?: unknown) => void;
type ExpressRequest = HttpRequest & { readonly baseUrl?: string };
type Handle = (this: unknown, request: ExpressRequest, response: ServerResponse, next: Next) => void;

/** A layer of Express's router: a middleware, a mounted router or a route. */
interface Layer {
  handleRequest: Handle;
}

interface Router {
  readonly stack: Layer[];
  handle: Handle;
}

/** Checks a request for a target. It resolves to `false` if the request has got its response. */
export interface TargetCheck {
  isAdmitted(response: ServerResponse, target: string): boolean;
  check(request: HttpRequest, response: ServerResponse, target: string): Promise<boolean>;
}

/**
 * Checks a request before each layer of an Express application if its target is new, because a middleware may write another
 * `request.url`. Layers that the application has had before Nest are included.
 */
export function checkBeforeLayers(router: Router, targets: TargetCheck): void {
  /** The `baseUrl` of requests to an application that is mounted in another one. Its own targets are relative to it. */
  const bases = new WeakMap<ServerResponse, string>();
  const { stack, handle } = router;
  router.handle = function (request, response, next) {
    if (request.baseUrl) bases.set(response, request.baseUrl);
    return handle.call(this, request, response, next);
  };
  const guard = (layer: Layer): Layer => {
    const { handleRequest } = layer;
    layer.handleRequest = function (request, response, next) {
      const [target, withoutSlash] = targetsOf(request, bases.get(response) ?? '');
      if (targets.isAdmitted(response, target) || targets.isAdmitted(response, withoutSlash)) {
        return handleRequest.call(this, request, response, next);
      }
      targets
        .check(request, response, target)
        .then((proceed) => proceed && handleRequest.call(this, request, response, next), next);
    };
    return layer;
  };
  for (const layer of stack) guard(layer);
  stack.push = (...layers) => Array.prototype.push.apply(stack, layers.map(guard));
}

/**
 * Returns the target at a layer. Express moves the path of a mounted layer from `url` to `baseUrl`, and adds a slash if the rest
 * of the path is empty: `/docs?x` becomes `/docs` and `/?x`. So the target without that slash is a second possibility.
 */
function targetsOf({ url, baseUrl = '' }: ExpressRequest, base: string): [target: string, withoutSlash: string] {
  const moved = baseUrl.slice(base.length);
  if (moved === '') return [url, url];
  // The origin of an absolute form stays in front of the path.
  const [, origin = '', rest = ''] = /^([^/?]+:\/\/[^/]*)?(.*)$/s.exec(url) ?? [];
  return [`${origin}${moved}${rest}`, `${origin}${moved}${rest.replace(/^\/(?=\?|$)/, '')}`];
}
