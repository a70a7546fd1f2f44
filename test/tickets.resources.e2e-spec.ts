import { get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { All, Body, Controller, Post, Req, Sse } from '@nestjs/common';
import { admit, AuthModule, bearer, CurrentUser, type HttpRequest, resourceUrl } from 'nestjs-http-auth';
import { ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { merge, NEVER, of } from 'rxjs';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';

const authorizationServers = ['https://login.example.com'];
const resource = ['a', 'b'].map((name) => ({ url: `https://api.example.com/mcp/${name}`, authorizationServers }));
const byAudience = bearer(
  ({ token }, request) => token === new URL(resourceUrl(request)).pathname.slice(5) && admit({ name: 'alice' }, {}),
);

@Controller('mcp/a')
class AController {
  constructor(private readonly tickets: Tickets) {}
  @Post('tickets') issue(@Req() request: HttpRequest, @Body('path') path: string) {
    return this.tickets.issue(request, { path });
  }
  @All('x') a() {
    return 'handler a';
  }
}
@Controller('mcp/b')
class BController {
  @Sse('events') events(@CurrentUser('name') name: string) {
    return merge(of({ data: `secret of b for ${name}` }), NEVER);
  }
  @All('x') b() {
    return 'handler b';
  }
}

describe.each(adapters)('On %s', (_name, adapter) => {
  const begin = () =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'x', schemes: [byAudience, ticket()], resource }), TicketsModule],
      controllers: [AController, BController],
    });

  it('a token for a resource does not open a stream of another one by a ticket', async () => {
    const app = await begin();
    const issued = await send(app, '/mcp/a/tickets', {
      method: 'POST',
      headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
      body: JSON.stringify({ path: '/mcp/b/events' }),
    });
    expect(issued.status).toBe(201);
    const { port } = app.getHttpServer().address() as AddressInfo;
    const status = await new Promise((resolve) => {
      const request = httpGet(
        {
          host: '127.0.0.1',
          port,
          path: `/mcp/b/events?ticket=${(issued.json() as { ticket: string }).ticket}`,
          headers: { accept: 'text/event-stream' },
        },
        (response) => {
          resolve(response.statusCode);
          request.destroy();
        },
      );
      request.on('error', () => {});
    });
    expect(status).toBe(401);
  });
});
