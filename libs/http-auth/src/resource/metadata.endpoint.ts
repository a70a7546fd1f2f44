import type { ServerResponse } from 'node:http';
import { type HttpRequest, originForm } from '../http/request.js';
import type { RouteReport } from '../routes/route.report.js';
import type { SchemeRegistry } from '../schemes/scheme.registry.js';
import { metadataOf, metadataUrlOf } from './metadata.js';
import type { PlacedResource } from './resource.options.js';

/** How long caches may keep the metadata, in seconds. */
const MAX_AGE = 3600;

const ALLOW = 'GET, HEAD, OPTIONS';

/** Allows pages of any origin, because the metadata are public and a client needs them before it has a token. */
const PREFLIGHT = {
  Allow: ALLOW,
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': String(MAX_AGE),
};

/**
 * Serves the metadata of each resource at its well-known path (RFC 9728 section 3). It responds before the framework, so
 * prefixes, versions, guards and middleware of the application do not apply.
 */
export class MetadataEndpoint {
  private readonly resources: ReadonlyMap<string, PlacedResource>;
  private readonly bodies = new Map<PlacedResource, Buffer>();

  constructor(
    resources: readonly PlacedResource[],
    private readonly schemes: SchemeRegistry,
    private readonly report: RouteReport,
  ) {
    this.resources = new Map(resources.map((resource) => [metadataUrlOf(resource.url).pathname, resource]));
  }

  /** Responds to a request for the metadata. Returns `false` for any other request. */
  answers({ url, method }: HttpRequest, response: ServerResponse): boolean {
    const resource = this.resources.get(pathOf(url));
    if (resource === undefined) return false;
    if (method === 'GET' || method === 'HEAD') {
      const body = this.bodyOf(resource);
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        'Cache-Control': `public, max-age=${MAX_AGE}`,
        'Access-Control-Allow-Origin': '*',
      });
      response.end(method === 'GET' ? body : undefined);
    } else if (method === 'OPTIONS') response.writeHead(204, PREFLIGHT).end();
    else response.writeHead(405, { Allow: ALLOW, 'Content-Length': 0 }).end();
    return true;
  }

  /** Returns the metadata of a resource. All routes are registered when the first request arrives, and they do not change. */
  private bodyOf(resource: PlacedResource): Buffer {
    let body = this.bodies.get(resource);
    if (body === undefined) {
      body = Buffer.from(JSON.stringify(metadataOf(resource, this.schemes.all, this.report.routes())));
      this.bodies.set(resource, body);
    }
    return body;
  }
}

/** Returns the path of a request target, without the query. */
function pathOf(target: string): string {
  const path = originForm(target);
  const query = path.indexOf('?');
  return query === -1 ? path : path.slice(0, query);
}
