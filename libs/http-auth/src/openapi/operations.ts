import type { RouteEntry } from '../routes/route.entry.js';

/** The methods of the operations that @nestjs/swagger makes of `@All()`. */
const ALL = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'SEARCH', 'QUERY'];

/** The routes behind the operations of a document. */
export class Operations {
  private readonly routes = new Map<string, RouteEntry>();
  private readonly prefix: string;

  /** @param prefix the global prefix, which a document may leave out */
  constructor(routes: readonly RouteEntry[], prefix: string) {
    this.prefix = shapeOf(prefix).replace(/^\/*(.*?)\/*$/, '/$1');
    // Of routes with one method and one path, the last is the one that @nestjs/swagger documents.
    for (const route of routes) {
      const { method, path } = route;
      for (const one of method === 'ALL' ? ALL : [method]) this.routes.set(`${one} ${shapeOf(path)}`, route);
    }
  }

  /** The route of an operation; `undefined` where it is none of the application's controllers. */
  route(method: string, path: string): RouteEntry | undefined {
    const shape = path.replace(/\{[^}]*\}/g, '{}');
    const find = (full: string) => this.routes.get(`${method.toUpperCase()} ${full}`);
    return find(shape) ?? find(this.prefix + (shape === '/' ? '' : shape));
  }
}

/** What is special in the path of a route, in path-to-regexp's notation, in Fastify's, and in what Nest takes of old. */
const SPECIAL = /\\(?<escaped>.)|::|\[:\]|\(\^[^)]*\)|[{}]|[:*]\w*|\(\.\*\)/g;

/** The path of a route as that of an operation, with its parameters unnamed: `/articles/{}` for `/articles/:id`. */
function shapeOf(path: string): string {
  return path.replace(SPECIAL, (special, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    if (special === '::' || special === '[:]') return ':';
    return /^(?:[{}]$|\(\^)/.test(special) ? '' : '{}';
  });
}
