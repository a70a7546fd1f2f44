import type { RouteEntry } from '../routes/route.entry.js';

/** The methods for which @nestjs/swagger documents an `@All()` route. */
const ALL = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'SEARCH', 'QUERY'];

/** Finds the route of an operation in a document. */
export class Operations {
  private readonly routes = new Map<string, RouteEntry>();
  private readonly prefix: string;

  /** @param prefix the global prefix, which the paths of a document may omit */
  constructor(routes: readonly RouteEntry[], prefix: string) {
    this.prefix = shapeOf(prefix).replace(/^\/*(.*?)\/*$/, '/$1');
    // If several routes have the same method and path, @nestjs/swagger documents the last one.
    for (const route of routes) {
      const { method, path, handler } = route;
      // A protected path is not an operation.
      if (handler === '') continue;
      for (const one of method === 'ALL' ? ALL : [method]) this.routes.set(`${one} ${shapeOf(path)}`, route);
    }
  }

  /** Returns the route of an operation, or `undefined` if it does not belong to a controller of the application. */
  route(method: string, path: string): RouteEntry | undefined {
    const shape = path.replace(/\{[^}]*\}/g, '{}');
    const find = (full: string) => this.routes.get(`${method.toUpperCase()} ${full}`);
    return find(shape) ?? find(this.prefix + (shape === '/' ? '' : shape));
  }
}

/** Special characters in the path of a route: in path-to-regexp's notation, in Fastify's, and in Nest's old one. */
const SPECIAL = /\\(?<escaped>.)|::|\[:\]|\(\^[^)]*\)|[{}]|[:*]\w*|\(\.\*\)/g;

/** Converts the path of a route to the path of an operation, with unnamed parameters: `/articles/{}` for `/articles/:id`. */
function shapeOf(path: string): string {
  return path.replace(SPECIAL, (special, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    if (special === '::' || special === '[:]') return ':';
    return /^(?:[{}]$|\(\^)/.test(special) ? '' : '{}';
  });
}
