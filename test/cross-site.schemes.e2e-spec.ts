import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post, Query, Req, type Type } from '@nestjs/common';
import { Query as GraphQuery, Resolver } from '@nestjs/graphql';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  admit,
  AuthEvents,
  AuthModule,
  bearer,
  cookie,
  CurrentUser,
  type HttpRequest,
  passportStrategy,
  protect,
  Public,
  type SchemeDefinition,
  Schemes,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { type IssuedTicket, ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket, WebSocketServer } from 'ws';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { engines } from './support/graphql.js';
import { closeWebSockets, connected, open, type WebSocketClient } from './support/websocket.js';

/** A strategy that reads the session of a cookie. */
const strategy = {
  name: 'session',
  authenticate(this: { success(user: unknown): void; fail(): void }, { headers }: { headers: { cookie?: string } }) {
    if (headers.cookie === 'sid=alice') this.success({ name: 'alice' });
    else this.fail();
  },
};
const presents = ({ headers }: HttpRequest) => headers.cookie !== undefined;
const session = passportStrategy(strategy, { scheme: 'Session', presents });
const token = bearer(({ token: name }) => (name === 'mallory' ? { name } : null));

/** Credentials of the TLS connection, which every request over it has. */
const certificate: SchemeDefinition = {
  name: 'Certificate',
  optIn: true,
  problem: () => undefined,
  bind: () => ({
    name: 'Certificate',
    presents: () => true,
    authenticate: async () => admit({ name: 'alice' }, {}),
    challenge: (realm) => ({ scheme: 'Certificate', params: { realm } }),
  }),
};

/** The fields that the browser of alice sends if a page of mallory opens a connection. */
const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', cookie: 'sid=alice' };

@Controller()
class TicketsController {
  constructor(private readonly tickets: Tickets) {}
  @Post('tickets') issue(@Req() request: HttpRequest, @Query('path') path: string) {
    return this.tickets.issue(request, { path });
  }
}

@Schemes('Session')
@WebSocketGateway({ path: '/ws' })
class SessionGateway {
  @SubscribeMessage('who') who(@CurrentUser('name') name: string) {
    return { event: 'you', data: name };
  }
}

@WebSocketGateway({ path: '/ws' })
class MixedGateway {
  @SubscribeMessage('mine') mine(@CurrentUser('name') name: string) {
    return { event: 'you', data: name };
  }
  @Schemes('Certificate') @SubscribeMessage('who') who(@CurrentUser('name') name: string) {
    return { event: 'you', data: name };
  }
}

@WebSocketGateway()
class IoGateway {
  @SubscribeMessage('ping') ping() {
    return 'pong';
  }
}

@Schemes('Session')
@WebSocketGateway({ namespace: 'admin' })
class IoSessionGateway {
  @SubscribeMessage('who') who(@CurrentUser('name') name: string) {
    return name;
  }
}

@Resolver()
class MixedResolver {
  @Public() @GraphQuery(() => String) hello() {
    return 'hello';
  }
  @Schemes('session') @GraphQuery(() => String, { nullable: true }) me(@CurrentUser('name') name: string) {
    return name;
  }
}

const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

/** Returns a ticket of mallory. */
const issue = async (app: INestApplication, path: string) => {
  const headers = bearerAuthorization('mallory');
  const answer = await send(app, `/tickets?path=${encodeURIComponent(path)}`, { method: 'POST', headers });
  return (answer.json() as IssuedTicket).ticket;
};

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  closeWebSockets();
});

describe.each(adapters)('A page of another site, with an application on %s', (_name, adapter) => {
  const begin = (
    gateways: Type[],
    platform: typeof WsAdapter | typeof IoAdapter,
    prepare: (app: INestApplication) => unknown = () => undefined,
    own: SchemeDefinition = session,
  ) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Site', schemes: [token, own, certificate, ticket()] }),
          WebSocketAuthModule.forRoot(),
          TicketsModule,
        ],
        controllers: [TicketsController],
        providers: gateways,
      },
      (app) => {
        app.useWebSocketAdapter(new platform(app));
        return prepare(app);
      },
    );

  it('cannot use the cookie of a user for a gateway by its own ticket for the protected path', async () => {
    const events: unknown[] = [];
    const app = await begin([SessionGateway], WsAdapter, (nest) => {
      protect(nest, '/ws');
      nest.get(AuthEvents).on('refused', ({ reason, scheme, status }) => void events.push({ reason, scheme, status }));
    });
    const answer = await open(portOf(app), `/ws?ticket=${await issue(app, '/ws')}`, { headers: foreign });
    expect(answer).toMatchObject({ status: 403, challenges: [] });
    expect(answer.body).toContain('The Origin is not allowed');
    expect(events).toEqual([{ reason: 'forbidden', scheme: 'Session', status: 403 }]);
  });

  it('cannot use the cookie of a user for an inner protected path by its own ticket for the outer path', async () => {
    const server = new WebSocketServer({ noServer: true });
    const app = await begin([SessionGateway], WsAdapter, (nest) => {
      nest.getHttpServer().on('upgrade', (request: IncomingMessage, socket: never, head: never) => {
        if (request.url?.startsWith('/raw') === true) server.handleUpgrade(request, socket, head, () => undefined);
      });
      protect(nest, '/raw');
      protect(nest, '/raw/inner', { schemes: ['Session'] });
    });
    // A target with two readings must satisfy both policies.
    for (const path of ['/raw/inner', '/raw/%69nner']) {
      const { status } = await open(portOf(app), `${path}?ticket=${await issue(app, path)}`, { headers: foreign });
      expect([path, status]).toEqual([path, 403]);
    }
  });

  it('cannot use the certificate of a user for a message by its own token for the handshake', async () => {
    const app = await begin([MixedGateway], WsAdapter);
    const connect = (headers: Record<string, string>) =>
      connected(portOf(app), '/ws', { headers, protocols: ['chat', 'bearer.mallory'] });
    const client = await connect(foreign);
    expect(await client.ask('mine')).toEqual({ event: 'you', data: 'mallory' });
    expect(await client.ask('who')).toMatchObject({ event: 'exception', data: { code: 'FORBIDDEN' } });
    // A proxy may change the host, so `Sec-Fetch-Site` counts for messages, too.
    const own = await connect({ origin: 'https://app.example', 'sec-fetch-site': 'same-origin' });
    expect(await own.ask('who')).toEqual({ event: 'you', data: 'mallory' });
  });

  it('cannot use the cookie of a user for a namespace of socket.io by its own ticket for the server', async () => {
    const app = await begin([IoGateway, IoSessionGateway], IoAdapter, (nest) => protect(nest, '/socket.io'));
    const path = `/socket.io/?EIO=4&transport=websocket&ticket=${await issue(app, '/socket.io/')}`;
    const client = await connected(portOf(app), path, { headers: foreign });
    expect(await join(client)).toContain('The Origin is not allowed');
  });

  const find = ({ token: sid }: { token: string }) => (sid === 'alice' ? { name: 'alice' } : null);
  it.each<[string, SchemeDefinition]>([
    ['passportStrategy', session],
    [
      'cookie with origins',
      cookie(find, { name: 'sid', scheme: 'Session', optIn: false, origins: ['https://evil.example'] }),
    ],
    [
      'cookie with allowCrossSite',
      cookie(find, { name: 'sid', scheme: 'Session', optIn: false, allowCrossSite: true }),
    ],
  ])('cannot use the cookie of a user for a namespace of socket.io by its own token: %s', async (_what, own) => {
    const app = await begin([IoGateway, IoSessionGateway], IoAdapter, undefined, own);
    const path = '/socket.io/?EIO=4&transport=websocket';
    expect(await open(portOf(app), path, { headers: foreign })).toMatchObject({ status: 403 });
    const client = await connected(portOf(app), path, { headers: foreign, protocols: ['chat', 'bearer.mallory'] });
    expect(await join(client)).toContain('The Origin is not allowed');
    const { cookie: sid } = foreign;
    const other = await connected(portOf(app), path, { headers: { cookie: sid }, protocols: ['a', 'bearer.mallory'] });
    expect(await join(other)).toContain('"sid"');
  });
});

/** Connects to the namespace, and returns the answer. */
async function join(client: WebSocketClient): Promise<string> {
  await client.next();
  client.socket.send('40/admin,');
  return JSON.stringify(await client.next()).replaceAll('\\', '');
}

describe.each(engines)('On a connection of %s', (_name, engine) => {
  const optIn = passportStrategy(strategy, { scheme: 'Session', name: 'session', presents });
  const begin = (more: object, prepare?: (app: INestApplication) => unknown) =>
    start(
      engine.adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'x', schemes: [token, optIn, ticket()], ...more }),
          GraphQLAuthModule,
          TicketsModule,
          engine.module(
            engine.name === 'Apollo'
              ? { subscriptions: { 'graphql-ws': true } }
              : { subscription: { fullWsTransport: true } as never },
          ),
        ],
        controllers: [TicketsController],
        providers: [MixedResolver],
      },
      prepare,
    );
  const params = { authorization: 'Bearer mallory' };

  it('a page of another site does not use the cookie of a user for a field by its own token', async () => {
    const app = await begin({ ignoreOtherSchemes: true });
    expect(await ask(app, { headers: foreign, params })).not.toContainEqual({ me: 'alice' });
  });

  it('a page of another site does not use the cookie of a user for a field by its own ticket', async () => {
    const app = await begin({}, (nest) => protect(nest, '/graphql'));
    const own = await issue(app, '/graphql');
    expect(await ask(app, { headers: foreign, path: `/graphql?ticket=${own}` })).not.toContainEqual({ me: 'alice' });
  });

  it('operations have one user, also if the connection has its own', async () => {
    const app = await begin({ ignoreOtherSchemes: true });
    const { cookie: sid } = foreign;
    expect(await ask(app, { headers: { cookie: sid } })).toEqual([{ me: 'alice' }, undefined]);
    expect(await ask(app, { headers: { cookie: sid }, params })).not.toContainEqual({ me: 'alice' });
  });
});

interface Ask {
  headers: Record<string, string>;
  path?: string;
  params?: object;
}

/** Sends the query `me` over a new connection. Returns the data and the message of the error, or the code of the end. */
async function ask(app: INestApplication, { headers, path = '/graphql', params }: Ask): Promise<unknown[]> {
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `ws://127.0.0.1:${portOf(app)}${path}`,
    webSocketImpl: Socket,
    ...(params && { connectionParams: params as never }),
    retryAttempts: 0,
    onNonLazyError: () => {},
  });
  clients.push(client);
  const found: unknown[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query: '{ me }' },
      {
        next: ({ data, errors }) => void found.push(data, errors?.[0]?.message),
        error: (error) => {
          found.push((error as { code?: number }).code);
          resolve();
        },
        complete: resolve,
      },
    );
  });
  return found;
}
