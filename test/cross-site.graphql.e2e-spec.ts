import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import {
  AuthModule,
  bearer,
  cookie,
  CurrentUser,
  Failure,
  passportStrategy,
  type SchemeDefinition,
  Public,
  Schemes,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { start } from './support/application.js';
import { engines } from './support/graphql.js';

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});

@Resolver()
class NewsResolver {
  @Query(() => String) me(@CurrentUser('name') name: string) {
    return name;
  }
}

/** A strategy that reads the session of a cookie. */
const strategy = {
  name: 'session',
  authenticate(this: { success(user: unknown): void; fail(): void }, { headers }: { headers: { cookie?: string } }) {
    if (headers.cookie === 'sid=alice') this.success({ name: 'alice' });
    else this.fail();
  },
};
const presents = ({ headers }: { headers: { cookie?: string } }) => headers.cookie !== undefined;
const other = bearer(({ token }) => ({ name: token }));

const cases: [string, SchemeDefinition[], object, object | undefined][] = [
  [
    'ignored credentials of another scheme in connectionParams (passportStrategy)',
    [passportStrategy(strategy, { scheme: 'Session', presents })],
    { ignoreOtherSchemes: true },
    { authorization: 'Nothing x' },
  ],
  [
    'the name of the ambient scheme in connectionParams (passportStrategy)',
    [passportStrategy(strategy, { scheme: 'Session', presents })],
    {},
    { authorization: 'Session' },
  ],
  [
    'ignored credentials (cookie with allowCrossSite)',
    [cookie(({ token }) => (token === 'alice' ? { name: 'alice' } : null), { name: 'sid', allowCrossSite: true })],
    { ignoreOtherSchemes: true },
    { authorization: 'Nothing x' },
  ],
  ['control: no connectionParams', [passportStrategy(strategy, { scheme: 'Session', presents }), other], {}, undefined],
  [
    'a strategy of the scheme Bearer that reads a cookie',
    [passportStrategy(strategy, { scheme: 'Bearer', presents })],
    {},
    undefined,
  ],
];

@Resolver()
class MixedResolver {
  @Public() @Query(() => String) hello() {
    return 'hello';
  }
  @Schemes('session') @Query(() => String, { nullable: true }) me(@CurrentUser('name') name: string) {
    return name;
  }
}

describe.each(engines)('a page of another site with %s', (_name, engine) => {
  it.each<[string, SchemeDefinition]>([
    ['passportStrategy', passportStrategy(strategy, { scheme: 'Session', name: 'session', presents })],
    [
      'cookie with origins of its own',
      cookie(({ token }) => (token === 'alice' ? { name: 'alice' } : null), {
        name: 'sid',
        scheme: 'session',
        origins: ['https://evil.example'],
      }),
    ],
  ])('does not use the opt-in scheme of a field: %s', async (_what, scheme) => {
    const module = engine.module(
      engine.name === 'Apollo'
        ? { subscriptions: { 'graphql-ws': true } }
        : { subscription: { fullWsTransport: true } as never },
    );
    const app = await start(engine.adapter(), {
      imports: [AuthModule.forRoot({ realm: 'x', schemes: [other, scheme] }), GraphQLAuthModule, module],
      providers: [MixedResolver],
    });
    const found = await hijack(app, '{ me }', undefined);
    expect(found).not.toContainEqual({ me: 'alice' });
  });
});

async function hijack(app: INestApplication, query: string, connectionParams: object | undefined): Promise<unknown[]> {
  return (await attempt(app, query, connectionParams)).found;
}

/** Opens a connection as a page of another site. Returns the results, and the reason if the server closes the connection. */
async function attempt(app: INestApplication, query: string, connectionParams: object | undefined) {
  const headers = { cookie: 'sid=alice', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers });
    }
  }
  const { port } = app.getHttpServer().address() as { port: number };
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: Socket,
    ...(connectionParams && { connectionParams: connectionParams as never }),
    retryAttempts: 0,
    onNonLazyError: () => {},
  });
  clients.push(client);
  const found: unknown[] = [];
  let reason: string | undefined;
  await new Promise<void>((resolve) => {
    client.subscribe(
      { query },
      {
        next: ({ data, errors }) => void found.push(data, errors?.[0]?.message),
        error: (error) => {
          found.push((error as { code?: number }).code);
          ({ reason } = error as { reason?: string });
          resolve();
        },
        complete: resolve,
      },
    );
  });
  return { found, reason };
}

describe.each(engines)('A page of another site with %s', (_name, engine) => {
  it.each(cases)('cannot open a connection: %s', async (_what, schemes, more, connectionParams) => {
    const module = engine.module(
      engine.name === 'Apollo'
        ? { subscriptions: { 'graphql-ws': true } }
        : { subscription: { fullWsTransport: true } as never },
    );
    const app = await start(engine.adapter(), {
      imports: [AuthModule.forRoot({ realm: 'x', schemes, ...more }), GraphQLAuthModule, module],
      providers: [NewsResolver],
    });
    expect(await hijack(app, '{ me }', connectionParams)).toEqual([4403]);
  });

  it('is told that its origin is refused, and no other refusal has this reason', async () => {
    const message = 'The Origin is not allowed to open a connection with these credentials';
    const refuse = bearer(() => new Failure('forbidden', 'Bearer', 403, { message }));
    const session = passportStrategy(strategy, { scheme: 'Session', presents });
    const module = engine.module(
      engine.name === 'Apollo'
        ? { subscriptions: { 'graphql-ws': true } }
        : { subscription: { fullWsTransport: true } as never },
    );
    const app = await start(engine.adapter(), {
      imports: [AuthModule.forRoot({ realm: 'x', schemes: [session, refuse] }), GraphQLAuthModule, module],
      providers: [NewsResolver],
    });
    expect((await attempt(app, '{ me }', undefined)).reason).toBe('Origin not allowed');
    expect((await attempt(app, '{ me }', { authorization: 'Bearer x' })).reason).toBe('Forbidden');
  });
});
