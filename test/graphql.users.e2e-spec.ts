import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Field, ObjectType, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { admit, apiKey, AuthModule, bearer, CurrentUser, Public, Schemes } from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { WebSocket } from 'ws';
import { start } from './support/application.js';
import { engines } from './support/graphql.js';

/** The milliseconds for which a token is valid. */
const LIFETIME = 800;

const schemes = [
  apiKey(() => ({ name: 'alice' }), { name: 'KeyA', optIn: false, header: 'X-Key-A' }),
  apiKey(() => ({ name: 'bob' }), { name: 'KeyB', optIn: false, header: 'X-Key-B' }),
  bearer(() => admit({ name: 'carol' }, { expiresAt: new Date(Date.now() + LIFETIME) })),
];

@ObjectType()
class Event {
  @Field() kind!: string;
}

@Resolver(() => Event)
class UsersResolver {
  @Schemes('KeyA') @Query(() => String, { nullable: true }) byA(@CurrentUser('name') name: string) {
    return name;
  }
  @Schemes('KeyB') @Query(() => String, { nullable: true }) byB(@CurrentUser('name') name: string) {
    return name;
  }
  @Public() @Subscription(() => Event) async *feed() {
    for (;;) {
      yield { feed: { kind: 'tick' } };
      await setTimeout(100);
    }
  }
  @Public(false) @ResolveField(() => String, { nullable: true }) secret(@CurrentUser('name') name: string) {
    return name;
  }
}

describe.each(engines)('The user of an operation of %s', (_name, engine) => {
  const serve = (more: object) =>
    start(engine.adapter(), {
      imports: [
        AuthModule.forRoot({ realm: 'Graph', schemes }),
        GraphQLAuthModule,
        engine.module({ fieldResolverEnhancers: ['guards'], ...more }),
      ],
      providers: [UsersResolver],
    });

  it('is never the user of another operation of the batch', async () => {
    const app = await serve(
      engine.name === 'Apollo' ? { allowBatchedHttpRequests: true } : { allowBatchedQueries: true },
    );
    const queries = ['{ byA }', '{ byB }', '{ byA }'].map((query) => ({ query }));
    const response = await fetch(`${await app.getUrl()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-key-a': 'a', 'x-key-b': 'b' },
      body: JSON.stringify(queries),
    });
    const results = (await response.json()) as { data?: { byA?: string; byB?: string } | null }[];
    const users = results.map(({ data }) => data?.byA ?? data?.byB ?? null);
    // One user has all operations. Which one depends on the order in which the engine runs them.
    expect(new Set(users.filter((user) => user !== null)).size).toBe(1);
    expect(users).toEqual(users.includes('alice') ? ['alice', null, 'alice'] : [null, 'bob', null]);
  });

  it('ends with the credentials, also if only a field of a subscription requires them', async () => {
    const app = await serve(
      engine.name === 'Apollo'
        ? { subscriptions: { 'graphql-ws': true } }
        : { subscription: { fullWsTransport: true } },
    );
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    const secrets: [secret: unknown, at: number][] = [];
    let opened = Infinity;
    socket.on('open', () => {
      opened = Date.now();
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer x' } }));
    });
    socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString()) as {
        type: string;
        payload?: { data?: { feed?: { secret?: unknown } } };
      };
      if (type === 'connection_ack') {
        socket.send(
          JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { feed { secret } }' } }),
        );
      }
      if (type === 'next') secrets.push([payload?.data?.feed?.secret, Date.now()]);
    });
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(4403);
    expect(secrets[0]?.[0]).toBe('carol');
    const late = secrets.filter(([secret, at]) => secret === 'carol' && at > opened + LIFETIME * 3);
    expect(late).toEqual([]);
  });
});
