import { once } from 'node:events';
import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  type ModuleMetadata,
  Post,
  Req,
  Sse,
} from '@nestjs/common';
import {
  admit,
  type AdmissionInfo,
  type AuthEvent,
  AuthEvents,
  type AuthInfo,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  type HttpRequest,
  OptionalAuth,
  protect,
  Public,
  RouteReport,
  Schemes,
  Scopes,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import {
  type IssuedTicket,
  ticket,
  type TicketOptions,
  Tickets,
  TicketsModule,
  type TicketUse,
} from 'nestjs-http-auth/tickets';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { WebSocket, WebSocketServer } from 'ws';
import { adapters, start } from './support/application.js';
import { type Answer, basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { closeListeners, Listener, Source, until, urlOf } from './support/event.streams.js';
import { RecordingLogger } from './support/logger.js';

let source: Source;
/** The facts of alice's token. */
let info: AdmissionInfo;
/** The targets of the requests that middleware and handlers have seen. */
let seen: unknown[];

beforeEach(() => {
  source = new Source();
  info = {};
  seen = [];
});

const schemes = [
  bearer(({ token }) => (/^(alice|bob)$/.test(token) ? admit({ name: token }, info) : null)),
  basic(({ username, password }) => (password === 'wonder:land' ? { name: username } : null)),
];

interface AnyRequest extends HttpRequest {
  readonly originalUrl?: string;
  readonly query?: unknown;
}

@Controller()
class AppController {
  constructor(private readonly tickets: Tickets) {}

  @Post('tickets') issue(@Req() request: HttpRequest, @Body() use: TicketUse) {
    return this.tickets.issue(request, use);
  }
  @OptionalAuth() @Post('tickets/optional') issueOptional(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/events' });
  }
  @Sse('events') events(@CurrentUser() user: object, @CurrentAuth() auth: AuthInfo, @Req() request: AnyRequest) {
    seen.push(request.url, request.originalUrl, request.query);
    return source.events({ user, auth });
  }
  @Sse('other') other() {
    return source.events('other');
  }
  @Scopes('read') @Sse('scoped') scoped() {
    return source.events('scoped');
  }
  @OptionalAuth() @Sse('maybe') maybe(@CurrentUser() user: object) {
    return source.events({ user });
  }
  @Sse('renew') renew(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/renew' });
  }
  @Get('plain') plain() {
    return 'plain';
  }
  @OptionalAuth() @Get('optional') optional(@CurrentUser() user: object) {
    return { user };
  }
  @Public() @Get('public') open() {
    return 'public';
  }
}

const stream = { accept: 'text/event-stream' };

/** Opens a stream, and returns its status and its fields without waiting for its end. */
async function open(app: INestApplication, path: string, headers: OutgoingHttpHeaders = {}) {
  const request = get(urlOf(app, path), { headers: { ...stream, ...headers }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => undefined).destroy();
  const challenges = response.headersDistinct['www-authenticate']?.join(', ');
  return { status: response.statusCode, challenges, headers: response.headers };
}

async function issue(
  app: INestApplication,
  use: TicketUse = { path: '/events' },
  headers: Record<string, string> = bearerAuthorization('alice'),
): Promise<Answer & { ticket: string }> {
  const answer = await send(app, '/tickets', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(use),
  });
  return { ...answer, ticket: answer.status === 201 ? (answer.json() as IssuedTicket).ticket : '' };
}

describe.each(adapters)('A ticket on %s', (_name, adapter) => {
  afterEach(closeListeners);

  const application = (
    options: TicketOptions<never, never> = {},
    prepare?: (app: INestApplication) => unknown,
    more: Partial<AuthModuleOptions> & Pick<ModuleMetadata, 'providers'> & { logger?: RecordingLogger } = {},
  ) => {
    const { providers = [], logger, ...auth } = more;
    return start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Staging', schemes: [...schemes, ticket(options)], ...auth }),
          TicketsModule,
        ],
        controllers: [AppController],
        providers,
      },
      prepare,
      logger && { logger },
    );
  };

  it('opens an event stream for its user', async () => {
    const app = await application();
    const before = Date.now();
    const { ticket: one, ...answer } = await issue(app);
    const { expiresAt, ...rest } = answer.json() as { ticket: string; expiresAt: string };
    expect(one).toMatch(/^[\w-]{32}$/);
    expect(rest).toEqual({ ticket: one });
    expect(Date.parse(expiresAt) - before).toBeGreaterThanOrEqual(30_000);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);

    const listener = new Listener(urlOf(app, `/events?ticket=${one}`));
    await until(() => listener.events.length > 0);
    expect(listener.events).toEqual([{ user: { name: 'alice' }, auth: { scheme: 'Ticket', realm: 'Staging' } }]);
  });

  it('can be used once', async () => {
    const app = await application();
    const { ticket: one } = await issue(app);
    const answers = await Promise.all(Array.from({ length: 10 }, () => open(app, `/events?ticket=${one}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it('makes EventSource stop when the stream is lost, because its URL has the used ticket', async () => {
    const app = await application();
    info = { expiresAt: new Date(Date.now() + 1500) };
    const { ticket: one } = await issue(app);
    const listener = new Listener(urlOf(app, `/events?ticket=${one}`));
    // The stream ends with the credentials for which the ticket was issued.
    await until(() => listener.isClosed);
    expect(listener.events).toHaveLength(1);
    expect(listener.errors).toEqual([undefined, 401]);
    expect(source.subscribers).toBe(0);
  });

  it('ends at the latest with the credentials for which it was issued', async () => {
    const app = await application();
    info = { expiresAt: new Date(Date.now() + 900) };
    const { expiresAt } = (await issue(app)).json() as { expiresAt: string };
    expect(expiresAt).toBe(info.expiresAt?.toISOString());
  });

  it('expires', async () => {
    const app = await application({ ttl: 1000 });
    const { ticket: one } = await issue(app);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(401);
  });

  it('is bound to its path, in this spelling, and is lost if it is presented to another one', async () => {
    const app = await application();
    for (const path of ['/other', '/events/', '//events', '/%65vents']) {
      const { ticket: one } = await issue(app);
      expect((await open(app, `${path}?ticket=${one}`)).status).not.toBe(200);
    }
    const { ticket: one } = await issue(app);
    expect((await open(app, `/other?ticket=${one}`)).status).toBe(401);
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(401);
  });

  it('is bound to the origin of the page, unless the request has no origin', async () => {
    const app = await application();
    const page = { ...bearerAuthorization('alice'), origin: 'https://app.example' };
    const statusOf = async (use: TicketUse, asking: Record<string, string>, opening: Record<string, string>) =>
      (await open(app, `/events?ticket=${(await issue(app, use, asking)).ticket}`, opening)).status;

    const use = { path: '/events' };
    expect(await statusOf(use, page, { origin: 'https://app.example' })).toBe(200);
    expect(await statusOf(use, page, { origin: 'https://evil.example' })).toBe(401);
    expect(await statusOf(use, page, { origin: 'null' })).toBe(401);
    // A page of the same origin.
    expect(await statusOf(use, page, {})).toBe(200);
    expect(await statusOf(use, page, { 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await statusOf(use, page, { 'sec-fetch-site': 'cross-site' })).toBe(401);
    // A server that asks for a page.
    expect(await statusOf(use, bearerAuthorization('alice'), { origin: 'https://app.example' })).toBe(200);
    const stated = { path: '/events', origin: 'https://app.example' };
    expect(await statusOf(stated, bearerAuthorization('alice'), { origin: 'https://app.example' })).toBe(200);
    expect(await statusOf(stated, bearerAuthorization('alice'), { origin: 'https://evil.example' })).toBe(401);
  });

  it('is accepted on event streams only, and only their 401 names it', async () => {
    const app = await application();
    const others = 'Bearer realm="Staging", Basic realm="Staging", charset="UTF-8"';
    expect(await open(app, '/events')).toMatchObject({ status: 401, challenges: `${others}, Ticket realm="Staging"` });
    for (const [path, method, expected] of [
      ['/plain', 'GET', { status: 401, challenges: others.split(/, (?=Basic)/) }],
      ['/tickets', 'POST', { status: 401, challenges: others.split(/, (?=Basic)/) }],
      ['/optional', 'GET', { status: 200, body: '{}' }],
    ] as const) {
      const { ticket: one } = await issue(app, { path });
      for (const headers of [{}, stream]) {
        expect(await send(app, `${path}?ticket=${one}`, { method, headers })).toMatchObject(expected);
      }
    }
    expect(await send(app, '/unknown')).toMatchObject({ status: 404 });
  });

  it('is not accepted for another method, or in Authorization', async () => {
    const app = await application();
    const { ticket: one } = await issue(app);
    expect((await send(app, `/events?ticket=${one}`, { method: 'HEAD' })).status).toBe(401);
    expect((await open(app, '/events', { authorization: `Ticket ${one}` })).status).toBe(401);
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(200);
  });

  it('is malformed together with Authorization, twice, or in another form, and then stays valid', async () => {
    const events: AuthEvent[] = [];
    const app = await application({}, (nest) => {
      nest.get(AuthEvents).on('refused', (event: AuthEvent) => void events.push(event));
    });
    const { ticket: one } = await issue(app);
    for (const [query, headers] of [
      [`ticket=${one}`, bearerAuthorization('alice')],
      [`ticket=${one}`, basicAuthorization('alice', 'wonder:land')],
      [`ticket=${one}`, bearerAuthorization('mallory')],
      [`ticket=${one}&ticket=${one}`, {}],
      [`ticket=${one}&%74icket=x`, {}],
      ['ticket=', {}],
      ['ticket', {}],
      [`ticket=${one}=`, {}],
      ['ticket[]=x&ticket=%2e', {}],
    ] as const) {
      expect((await open(app, `/events?${query}`, headers)).status).toBe(401);
      expect(events.splice(0)).toEqual([
        expect.objectContaining({ reason: 'malformed', scheme: 'Ticket', status: 401 }),
      ]);
    }
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(200);
  });

  it('counts, and not a cookie that the browser adds', async () => {
    const cookies = {
      name: 'Cookie',
      problem: () => undefined,
      bind: () => ({
        name: 'Cookie',
        challenge: (realm: string) => ({ scheme: 'Cookie', params: { realm } }),
        presents: ({ headers }: HttpRequest) => headers.cookie !== undefined,
        authenticate: async () => admit({ name: 'bob' }, {}),
      }),
    };
    const app = await application({}, undefined, { schemes: [cookies, ...schemes, ticket()] });
    const { ticket: one } = await issue(app);
    const listener = new Listener(urlOf(app, `/events?ticket=${one}`), { cookie: 'sid=bob' });
    await until(() => listener.events.length > 0);
    expect(listener.events).toMatchObject([{ user: { name: 'alice' } }]);
  });

  it('has the scopes of the credentials for which it was issued', async () => {
    const app = await application();
    expect((await open(app, `/scoped?ticket=${(await issue(app, { path: '/scoped' })).ticket}`)).status).toBe(403);
    info = { scopes: ['read'] };
    expect((await open(app, `/scoped?ticket=${(await issue(app, { path: '/scoped' })).ticket}`)).status).toBe(200);
  });

  it('authenticates an optional stream, which is refused if the ticket is invalid', async () => {
    const app = await application();
    const listener = new Listener(urlOf(app, `/maybe?ticket=${(await issue(app, { path: '/maybe' })).ticket}`));
    await until(() => listener.events.length > 0);
    expect(listener.events).toEqual([{ user: { name: 'alice' } }]);
    expect((await open(app, '/maybe')).status).toBe(200);
    expect((await open(app, `/maybe?ticket=${'x'.repeat(32)}`)).status).toBe(401);
  });

  it('is issued to authenticated requests only, and not by a ticket', async () => {
    const app = await application();
    expect(await issue(app, undefined, {})).toMatchObject({ status: 401 });
    const anonymous = await send(app, '/tickets/optional', { method: 'POST' });
    expect(anonymous.status).toBe(401);
    expect(anonymous.challenges).toHaveLength(2);
    const { ticket: one } = await issue(app, { path: '/renew' });
    expect((await open(app, `/renew?ticket=${one}`)).status).toBe(403);
  });

  it('is issued for a valid path and a valid origin only', async () => {
    const app = await application();
    for (const path of [
      'events',
      '//evil.example/events',
      '/\\evil',
      '/events?x',
      '/events#x',
      '/a b',
      '',
      undefined,
      5,
    ]) {
      expect((await issue(app, { path: path as string })).status).toBe(500);
    }
    for (const origin of ['app.example', 'https://app.example/', 'null', 'about:blank']) {
      expect((await issue(app, { path: '/events', origin })).status).toBe(500);
    }
    const { ticket: one } = await issue(app, { path: '/./x/../events' });
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(200);
  });

  it('is not in the target that later code sees, and not in the log', async () => {
    const logger = new RecordingLogger();
    const app = await application(
      {},
      (nest) => {
        nest.use((request: AnyRequest, _response: object, next: () => void) => {
          seen.push(request.url, request.originalUrl);
          next();
        });
      },
      { logger },
    );
    const tickets = await Promise.all([0, 1, 2].map(() => issue(app)));
    seen = [];
    const [first, second, third] = tickets.map(({ ticket: one }) => one);
    expect((await open(app, `/events?a=1&ticket=${first}&b=2`)).status).toBe(200);
    expect((await open(app, `/events?ticket=${second}`, bearerAuthorization('alice'))).status).toBe(401);
    // This client accepts everything, so the guard hides the ticket.
    expect((await open(app, `/events?ticket=${third}&a=1`, { accept: '*/*' })).status).toBe(200);
    await until(() => seen.length >= 9);
    const text = JSON.stringify(seen.slice(0, 7)) + logger.text();
    expect(text).toContain('/events?a=1&b=2');
    for (const one of [first, second]) expect(text).not.toContain(one);
    expect(JSON.stringify(seen.slice(-3))).not.toContain(third);
  });

  it('keeps the stream out of the Referer field', async () => {
    const app = await application();
    const { headers } = await open(app, `/events?ticket=${(await issue(app)).ticket}`);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect((await open(app, '/events', bearerAuthorization('alice'))).headers['referrer-policy']).toBeUndefined();
  });

  it('may be in another parameter', async () => {
    const app = await application({ parameter: 'pass' });
    const { ticket: one } = await issue(app);
    expect((await open(app, `/events?ticket=${one}`)).status).toBe(401);
    expect((await open(app, `/events?ticket=1&pass=${one}`)).status).toBe(200);
  });

  it('may keep a part of the principal, and finds the principal when it is used', async () => {
    @Injectable()
    class Users {
      readonly gone = new Set<string>();
      verify(name: string) {
        if (name === 'bob') throw new VerifierUnavailableException('down', 7);
        return this.gone.has(name)
          ? null
          : admit({ name, found: true }, { expiresAt: new Date(Date.now() + 86_400_000) });
      }
    }
    const app = await application(
      { principal: { store: ({ name }: { name: string }) => name, restore: Users } } as never,
      undefined,
      { providers: [Users] },
    );
    info = { expiresAt: new Date(Date.now() + 60_000), scopes: ['read'] };
    const listener = new Listener(urlOf(app, `/events?ticket=${(await issue(app)).ticket}`));
    await until(() => listener.events.length > 0);
    const auth = { scheme: 'Ticket', realm: 'Staging', scopes: ['read'], expiresAt: info.expiresAt?.toISOString() };
    expect(listener.events).toEqual([{ user: { name: 'alice', found: true }, auth }]);
    const { ticket: late } = await issue(app);
    app.get(Users).gone.add('alice');
    expect((await open(app, `/events?ticket=${late}`)).status).toBe(401);
    const { ticket: bobs } = await issue(app, undefined, bearerAuthorization('bob'));
    const answer = await open(app, `/events?ticket=${bobs}`);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7']);
  });

  it.each<[string, (index: number) => object]>([
    ['one token', () => ({ name: 'bob' })],
    ['a new token for each', (index) => ({ iss: 'https://login.example', sub: 'bob', jti: index })],
    ['a new session for each, with the option subject', (index) => ({ account: 'bob', session: index })],
  ])('does not remove the tickets of others if a user gets very many by %s', async (_how, user) => {
    const app = await application({}, undefined, { subject: ({ account }: { account?: string }) => account });
    const { ticket: alices } = await issue(app);
    const authInfo = { scheme: 'Bearer', realm: '' };
    const requestOf = (principal: object) => ({ method: 'POST', url: '/', headers: {}, user: principal, authInfo });
    const many: string[] = [];
    for (let index = 0; index < 1100; index++) {
      many.push((await app.get(Tickets).issue(requestOf(user(index)), { path: '/events' })).ticket);
    }
    expect((await open(app, `/events?ticket=${many[0]}`)).status).toBe(401);
    expect((await open(app, `/events?ticket=${many.at(-1)}`)).status).toBe(200);
    expect((await open(app, `/events?ticket=${alices}`)).status).toBe(200);
  });

  describe('behind protect()', () => {
    it('is accepted for event streams, and the route does not use it again', async () => {
      const app = await application({}, (nest) => protect(nest));
      const { ticket: one } = await issue(app);
      expect((await open(app, `/events?ticket=${one}`)).status).toBe(200);
      expect((await open(app, `/events?ticket=${one}`)).status).toBe(401);
    });

    it('is not accepted by an ordinary route', async () => {
      const app = await application({}, (nest) => protect(nest, { except: ['/public'] }));
      for (const path of ['/plain', '/optional']) {
        for (const headers of [{}, stream]) {
          const { ticket: one } = await issue(app, { path });
          expect((await send(app, `${path}?ticket=${one}`, { headers })).status).toBe(401);
        }
      }
    });

    it('is accepted for upgrades, and is not in the target that the WebSocket server sees', async () => {
      const sockets = new WebSocketServer({ noServer: true });
      const targets: (string | undefined)[] = [];
      const users: unknown[] = [];
      const app = await application({}, (nest) => {
        protect(nest, '/ws', { schemes: ['ticket'] });
        nest.getHttpServer().on('upgrade', (request: HttpRequest & { user?: unknown }, socket: never, head: never) => {
          targets.push(request.url);
          users.push(request.user);
          sockets.handleUpgrade(request as never, socket, head, (client) => client.send('hello'));
        });
      });
      const connect = async (query: string, origin = 'https://app.example') => {
        const client = new WebSocket(urlOf(app, `/ws${query}`, 'ws'), { origin });
        const opened = once(client, 'message').then(([data]) => String(data));
        const refused = new Promise((resolve) => {
          client.on('unexpected-response', (_request, response) => {
            resolve([response.statusCode, response.headers['www-authenticate']]);
            client.terminate();
          });
          client.on('error', () => undefined);
        });
        const result = await Promise.race([opened, refused]);
        client.terminate();
        return result;
      };
      const refusal = [401, 'Ticket realm="Staging"'];
      const page = { ...bearerAuthorization('alice'), origin: 'https://app.example' };

      expect(await connect('')).toEqual(refusal);
      const { ticket: one } = await issue(app, { path: '/ws' }, page);
      // An ordinary request does not use the ticket up.
      expect(await send(app, `/ws?ticket=${one}`)).toMatchObject({ status: 401, challenges: [refusal[1]] });
      expect(await connect(`?ticket=${one}&room=1`)).toBe('hello');
      expect([targets, users]).toEqual([['/ws?room=1'], [{ name: 'alice' }]]);
      expect(await connect(`?ticket=${one}&room=1`)).toEqual(refusal);
      const { ticket: stolen } = await issue(app, { path: '/ws' }, page);
      expect(await connect(`?ticket=${stolen}`, 'https://evil.example')).toEqual(refusal);
      sockets.close();
    });
  });

  it('is an API key in the query of the OpenAPI document, for event streams only', async () => {
    const app = await application();
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes?.['ticket']).toEqual({
      type: 'apiKey',
      in: 'query',
      name: 'ticket',
      description: 'A single-use ticket',
    });
    expect(document.paths['/events']?.get?.security).toEqual([{ bearer: [] }, { basic: [] }, { ticket: [] }]);
    expect(document.paths['/plain']?.get?.security).toEqual([{ bearer: [] }, { basic: [] }]);
  });

  it('is in the route report', async () => {
    const app = await application({}, (nest) => {
      protect(nest, '/ws', { schemes: ['ticket'] });
      protect(nest, '/scoped');
    });
    const report = app.get(RouteReport).routes();
    const schemesOf = (path: string) => report.findLast((route) => route.path === path)?.schemes;
    expect(schemesOf('/events')).toEqual(['Bearer', 'Basic', 'Ticket']);
    expect(report.find((route) => route.path === '/scoped')?.schemes).toEqual(['Bearer', 'Basic', 'Ticket']);
    expect(schemesOf('/plain')).toEqual(['Bearer', 'Basic']);
    expect(schemesOf('/ws')).toEqual(['Ticket']);
  });
});

describe.each(adapters)('At startup on %s', (_name, adapter) => {
  const begin = (metadata: ModuleMetadata, options: readonly unknown[] = [...schemes, ticket()]) =>
    start(adapter(), {
      ...metadata,
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: options as never }), ...(metadata.imports ?? [])],
    });

  it('TicketsModule without ticket() is an error', () =>
    expect(begin({ imports: [TicketsModule] }, schemes)).rejects.toMatchObject({
      code: 'ERR_AUTH_SCHEMES',
      message: 'TicketsModule: AuthModule has no scheme for tickets; add ticket() to schemes',
    }));

  it('an ordinary route that accepts tickets only is an error', async () => {
    @Controller()
    class PlainController {
      @Schemes('ticket') @Get() plain() {}
    }
    await expect(begin({ controllers: [PlainController] })).rejects.toMatchObject({
      code: 'ERR_AUTH_SCHEMES',
      message:
        'PlainController.plain(): schemes: Ticket does not authenticate such a route; name another scheme, or open the route',
    });
    @Controller()
    class StreamController {
      helper() {}
      @Sse() stream() {}
      @Public() @Get('open') open() {}
    }
    await expect(begin({ controllers: [StreamController] }, [ticket()])).resolves.toBeDefined();
  });

  it.each([
    [{ ttl: 30 }, "ticket(): ttl must be a duration from 1 second to 5 minutes; write '30s', for example"],
    [{ ttl: '6m' }, "ticket(): ttl must be a duration from 1 second to 5 minutes; write '30s', for example"],
    [{ parameter: 'a b' }, "ticket(): parameter must be the name of a query parameter, e.g. 'ticket'"],
    [{ prefix: '' }, 'ticket(): prefix must be a string that is not empty'],
    [
      { redis: {} },
      'ticket(): redis must be a client of ioredis 5 or later, or of redis 4 or later; pass new Redis(url), or createClient({ url })',
    ],
    [
      { principal: {} },
      'ticket(): principal must have store(principal) and restore; pass { store: (user) => user.id, restore: (id) => users.find(id) }',
    ],
    [
      { principal: { store: String, restore: 5 } },
      'ticket(): principal.restore: the verifier must be a function (credentials, request) => principal or null, or an injectable class with verify(credentials, request)',
    ],
  ])('the option %j is an error', (options, message) =>
    expect(begin({}, [...schemes, ticket(options as never)])).rejects.toMatchObject({
      code: 'ERR_AUTH_SCHEME_OPTION',
      message,
    }),
  );
});
