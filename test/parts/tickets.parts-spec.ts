import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post, Req, Sse } from '@nestjs/common';
import { admit, AuthModule, bearer, CurrentAuth, CurrentUser, type AuthInfo, type HttpRequest } from 'nestjs-http-auth';
import { type IssuedTicket, ticket, type TicketOptions, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { of } from 'rxjs';
import { adapters, start } from '../support/application.js';
import { bearerAuthorization, send } from '../support/client.js';
import { urlOf } from '../support/event.streams.js';
import { RecordingLogger } from '../support/logger.js';
import { RedisClients } from './support/redis.clients.js';
import { RedisServer } from './support/redis.js';

let redis: RedisServer;

beforeEach(async () => {
  redis = await RedisServer.start();
});

const clients = new RedisClients(() => redis);
const { connect } = clients;

class User {
  constructor(readonly name: string) {}
}

const expiresAt = new Date(Date.now() + 3_600_000);

@Controller()
class AppController {
  constructor(private readonly tickets: Tickets) {}

  @Post('tickets') issue(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/events' });
  }
  @Sse('events') events(@CurrentUser() user: unknown, @CurrentAuth() auth: AuthInfo) {
    const isUser = user instanceof User;
    const isDate = auth.expiresAt instanceof Date;
    return of({ data: { user, auth, isUser, isDate } });
  }
}

const byToken = bearer(({ token }) => {
  if (token === 'class') return new User('alice');
  return token === 'plain' ? admit({ name: 'alice', roles: ['a'] }, { scopes: ['read'], acr: 'mfa', expiresAt }) : null;
});

async function open(app: INestApplication, one: string) {
  const request = get(urlOf(app, `/events?ticket=${one}`), { headers: { accept: 'text/event-stream' }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, retryAfter: response.headers['retry-after'], body };
}

async function issue(app: INestApplication, token = 'plain') {
  const answer = await send(app, '/tickets', { method: 'POST', headers: bearerAuthorization(token) });
  return { status: answer.status, ticket: answer.status === 201 ? (answer.json() as IssuedTicket).ticket : '' };
}

const setups = adapters.flatMap(([name, adapter]) =>
  (['ioredis', 'redis'] as const).map((client): [string, string, typeof adapter] => [name, client, adapter]),
);

describe.each(setups)('Tickets of two instances on %s with the client of %s', (_name, client, adapter) => {
  afterEach(async () => {
    clients.close();
    await redis.kill();
  });

  const instance = async (options: TicketOptions<never, never> = {}, logger?: RecordingLogger) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Staging',
            schemes: [byToken, ticket({ redis: await connect[client as 'redis'](), ...options })],
          }),
          TicketsModule,
        ],
        controllers: [AppController],
      },
      undefined,
      logger && { logger },
    );

  it('are accepted by the other instance, once, with the principal and its facts', async () => {
    const [one, other] = [await instance(), await instance()];
    const { ticket: text } = await issue(one);
    const answers = await Promise.all([one, other, one, other].map((app) => open(app, text)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
    const { body } = answers.find(({ status }) => status === 200) ?? { body: '' };
    expect(JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? '')).toEqual({
      user: { name: 'alice', roles: ['a'] },
      auth: { scheme: 'Ticket', realm: 'Staging', scopes: ['read'], acr: 'mfa', expiresAt: expiresAt.toISOString() },
      isUser: false,
      isDate: true,
    });
  });

  it('are stored as digests that expire', async () => {
    const app = await instance({ prefix: 'shop' });
    const { ticket: text } = await issue(app);
    const reader = await connect.ioredis();
    const [key = '', ...others] = await reader.keys('*');
    expect(others).toEqual([]);
    expect(key).toMatch(/^shop:ticket:[\w-]{43}$/);
    expect(`${key}${await reader.get(key)}`).not.toContain(text);
    const life = await reader.pttl(key);
    expect(life).toBeGreaterThan(20_000);
    expect(life).toBeLessThanOrEqual(30_000);
  });

  it('are not issued if the principal is not JSON, unless the application says how to store it', async () => {
    const logger = new RecordingLogger();
    const app = await instance({}, logger);
    expect((await issue(app, 'class')).status).toBe(500);
    expect(logger.text()).toContain(
      'Tickets.issue(): the principal is not a JSON value, so Redis cannot store it; ' +
        'pass the option principal: { store, restore } to ticket(), e.g. to store the id',
    );
    const principal = { store: ({ name }: User) => name, restore: (name: string) => new User(name) };
    const better = await instance({ principal } as never);
    const answer = await open(better, (await issue(better, 'class')).ticket);
    expect(answer.body).toContain('"isUser":true');
  });

  it('get 503 while Redis is down, and work again afterwards', async () => {
    const logger = new RecordingLogger();
    const app = await instance({}, logger);
    const { ticket: text } = await issue(app);
    await redis.kill();
    for (let index = 0; index < 3; index++) {
      expect(await open(app, text)).toMatchObject({ status: 503, retryAfter: '1' });
      expect((await issue(app)).status).toBe(503);
    }
    expect(logger.text()).toContain('The store of tickets is unavailable');
    expect(logger.text()).not.toContain(text);
    await redis.start();
    let fresh = await issue(app);
    while (fresh.status !== 201) fresh = await issue(app);
    expect((await open(app, fresh.ticket)).status).toBe(200);
    expect((await open(app, text)).status).toBe(401);
  });
});
