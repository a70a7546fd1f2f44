import { afterEach } from '@jest/globals';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request to an endpoint. */
export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  form: URLSearchParams;
}

/** Returns the JSON value of a 200 response, or uses `response` and returns `undefined`. */
export type Reply = (asked: Asked, response: ServerResponse) => unknown;

const running: Server[] = [];

afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

/** An endpoint of an authorization server on a free port of this machine. A test can change `reply` at any time. */
export class Endpoint {
  /** All requests. */
  readonly asked: Asked[] = [];

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
    /** Responds to each request. */
    public reply: Reply,
  ) {}

  /** Starts an endpoint, which stops after the test. */
  static async start(reply: Reply, tls?: ServerOptions): Promise<Endpoint> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const endpoint = new Endpoint(server, tls === undefined ? 'http' : 'https', reply);
    server.on('request', (request, response) => {
      void text(request).then(async (body) => {
        const { method = '', url = '', headers } = request;
        const asked = { method, url, headers, form: new URLSearchParams(body) };
        endpoint.asked.push(asked);
        const value = await endpoint.reply(asked, response);
        if (value === undefined) return;
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
      });
    });
    running.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}/introspect`;
  }
}
