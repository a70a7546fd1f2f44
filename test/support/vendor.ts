import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fetch } from 'nestjs-http-auth/jwt';

/** A vendor's server, with documents at the URLs of the vendor. `fetch` sends the requests for these URLs to this machine. */
export class Vendor {
  /** All requests. */
  readonly asked: { url: string; headers: IncomingHttpHeaders }[] = [];

  private constructor(
    private readonly server: Server,
    private readonly documents: Readonly<Record<string, object>>,
  ) {}

  /** @param documents the JSON documents by their URL */
  static async start(documents: Readonly<Record<string, object>>): Promise<Vendor> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const vendor = new Vendor(server, documents);
    server.on('request', ({ url = '', headers }, response) => {
      const asked = decodeURIComponent(url.slice(1));
      vendor.asked.push({ url: asked, headers });
      const document = vendor.documents[asked];
      response.statusCode = document === undefined ? 404 : 200;
      response.end(JSON.stringify(document ?? {}));
    });
    return vendor;
  }

  /** Sends a request to this server instead of the vendor's. */
  readonly fetch: Fetch = (url, init) => {
    const { port } = this.server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}/${encodeURIComponent(url)}`, init);
  };

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
