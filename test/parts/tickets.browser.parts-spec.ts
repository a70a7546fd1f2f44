import type { Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, type INestApplication, Post, Req, Sse } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, type HttpRequest, protect, Public } from 'nestjs-http-auth';
import { ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { type Browser, type Page } from 'puppeteer-core';
import { of } from 'rxjs';
import { WebSocketServer } from 'ws';
import { startChromium } from '../clients/support/chromium.js';
import { adapters, start } from '../support/application.js';
import { urlOf } from '../support/event.streams.js';

let chromium: { browser: Browser; close(): Promise<void> };
let page: Page;

beforeAll(async () => {
  chromium = await startChromium();
  page = await chromium.browser.newPage();
});

afterAll(() => chromium.close());

/** The fields of the requests for streams, which depend on the browser. */
const fields: unknown[] = [];

@Controller()
class AppController {
  constructor(private readonly tickets: Tickets) {}

  @Public() @Header('Content-Type', 'text/html') @Get('page') page() {
    return '<!doctype html><title>page</title>';
  }
  @Post('tickets') issue(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: (request as { query?: { path?: string } }).query?.path ?? '' });
  }
  @Sse('events') events(@CurrentUser() user: object, @Req() { headers }: HttpRequest) {
    fields.push({ origin: headers.origin, site: headers['sec-fetch-site'] });
    return of({ data: user });
  }
}

const byToken = bearer(({ token }) => (token === 'alice' ? { name: 'alice' } : null));

/** Runs in the page: gets a ticket, and opens a stream or a connection with it. */
const connect = `async (api, path, opener) => {
  const headers = { authorization: 'Bearer alice' };
  const response = await fetch(api + '/tickets?path=' + path, { method: 'POST', headers });
  const { ticket } = opener ? await opener(api) : await response.json();
  const url = api + path + '?ticket=' + ticket;
  return new Promise((resolve) => {
    const source = path === '/ws' ? new WebSocket(url.replace('http', 'ws')) : new EventSource(url);
    source.onmessage = ({ data }) => (source.close(), resolve(data));
    source.onerror = () => (source.close(), resolve('refused'));
  });
}`;

describe.each(adapters)('A page in Chromium and an application on %s', (_name, adapter) => {
  let server: Server;

  // In this block, because the connections must end before the application closes.
  afterEach(async () => {
    await page.goto('about:blank');
    server.closeAllConnections();
  });

  const application = () =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [byToken, ticket()] }), TicketsModule],
        controllers: [AppController],
      },
      (app: INestApplication) => {
        server = app.getHttpServer();
        app.enableCors();
        protect(app, '/ws', { schemes: ['ticket'] });
        const sockets = new WebSocketServer({ server, path: '/ws' });
        sockets.on('connection', (client) => client.send('hello'));
      },
    );

  it('opens a stream and a WebSocket of the same origin and of another one', async () => {
    const app = await application();
    fields.length = 0;
    const here = urlOf(app, '');
    for (const api of [here, here.replace('127.0.0.1', 'localhost')]) {
      await page.goto(`${here}/page`);
      expect(await page.evaluate(`(${connect})(${JSON.stringify(api)}, '/events')`)).toBe('{"name":"alice"}');
      expect(await page.evaluate(`(${connect})(${JSON.stringify(api)}, '/ws')`)).toBe('hello');
    }
    expect(fields).toEqual([
      { origin: undefined, site: 'same-origin' },
      { origin: here, site: 'cross-site' },
    ]);
  });

  it('cannot use the ticket of a page of another origin', async () => {
    const app = await application();
    const here = urlOf(app, '');
    const other = here.replace('127.0.0.1', 'localhost');
    for (const path of ['/events', '/ws']) {
      await page.goto(`${here}/page`);
      const issued: unknown = await page.evaluate(
        `fetch('/tickets?path=${path}', { method: 'POST', headers: { authorization: 'Bearer alice' } }).then((r) => r.json())`,
      );
      await page.goto(`${other}/page`);
      const opener = `() => (${JSON.stringify(issued)})`;
      expect(await page.evaluate(`(${connect})(${JSON.stringify(here)}, '${path}', ${opener})`)).toBe('refused');
    }
  });
});
