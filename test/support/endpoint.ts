import { afterEach } from '@jest/globals';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What came to an endpoint. */
export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  form: URLSearchParams;
}

/** What an endpoint answers: a JSON value with 200, or whatever it does with the response itself. */
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

/** An endpoint of an authorization server, on a free port of this machine. What it answers may change while it runs. */
export class Endpoint {
  /** All that came. */
  readonly asked: Asked[] = [];

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
    /** What it answers. */
    public reply: Reply,
  ) {}

  /** One that listens, until the test is over. */
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
