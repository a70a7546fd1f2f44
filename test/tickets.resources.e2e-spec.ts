import { get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Body, Controller, type INestApplication, Post, Req, Sse } from '@nestjs/common';
import { admit, AuthModule, bearer, CurrentUser, type HttpRequest, protect, resourceUrl } from 'nestjs-http-auth';
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
  @Post('url') url(@Req() request: HttpRequest) {
    return { url: resourceUrl(request) };
  }
}
@Controller('mcp/b')
class BController {
  @Sse('events') events(@CurrentUser('name') name: string) {
    return merge(of({ data: `secret of b for ${name}` }), NEVER);
  }
}

@Controller()
class OtherController {
  @Sse('events') events() {
    return merge(of({ data: 'outside' }), NEVER);
  }
}

const cases: [how: string, prepare: (app: INestApplication) => void][] = [
  ['the guard', () => undefined],
  ['protect()', (app) => protect(app)],
];

describe.each(adapters.flatMap(([name, adapter]) => cases.map(([how, prepare]) => ({ name, adapter, how, prepare }))))(
  'On $name with $how',
  ({ adapter, prepare }) => {
    const begin = () =>
      start(
        adapter(),
        {
          imports: [AuthModule.forRoot({ realm: 'x', schemes: [byAudience, ticket()], resource }), TicketsModule],
          controllers: [AController, BController, OtherController],
        },
        prepare,
      );

    it('a handler gets the URL of the resource', async () => {
      const app = await begin();
      const answer = await send(app, '/mcp/a/url', { method: 'POST', headers: { authorization: 'Bearer a' } });
      expect(answer.json()).toEqual({ url: 'https://api.example.com/mcp/a' });
    });

    it.each(['/mcp/b/events', '/events'])('a token for a resource does not open %s by a ticket', async (path) => {
      const app = await begin();
      const issued = await send(app, '/mcp/a/tickets', {
        method: 'POST',
        headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
        body: JSON.stringify({ path }),
      });
      expect(issued.status).toBe(201);
      const { port } = app.getHttpServer().address() as AddressInfo;
      const status = await new Promise((resolve) => {
        const request = httpGet(
          {
            host: '127.0.0.1',
            port,
            path: `${path}?ticket=${(issued.json() as { ticket: string }).ticket}`,
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
  },
);
