import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication, ServiceUnavailableException } from '@nestjs/common';
import { Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { type Client, CloseCode, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  CurrentUser,
  Failure,
  OptionalAuth,
  protect,
  Public,
  RouteReport,
  Schemes,
  Scopes,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { start } from './support/application.js';
import { basicAuthorization, bearerAuthorization } from './support/client.js';
import { engines } from './support/graphql.js';
import { RecordingLogger } from './support/logger.js';
import type { User } from './support/schemes.js';

/** The tokens that the verifier has seen. */
let verified: string[] = [];

async function verify(name: string) {
  verified.push(name);
  await wait(5);
  if (name === 'down') throw new ServiceUnavailableException('10.0.0.7');
  if (name === 'again') return new Failure('limited', undefined, 429);
  if (name.startsWith('short')) return admit({ name }, { expiresAt: new Date(Date.now() + 400) });
  if (name === 'alice') return admit({ name }, { scopes: ['news'], expiresAt: new Date(Date.now() + 2 ** 32) });
  return name === 'bob' ? { name } : null;
}

const options: AuthModuleOptions = {
  realm: 'Library',
  schemes: [bearer(({ token }) => verify(token)), basic(({ username }) => verify(username))],
};

async function* values(...all: string[]) {
  for (const value of all) yield { mine: value, open: value, scoped: value, basicOnly: value, endless: value };
}

async function* endlessly(value: string) {
  yield { endless: value };
  await new Promise(() => undefined);
}

@Resolver()
class NewsResolver {
  @Query(() => String)
  me(@CurrentUser<User>('name') name: string) {
    return name;
  }

  @Scopes('news')
  @Mutation(() => String, { nullable: true })
  publish() {
    return 'published';
  }

  @Subscription(() => String, { nullable: true })
  mine(@CurrentUser<User>('name') name: string) {
    return values(name, `${name} again`);
  }

  @Scopes('news')
  @Subscription(() => String, { nullable: true })
  scoped() {
    return values('scoped');
  }

  @Schemes('basic')
  @Subscription(() => String, { nullable: true })
  basicOnly() {
    return values('basic');
  }

  @Subscription(() => String, { nullable: true })
  endless(@CurrentUser<User>('name') name: string) {
    return endlessly(name);
  }
}

@Resolver()
class OpenResolver {
  @Public()
  @Subscription(() => String, { nullable: true })
  open() {
    return values('open');
  }

  @OptionalAuth()
  @Query(() => String)
  greeting(@CurrentUser<User>('name') name = 'stranger') {
    return name;
  }
}

const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});

beforeEach(() => {
  verified = [];
});

/** Creates a client of graphql-ws. */
function connect(
  app: INestApplication,
  connectionParams?: Record<string, unknown> | (() => Record<string, unknown>),
  headers: Record<string, string> = {},
  more: object = {},
): Client {
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers });
    }
  }
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `ws://127.0.0.1:${port}/graphql`;
  const client = createClient({
    url,
    webSocketImpl: Socket,
    connectionParams,
    retryAttempts: 0,
    onNonLazyError: () => {},
    ...more,
  });
  clients.push(client);
  return client;
}

/** Returns the values of an operation, its errors, or the close event of the connection. */
async function results(client: Client, query: string): Promise<unknown[]> {
  const found: unknown[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query },
      {
        next: ({ data, errors }) => found.push(errors?.map(({ extensions }) => extensions?.['code']) ?? data),
        error: (error) => {
          const { code, reason } = error as { code?: number; reason?: string };
          found.push(
            Array.isArray(error)
              ? error.map((one: { extensions?: { code?: string } }) => one.extensions?.code)
              : [code, reason],
          );
          resolve();
        },
        complete: resolve,
      },
    );
  });
  return found;
}

describe.each(engines)('Subscriptions with %s', (_name, engine) => {
  const serve = ({
    providers = [NewsResolver, OpenResolver],
    auth = {},
    graph = {},
    schema = {},
    prepare = () => {},
    use = {},
  }: {
    providers?: (new () => object)[];
    auth?: Partial<AuthModuleOptions>;
    graph?: { onConnect?: unknown; context?: unknown };
    schema?: object;
    prepare?: (app: INestApplication) => void;
    use?: object;
  } = {}) => {
    const own = Object.keys(graph).length > 0;
    const module = engine.module(
      engine.name === 'Apollo'
        ? { ...schema, subscriptions: { 'graphql-ws': own ? (graph as object) : true } }
        : { ...schema, subscription: { ...(graph as object), fullWsTransport: true } },
    );
    const imports = [AuthModule.forRoot({ ...options, ...auth }), GraphQLAuthModule, module];
    return start(engine.adapter(), { imports, providers }, prepare, use);
  };

  it.each([
    ['connectionParams', { Authorization: 'Bearer alice' }, {}],
    ['connectionParams in lower case', { authorization: 'Bearer alice' }, {}],
    ['headers of connectionParams', { headers: { Authorization: 'Bearer alice' } }, {}],
    ['the upgrade', undefined, bearerAuthorization('alice')],
    [
      'connectionParams rather than from the upgrade',
      { authorization: 'Bearer alice' },
      basicAuthorization('bob', 'x'),
    ],
  ])('takes the credentials from %s', async (_where, params, headers) => {
    const app = await serve();
    const client = connect(app, params, headers, { lazy: false });
    const operations = ['{ me greeting }', 'subscription { mine }', 'subscription { scoped }', 'mutation { publish }'];
    expect(await Promise.all(operations.map((query) => results(client, query)))).toEqual([
      [{ me: 'alice', greeting: 'alice' }],
      [{ mine: 'alice' }, { mine: 'alice again' }],
      [{ scoped: 'scoped' }],
      [{ publish: 'published' }],
    ]);
    expect(verified).toEqual(['alice']);
  });

  it('checks a root field without a resolver of Nest before its subscription starts', async () => {
    let started = 0;
    const subscribe = () => {
      started++;
      return endlessly('raw');
    };
    const typeDefs = 'type Query { greeting: String } type Subscription { open: String endless: String }';
    const resolvers = { Subscription: { endless: { subscribe } } };
    const app = await serve({
      providers: [OpenResolver],
      schema: { autoSchemaFile: false, typeDefs, resolvers },
    });
    expect(await results(connect(app), 'subscription { endless }')).toEqual([['UNAUTHENTICATED']]);
    expect(started).toBe(0);
    const received = connect(app, { authorization: 'Bearer alice' }).iterate({ query: 'subscription { endless }' });
    expect((await received.next()).value).toMatchObject({ data: { endless: 'raw' } });
    expect(started).toBe(1);
  });

  it('closes with 4401 if all root fields require credentials, and the client has not sent any', async () => {
    const app = await serve({ providers: [NewsResolver] });
    expect(await results(connect(app), 'subscription { mine }')).toEqual([[4401, 'Unauthorized']]);
    expect(await results(connect(app, { lang: 'en' }), '{ me }')).toEqual([[CloseCode.Unauthorized, 'Unauthorized']]);
  });

  it.each([
    ['invalid', { authorization: 'Bearer wrong' }, [4403, 'Forbidden']],
    ['malformed', { authorization: ['Bearer alice'] }, [4403, 'Forbidden']],
    ['given twice', { authorization: 'Bearer alice', Authorization: 'Bearer bob' }, [4403, 'Forbidden']],
    ['too long', { authorization: `Bearer ${'a'.repeat(20_000)}` }, [4403, 'Forbidden']],
    ['limited', { authorization: 'Bearer again' }, [1013, 'Try again later']],
    ['not verifiable', { authorization: 'Bearer down' }, [1013, 'Try again later']],
  ])('closes the connection if the credentials are %s', async (_why, params, code) => {
    for (const providers of [[NewsResolver], [NewsResolver, OpenResolver]]) {
      const app = await serve({ providers });
      expect(await results(connect(app, params), 'subscription { open: __typename }')).toEqual([code]);
    }
    expect(verified.length).toBeLessThan(3);
  });

  it('accepts a client without credentials if something is open, and refuses the rest with codes', async () => {
    const app = await serve();
    const client = connect(app);
    expect(await results(client, 'subscription { open }')).toEqual([{ open: 'open' }]);
    expect(await results(client, '{ greeting }')).toEqual([{ greeting: 'stranger' }]);
    expect(await results(client, 'subscription { mine }')).toEqual([['UNAUTHENTICATED']]);
    expect(await results(client, '{ me }')).toEqual([['UNAUTHENTICATED']]);
    expect(await results(client, 'mutation { publish }')).toEqual([['UNAUTHENTICATED']]);
  });

  it('checks each operation against its policy', async () => {
    const app = await serve();
    const events: AuthEvent[] = [];
    for (const type of ['authenticated', 'refused'] as const)
      app.get(AuthEvents).on(type, (event) => void events.push(event));
    const client = connect(app, { authorization: 'Bearer bob' }, {}, { lazy: false });
    expect(await results(client, 'subscription { scoped }')).toEqual([['FORBIDDEN']]);
    expect(await results(client, 'mutation { publish }')).toEqual([['FORBIDDEN']]);
    expect(await results(client, 'subscription { basicOnly }')).toEqual([['UNAUTHENTICATED']]);
    expect(await results(client, 'subscription { mine }')).toEqual([{ mine: 'bob' }, { mine: 'bob again' }]);
    expect(await results(connect(app, basicAuthorization('bob', 'x')), 'subscription { basicOnly }')).toEqual([
      { basicOnly: 'basic' },
    ]);
    expect(verified).toEqual(['bob', 'bob']);
    expect(events.map(({ type, route }) => `${type} ${route}`)).toEqual([
      'authenticated graphql-ws',
      'refused NewsResolver.scoped',
      'refused NewsResolver.publish',
      'refused NewsResolver.basicOnly',
      'authenticated graphql-ws',
    ]);
    expect(events[0]?.address).toContain('127.0.0.1');
  });

  it('closes with 4403 when the credentials expire, and the client subscribes again with new ones', async () => {
    const app = await serve();
    let count = 0;
    const closed: unknown[] = [];
    const client = connect(
      app,
      () => ({ authorization: `Bearer ${(count += 1) === 1 ? 'short' : 'alice'}` }),
      {},
      {
        retryAttempts: 1,
        on: { closed: ({ code, reason }: { code: number; reason: string }) => closed.push([code, reason]) },
      },
    );
    const seen: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const stop = client.subscribe(
        { query: 'subscription { endless }' },
        {
          next: ({ data }) => {
            seen.push(data);
            if (seen.length === 2) stop();
          },
          error: reject,
          complete: resolve,
        },
      );
    });
    expect(seen).toEqual([{ endless: 'short' }, { endless: 'alice' }]);
    expect(closed[0]).toEqual([4403, 'Credentials expired']);
  });

  it('holds an upgrade of a client without credentials by protect()', async () => {
    const app = await serve({ prepare: (one) => protect(one, '/graphql') });
    const { port } = app.getHttpServer().address() as { port: number };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: object },
    ];
    expect(response.statusCode).toBe(401);
    expect(response.headers).toHaveProperty('www-authenticate', expect.stringContaining('Bearer realm="Library"'));
    socket.on('error', () => {}).terminate();
    const client = connect(app, undefined, bearerAuthorization('alice'));
    expect(await results(client, 'subscription { mine }')).toEqual([{ mine: 'alice' }, { mine: 'alice again' }]);
  });

  it("calls the application's own functions after the check", async () => {
    const called: unknown[] = [];
    const shared = { tenant: 1 };
    const graph = {
      onConnect: () => {
        called.push('onConnect');
        return true;
      },
      context: () => shared,
    };
    const app = await serve({ graph });
    expect(await results(connect(app, { authorization: 'Bearer wrong' }), '{ me }')).toEqual([[4403, 'Forbidden']]);
    expect(called).toEqual([]);
    const names = ['alice', 'bob'];
    const asked = names.map((name) => results(connect(app, { authorization: `Bearer ${name}` }), '{ me greeting }'));
    expect(await Promise.all(asked)).toEqual(names.map((name) => [{ me: name, greeting: name }]));
    expect(called).toEqual(['onConnect', 'onConnect']);
  });

  it('does not accept a second initialisation with other credentials', async () => {
    const app = await serve();
    const { port } = app.getHttpServer().address() as { port: number };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const init = (token: string) =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    init('alice');
    await once(socket, 'message');
    init('bob');
    expect((await once(socket, 'close'))[0]).toBe(4429);
    expect(verified).toEqual(['alice']);
  });

  it('lists subscriptions in the route report, and logs no refusal', async () => {
    const logger = new RecordingLogger();
    const app = await serve({ use: { logger } });
    expect(app.get(RouteReport).routes()).toContainEqual(
      expect.objectContaining({ method: 'SUBSCRIPTION', path: 'open', access: 'public' }),
    );
    expect(await results(connect(app, { authorization: 'Bearer bob' }), 'subscription { scoped }')).toEqual([
      ['FORBIDDEN'],
    ]);
    expect(await results(connect(app, { authorization: 'Bearer wrong' }), '{ me }')).toEqual([[4403, 'Forbidden']]);
    expect(logger.text()).not.toMatch(/Exception|wrong/);
  });
});
