import { afterEach, describe, expect, it } from '@jest/globals';
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { type INestApplication, UseGuards } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { cacheExchange, Client, fetchExchange } from '@urql/core';
import { ClientError, GraphQLClient } from 'graphql-request';
import { AuthModule, CurrentAuth, CurrentUser, HttpAuthGuard, Public, Schemes, Scopes } from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { rootModule, start } from './support/application.js';
import { bearerAuthorization } from './support/client.js';
import { ask, engines, type Engine } from './support/graphql.js';
import { options, type User } from './support/schemes.js';

@Resolver()
class BooksResolver {
  @Query(() => String, { nullable: true })
  mine(@CurrentUser<User>('name') name: string) {
    return name;
  }

  @Public()
  @Query(() => String)
  open() {
    return 'open';
  }

  @Schemes('basic')
  @Query(() => String, { nullable: true })
  basicOnly(@CurrentAuth('scheme') scheme: string) {
    return scheme;
  }

  @Scopes('books:read')
  @Query(() => String, { nullable: true })
  scoped() {
    return 'scoped';
  }
}

const alice = bearerAuthorization('alice-token');

const metadata = (engine: Engine, more: object = {}, auth: object = {}) => ({
  imports: [AuthModule.forRoot({ ...options, ...auth }), GraphQLAuthModule, engine.module(more)],
  providers: [BooksResolver],
});

describe.each(engines)('A client of %s', (_name, engine) => {
  const serve = async () => {
    const app = await start(engine.adapter(), metadata(engine));
    return { app, url: `${await app.getUrl()}/graphql` };
  };

  it('reads the data, the refusal and the partial data with Apollo Client', async () => {
    const { url } = await serve();
    const ofUser = (headers: Record<string, string>, accept = '*/*') =>
      new ApolloClient({
        link: new HttpLink({ uri: url, headers: { ...headers, accept } }),
        cache: new InMemoryCache(),
      });
    const query = (text: string, ...user: Parameters<typeof ofUser>) =>
      ofUser(...user).query({ query: gql(text), errorPolicy: 'all', fetchPolicy: 'no-cache' });

    expect((await query('{ mine }', alice)).data).toEqual({ mine: 'alice' });
    const { error } = await query('{ mine }', {}, 'application/json');
    expect(ServerError.is(error) && [error.statusCode, error.response.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Bearer realm="Staging"'),
    ]);
    const typed = (await query('{ mine }', {}, 'application/graphql-response+json')).error;
    // Mercurius always responds with application/json.
    const seen = CombinedGraphQLErrors.is(typed) ? typed.errors[0]?.extensions?.['code'] : ServerError.is(typed);
    expect(seen).toBe(engine.name === 'Apollo' ? 'UNAUTHENTICATED' : true);
    const partial = await query('{ open mine }', {});
    expect(partial.data).toEqual({ open: 'open', mine: null });
    expect(CombinedGraphQLErrors.is(partial.error) && partial.error.errors[0]).toMatchObject({
      path: ['mine'],
      extensions: { code: 'UNAUTHENTICATED' },
    });
  });

  it('reads the same with graphql-request', async () => {
    const { url } = await serve();
    expect(await new GraphQLClient(url, { headers: alice }).request('{ mine }')).toEqual({ mine: 'alice' });
    const refused = await new GraphQLClient(url).request('{ mine }').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ClientError);
    expect((refused as ClientError).response).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const forbidden = await new GraphQLClient(url, { headers: alice })
      .request('{ scoped }')
      .catch((error: unknown) => error);
    expect((forbidden as ClientError).response).toMatchObject({
      status: 403,
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    const partial = await new GraphQLClient(url, { errorPolicy: 'all' }).rawRequest('{ open mine }');
    expect(partial).toMatchObject({
      status: 200,
      data: { open: 'open', mine: null },
      errors: [{ path: ['mine'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('reads the same with urql', async () => {
    const { url } = await serve();
    const query = (text: string, headers: Record<string, string> = {}) =>
      new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false, fetchOptions: { headers } })
        .query(text, {})
        .toPromise();
    expect((await query('{ mine }', alice)).data).toEqual({ mine: 'alice' });
    const { error } = await query('{ mine }');
    expect(error?.response).toMatchObject({ status: 401 });
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    const partial = await query('{ open mine }');
    expect(partial.data).toMatchObject({ open: 'open', mine: null });
    expect(partial.error?.graphQLErrors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('has one response for a batch, with the codes of each operation', async () => {
    const allow = engine.name === 'Apollo' ? { allowBatchedHttpRequests: true } : { allowBatchedQueries: true };
    const app = await start(engine.adapter(), metadata(engine, allow));
    const batch = async (headers: Record<string, string>) => {
      const response = await fetch(`${await app.getUrl()}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify([
          { query: 'query a { mine } query b { open }', operationName: 'a' },
          { query: 'query a { mine } query b { open }', operationName: 'b' },
        ]),
      });
      const results = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] }[];
      return [response.status, ...results.map(({ data, errors }) => errors?.[0]?.extensions.code ?? data)];
    };
    expect(await batch({})).toEqual([200, 'UNAUTHENTICATED', { open: 'open' }]);
    expect(await batch(alice)).toEqual([200, { mine: 'alice' }, { open: 'open' }]);
  });
});

describe.each(engines)('globalGuard: false with %s', (_name, engine) => {
  it('checks the resolvers with the guard, and no other', async () => {
    @Resolver()
    class MixedResolver {
      @UseGuards(HttpAuthGuard) @Query(() => String, { nullable: true }) closed(
        @CurrentUser<User>('name') name: string,
      ) {
        return name;
      }
      @Query(() => String) free() {
        return 'free';
      }
    }
    const app = await start(engine.adapter(), {
      ...metadata(engine, {}, { globalGuard: false }),
      providers: [MixedResolver],
    });
    expect(await ask(app, '{ closed }')).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect((await ask(app, '{ free closed }')).result.data).toEqual({ free: 'free', closed: null });
    expect((await ask(app, '{ free closed }', alice)).result).toEqual({ data: { free: 'free', closed: 'alice' } });
  });
});

const running: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

describe.each(engines)('A testing module with %s', (_name, engine) => {
  const serve = async (everyone?: ReturnType<typeof asUser>) => {
    const builder = Test.createTestingModule({ imports: [rootModule(metadata(engine))] });
    const app = (await withTestUsers(builder, everyone).compile()).createNestApplication(engine.adapter(), {
      logger: false,
    });
    running.push(app);
    await app.listen(0, '127.0.0.1');
    return app;
  };

  it('accepts the users of asUser(), and keeps the policies', async () => {
    const app = await serve();
    const query = '{ mine basicOnly scoped }';
    expect((await ask(app, '{ mine basicOnly }', asUser({ name: 'carol' }, { scheme: 'basic' }))).result).toEqual({
      data: { mine: 'carol', basicOnly: 'Basic' },
    });
    const reader = asUser({ name: 'dave' }, { scheme: 'bearer', scopes: ['books:read'] });
    expect(await ask(app, query, reader)).toMatchObject({ codes: ['UNAUTHENTICATED'] });
    expect((await ask(app, '{ mine scoped }', reader)).result).toEqual({ data: { mine: 'dave', scoped: 'scoped' } });
    expect(await ask(app, '{ scoped }', asUser({ name: 'eve' }))).toMatchObject({ status: 403, codes: ['FORBIDDEN'] });
    expect(await ask(app, query)).toMatchObject({ status: 401 });
    expect((await ask(app, '{ mine }', alice)).result).toEqual({ data: { mine: 'alice' } });
  });

  it('authenticates every request as one user', async () => {
    const app = await serve(asUser({ name: 'carol' }));
    expect((await ask(app, '{ mine open }')).result).toEqual({ data: { mine: 'carol', open: 'open' } });
  });
});
