import { describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post, Req, Sse } from '@nestjs/common';
import { AuthModule, basic, type HttpRequest, protect, Realm } from 'nestjs-http-auth';
import { digest } from 'nestjs-http-auth/digest';
import { type IssuedTicket, ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { of } from 'rxjs';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { answerDigest, digestChallenges, digestField } from './support/digest.js';

const password = 'wonder:land';

@Controller()
class StreamsController {
  constructor(private readonly tickets: Tickets) {}
  @Post('tickets/own') own(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/own' });
  }
  @Post('tickets/other') other(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/other' });
  }
  @Post('tickets/mixed') mixed(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/mixed' });
  }
  @Sse('own') streamOwn() {
    return of({ data: 'own' });
  }
  @Realm('Other') @Sse('other') streamOther() {
    return of({ data: 'other' });
  }
  @Realm('Other') @Sse('mixed') streamMixed() {
    return of({ data: 'mixed' });
  }
}

describe.each(adapters)('[DIG-15] A ticket of a Digest user on %s', (_name, adapter) => {
  const application = () =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Staging',
            schemes: [digest(() => ({ principal: 'alice', password })), basic(() => 'bob'), ticket()],
          }),
          TicketsModule,
        ],
        controllers: [StreamsController],
      },
      (app) => protect(app, '/mixed', { realm: 'Staging' }),
    );

  async function digestFields(app: INestApplication, uri: string) {
    const [params = {}] = digestChallenges((await send(app, uri, { method: 'POST' })).challenges);
    const { fields } = answerDigest({ username: 'alice', password, params, uri, method: 'POST' });
    return { authorization: digestField(fields) };
  }

  async function open(app: INestApplication, path: string, headers: Record<string, string>): Promise<number> {
    const issued = await send(app, `/tickets${path}`, { method: 'POST', headers });
    const { ticket: text } = issued.json() as IssuedTicket;
    return (await send(app, `${path}?ticket=${text}`, { headers: { accept: 'text/event-stream' } })).status;
  }

  it('opens a stream in its realm', async () => {
    const app = await application();
    expect(await open(app, '/own', await digestFields(app, '/tickets/own'))).toBe(200);
  });

  it('does not open a stream in another realm', async () => {
    const app = await application();
    expect(await open(app, '/other', await digestFields(app, '/tickets/other'))).toBe(401);
  });

  it('does not open a stream in another realm behind a protected path of the right realm', async () => {
    const app = await application();
    expect(await open(app, '/mixed', await digestFields(app, '/tickets/mixed'))).toBe(401);
  });

  it('opens a stream in another realm if it is the ticket of a Basic user', async () => {
    const app = await application();
    expect(await open(app, '/other', basicAuthorization('bob', 'b'))).toBe(200);
    expect(await open(app, '/mixed', basicAuthorization('bob', 'b'))).toBe(200);
  });
});
