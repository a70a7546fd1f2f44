import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';

/** The parts of the requests of Express and Fastify that tell if a proxy is trusted. */
type Framework = HttpRequest & {
  /** Express's application. */
  readonly app?: { get(setting: string): unknown };
  /** The addresses of the proxies and the client. On Fastify, `undefined` if no proxy is trusted. */
  readonly ips?: readonly string[];
};

/**
 * Warns once if a proxy names the clients, but the application does not trust it. All clients then have the address of the proxy,
 * and share its limit.
 */
export class ProxyWarning {
  private readonly logger = new Logger('limits');
  private isLogged = false;

  /** Checks a request. */
  check(request: HttpRequest): void {
    if (this.isLogged) return;
    const field = ['x-forwarded-for', 'forwarded'].find((name) => request.headers[name] !== undefined);
    if (field === undefined || trustsProxy(request)) return;
    this.isLogged = true;
    const setting =
      request.raw === undefined
        ? "app.set('trust proxy', '<address of the proxy>')"
        : "new FastifyAdapter({ trustProxy: '<address of the proxy>' })";
    this.logger.warn(
      `A request has the field ${field}, but no proxy is trusted, so all clients behind a proxy share the limits of its address; ` +
        `write ${setting}, or ignore this if there is no proxy`,
    );
  }
}

function trustsProxy({ app, ips, raw }: Framework): boolean {
  return raw === undefined ? Boolean(app?.get('trust proxy')) : ips !== undefined;
}
