import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  HttpException,
  type INestApplication,
  Module,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import { Args, Field, Mutation, ObjectType, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { setTimeout as wait } from 'node:timers/promises';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  Failure,
  OptionalAuth,
  protect,
  Public,
  RouteReport,
  Schemes,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { ask, engines } from './support/graphql.js';
import { RecordingLogger } from './support/logger.js';
import type { User } from './support/schemes.js';

/** The tokens that the verifier has seen. */
let verified: string[] = [];

/** Takes time, as a database does. */
async function verify(name: string) {
  verified.push(name);
  await wait(5);
  switch (name) {
    case 'alice':
    case 'bob':
      return admit({ name }, { scopes: name === 'alice' ? ['books:read', 'books:write'] : [] });
    case 'down':
      throw new ServiceUnavailableException('the database is at 10.0.0.7');
    case 'bug':
      throw new TypeError('a bug at 10.0.0.7');
    case 'unpaid':
      throw new HttpException('Pay first', 402);
    case 'again':
      return new Failure('limited', undefined, 429, { retryAfter: 30 });
    default:
      return null;
  }
}

const options: AuthModuleOptions = {
  realm: 'Library',
  schemes: [bearer(({ token }) => verify(token)), basic(({ username }) => verify(username))],
};

const alice = bearerAuthorization('alice');
const bob = bearerAuthorization('bob');
const wrong = bearerAuthorization('wrong');

/** The resolvers that ran. */
let ran: string[] = [];

@ObjectType()
class Book {
  @Field() title!: string;
}

@Resolver(() => Book)
class BooksResolver {
  @Query(() => String, { nullable: true })
  mine(@CurrentUser<User>('name') name: string) {
    ran.push('mine');
    return name;
  }

  @Query(() => String, { nullable: true, name: 'other' })
  another(@CurrentAuth('scheme') scheme: string) {
    return scheme;
  }

  @Public()
  @Query(() => String)
  open() {
    ran.push('open');
    return 'open';
  }

  @OptionalAuth()
  @Query(() => String, { nullable: true })
  greeting(@CurrentUser<User>('name') name = 'stranger') {
    return name;
  }

  @Scopes('books:read')
  @Query(() => String, { nullable: true })
  scoped() {
    return 'scoped';
  }

  @StepUp({ acrValues: ['mfa'] })
  @Query(() => String, { nullable: true })
  stepped() {
    return 'stepped';
  }

  @Schemes('basic')
  @Query(() => String, { nullable: true })
  basicOnly() {
    return 'basic';
  }

  @Scopes.by(({ body }) => [`${(body as { operationName?: string }).operationName ?? 'none'}:run`])
  @Query(() => String, { nullable: true })
  byRequest() {
    return 'by request';
  }

  @Public()
  @Query(() => [Book])
  books(): Book[] {
    return ['Alice', 'Through the Looking-Glass'].map((title) => ({ title }));
  }

  @Public()
  @Mutation(() => String)
  login() {
    ran.push('login');
    return 'token';
  }

  @Scopes('books:write')
  @Mutation(() => String, { nullable: true })
  write(@Args('title') title: string) {
    ran.push('write');
    return title;
  }
}

@Resolver(() => Book)
class BookFields {
  @ResolveField(() => String, { nullable: true })
  author() {
    return 'Lewis Carroll';
  }

  @Scopes('books:read')
  @ResolveField(() => String, { nullable: true })
  notes(@Parent() { title }: Book, @CurrentUser<User>('name') name: string) {
    return `${title} for ${name}`;
  }
}

describe.each(engines)('GraphQL with %s', (_name, engine) => {
  const serve = (
    more: object = {},
    auth: Partial<AuthModuleOptions> = {},
    prepare?: (app: INestApplication) => void,
    use = {},
  ) =>
    start(
      engine.adapter(),
      {
        imports: [
          AuthModule.forRoot({ ...options, ...auth }),
          GraphQLAuthModule,
          engine.module({ fieldResolverEnhancers: ['guards'], ...more }),
        ],
        providers: [BooksResolver, BookFields],
      },
      prepare,
      use,
    );

  beforeEach(() => {
    verified = [];
    ran = [];
  });

  it('authenticates queries and mutations, and injects the user', async () => {
    const app = await serve();
    const query = await ask(app, '{ mine other greeting scoped }', alice);
    expect(query.result).toEqual({ data: { mine: 'alice', other: 'Bearer', greeting: 'alice', scoped: 'scoped' } });
    expect(query.status).toBe(200);
    const mutation = await ask(app, 'mutation { write(title: "x") }', alice);
    expect(mutation.result).toEqual({ data: { write: 'x' } });
    expect((await ask(app, '{ basicOnly mine }', basicAuthorization('bob', 'x'))).result).toEqual({
      data: { basicOnly: 'basic', mine: 'bob' },
    });
    expect((await ask(app, '{ open greeting }')).result).toEqual({ data: { open: 'open', greeting: 'stranger' } });
  });

  it('refuses an operation with 401 and the challenges if all of its root fields are refused', async () => {
    const app = await serve();
    const anonymous = await ask(app, '{ mine other }');
    expect(anonymous).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Library"', 'Basic realm="Library", charset="UTF-8"'],
      codes: ['UNAUTHENTICATED'],
    });
    expect(anonymous.result.data ?? null).toBeNull();
    const invalid = await ask(app, '{ mine scoped greeting }', wrong);
    expect(invalid).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect(invalid.challenges[0]).toMatch(/^Bearer realm="Library", error="invalid_token"/);
    expect(ran).toEqual([]);
  });

  it('refuses an operation with 403 and the scope if the credentials lack it', async () => {
    const app = await serve();
    expect(await ask(app, '{ scoped }', bob)).toMatchObject({
      status: 403,
      codes: ['FORBIDDEN'],
      challenges: ['Bearer realm="Library", error="insufficient_scope", scope="books:read"'],
    });
    const stepped = await ask(app, '{ stepped }', alice);
    expect(stepped).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect(stepped.challenges[0]).toContain('acr_values="mfa"');
    const byRequest = 'query ask { byRequest }';
    expect(await ask(app, byRequest, alice, { operationName: 'ask' })).toMatchObject({
      status: 403,
      codes: ['FORBIDDEN'],
    });
  });

  it('responds with 200, the data and the codes if only some root fields of a query are refused', async () => {
    const app = await serve();
    const anonymous = await ask(app, '{ open mine }');
    expect(anonymous.result.data).toEqual({ open: 'open', mine: null });
    expect(anonymous).toMatchObject({ status: 200, codes: ['UNAUTHENTICATED'], challenges: [] });
    expect(anonymous.result.errors?.[0]?.path).toEqual(['mine']);
    const user = await ask(app, '{ mine scoped stepped }', bob);
    expect(user.result.data).toEqual({ mine: 'bob', scoped: null, stepped: null });
    expect(user).toMatchObject({ status: 200, codes: ['FORBIDDEN', 'UNAUTHENTICATED'] });
    expect(ran).toEqual(['open', 'mine']);
  });

  it('does not execute a mutation if one of its root fields is refused', async () => {
    const app = await serve();
    expect(await ask(app, 'mutation { login write(title: "x") }')).toMatchObject({ status: 401 });
    expect(await ask(app, 'mutation { login write(title: "x") }', bob)).toMatchObject({ status: 403 });
    expect(ran).toEqual([]);
    expect((await ask(app, 'mutation { login }')).result).toEqual({ data: { login: 'token' } });
  });

  it('finds the root fields in fragments, and ignores excluded fields', async () => {
    const app = await serve();
    const hidden = 'query { ... on Query { ...deep } } fragment deep on Query { ... { mine __typename } }';
    expect(await ask(app, hidden)).toMatchObject({ status: 401 });
    const conditional = (name: string) =>
      `mutation ($all: Boolean = false) { login ...rest @${name}(if: $all) } fragment rest on Mutation { write(title: "x") }`;
    expect((await ask(app, conditional('include'))).status).toBe(200);
    expect((await ask(app, conditional('include'), {}, { variables: { all: true } })).status).toBe(401);
    expect((await ask(app, conditional('skip'))).status).toBe(401);
    expect((await ask(app, conditional('skip'), {}, { variables: { all: true } })).status).toBe(200);
    expect((await ask(app, 'mutation { login write(title: "x") @skip(if: true) }')).status).toBe(200);
    expect(ran).toEqual(['login', 'login', 'login']);
  });

  it('chooses the operation by operationName', async () => {
    const app = await serve();
    const query = 'query a { open } query b { mine }';
    expect(await ask(app, query, {}, { operationName: 'a' })).toMatchObject({ status: 200, codes: [] });
    expect(await ask(app, query, {}, { operationName: 'b' })).toMatchObject({
      status: 401,
      codes: ['UNAUTHENTICATED'],
    });
    const get = await send(app, `/graphql?query=${encodeURIComponent(query)}&operationName=b`, {
      headers: { 'content-type': 'application/json', 'apollo-require-preflight': 'x' },
    });
    expect(get).toMatchObject({ status: 401 });
    expect(get.challenges).toHaveLength(2);
  });

  it('verifies a request once, regardless of the number of root fields', async () => {
    const app = await serve();
    const aliases = Array.from({ length: 10 }, (_, index) => `a${index}: mine`).join(' ');
    expect((await ask(app, `{ ${aliases} }`, wrong)).status).toBe(401);
    expect(verified).toEqual(['wrong']);
    const partial = await ask(app, `{ open ${aliases} other scoped stepped greeting }`, wrong);
    expect(partial.status).toBe(200);
    expect(partial.codes).toEqual(Array.from({ length: 14 }, () => 'UNAUTHENTICATED'));
    expect(verified).toEqual(['wrong', 'wrong']);
    verified = [];
    expect((await ask(app, `{ ${aliases} other scoped books { notes } }`, alice)).codes).toEqual([]);
    expect(verified).toEqual(['alice']);
  });

  it('reports one event for each request', async () => {
    const app = await serve();
    const events: AuthEvent[] = [];
    for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
      app.get(AuthEvents).on(type, (event) => void events.push(event));
    }
    const aliases = '{ a: mine b: mine other scoped stepped }';
    const told = async (...asked: [string, Record<string, string>?]) => {
      events.length = 0;
      await ask(app, ...asked);
      return events.map(({ type, route }) => `${type} ${route}`);
    };
    expect(await told('{ a: mine b: mine other scoped }', alice)).toEqual(['authenticated BooksResolver.mine']);
    expect(await told(aliases, wrong)).toEqual(['refused BooksResolver.mine']);
    expect(await told(aliases)).toEqual(['refused BooksResolver.mine']);
    expect(await told(`{ open ${aliases.slice(1)}`)).toEqual(['refused BooksResolver.mine']);
    expect(await told(aliases, bearerAuthorization('down'))).toEqual(['error BooksResolver.mine']);
    expect(await told(aliases, bearerAuthorization('again'))).toEqual(['locked BooksResolver.mine']);
    expect(await told('{ scoped }', bob)).toEqual(['refused BooksResolver.scoped']);
    expect(await told('{ open }', wrong)).toEqual([]);
    expect(await told('{ books { notes } }', wrong)).toEqual(['refused BookFields.notes']);
    expect(events[0]).toMatchObject({ realm: 'Library', scheme: 'Bearer', reason: 'invalid' });
    expect(events[0]?.address).toContain('127.0.0.1');
  });

  it.each([
    ['down', 503, 'SERVICE_UNAVAILABLE', 'Service Unavailable'],
    ['bug', 500, 'INTERNAL_SERVER_ERROR', 'Internal Server Error'],
    ['again', 429, 'TOO_MANY_REQUESTS', 'Too Many Requests'],
    ['unpaid', 402, 'PAYMENT_REQUIRED', 'Pay first'],
    ['wrong', 401, 'UNAUTHENTICATED', 'Unauthorized'],
  ])('has no internals in the error of %s', async (token, status, code, message) => {
    const logger = new RecordingLogger();
    const app = await serve({}, {}, undefined, { logger });
    for (const query of ['{ mine other }', '{ open mine }']) {
      const answer = await ask(app, query, bearerAuthorization(token));
      const isWhole = !query.includes('open');
      expect(answer).toMatchObject({ status: isWhole ? status : 200, codes: [code] });
      const [error] = answer.result.errors ?? [];
      expect(error?.message).toBe(message);
      const { stacktrace = [], ...extensions } = error?.extensions ?? {};
      expect(extensions).toEqual({ code });
      expect((stacktrace as string[]).length).toBeLessThan(2);
      expect(answer.body).not.toMatch(/10\.0\.0\.7|BooksResolver|node_modules/);
      expect(answer.headers['retry-after']).toBe(token === 'again' ? '30' : undefined);
    }
    expect(logger.text().includes('10.0.0.7')).toBe(token === 'down' || token === 'bug');
    expect(logger.text()).not.toContain('UnauthorizedException');
  });

  it('checks a field that says who may read it, and no other field', async () => {
    const app = await serve();
    const query = '{ books { title author notes } }';
    const anonymous = await ask(app, query);
    expect(anonymous.result.data).toEqual({
      books: ['Alice', 'Through the Looking-Glass'].map((title) => ({ title, author: 'Lewis Carroll', notes: null })),
    });
    expect(anonymous).toMatchObject({ status: 200, codes: ['UNAUTHENTICATED', 'UNAUTHENTICATED'] });
    expect((await ask(app, query, bob)).codes).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect((await ask(app, query, alice)).result.data?.['books']).toContainEqual({
      title: 'Alice',
      author: 'Lewis Carroll',
      notes: 'Alice for alice',
    });
    expect(verified).toEqual(['bob', 'alice']);
  });

  it('does not start if a field is decorated and field guards are not enabled', async () => {
    await expect(serve({ fieldResolverEnhancers: [] })).rejects.toThrow(
      'BookFields.notes(): its decorators have no effect because Nest runs no guards on fields; ' +
        "set fieldResolverEnhancers: ['guards'] in GraphQLModule.forRoot()",
    );
  });

  it('does not start if a decorator of a resolver is invalid', async () => {
    @Resolver()
    class WrongResolver {
      @Schemes('digest') @Query(() => String) wrong() {}
    }
    const imports = [AuthModule.forRoot(options), GraphQLAuthModule, engine.module()];
    await expect(start(engine.adapter(), { imports, providers: [WrongResolver] })).rejects.toThrow(
      /WrongResolver.wrong/,
    );
  });

  it('leaves introspection open, which only protect() closes', async () => {
    const app = await serve();
    expect((await ask(app, '{ __typename __schema { queryType { name } } }')).result.data).toMatchObject({
      __schema: { queryType: { name: 'Query' } },
    });
  });

  it('closes introspection by protect(), with 401 and challenges', async () => {
    const app = await serve({}, {}, (one) => protect(one, '/graphql'));
    const query = '{ __schema { queryType { name } } open }';
    for (const headers of [{}, wrong]) {
      const answer = await ask(app, query, headers);
      expect(answer.status).toBe(401);
      expect(answer.challenges[0]).toMatch(/^Bearer realm="Library"/);
      expect(answer.body).not.toContain('"Query"');
      // The framework answers, and only Mercurius does so in the form of GraphQL.
      expect(answer.codes).toEqual(engine.name === 'Mercurius' ? ['UNAUTHENTICATED'] : []);
    }
    expect(await ask(app, '{ open mine }', alice)).toMatchObject({ status: 200, codes: [] });
    expect(verified).toEqual(['wrong', 'alice']);
  });

  it('finds the request in the context that the application creates', async () => {
    const shared = { tenant: 1 };
    const contexts: object[] = [
      { context: () => ({ mine: true }) },
      { context: { shared: true } },
      { context: (one: { req?: object }) => ({ req: one.req ?? one, tenant: { id: 1 } }) },
      { context: () => ({ req: { headers: {} } }) },
      { context: () => Object.freeze({ frozen: true, req: {} }) },
      { context: () => shared },
    ];
    for (const context of contexts) {
      const app = await serve(context);
      const answers = await Promise.all([alice, bob, {}].map((headers) => ask(app, '{ mine greeting }', headers)));
      const users = answers.map(({ result }) => result.data);
      expect(users.slice(0, 2)).toEqual(['alice', 'bob'].map((name) => ({ mine: name, greeting: name })));
      expect(users[2]).toEqual({ mine: null, greeting: 'stranger' });
      expect(await ask(app, '{ mine }')).toMatchObject({ status: 401 });
    }
  });

  it('closes root fields without a resolver of Nest', async () => {
    const resolvers = { Query: { raw: () => 'raw' } };
    const app = await start(engine.adapter(), {
      imports: [
        AuthModule.forRoot(options),
        GraphQLAuthModule,
        engine.module({ autoSchemaFile: false, typeDefs: 'type Query { raw: String open: String }', resolvers }),
      ],
      providers: [OpenResolver],
    });
    expect(await ask(app, '{ raw }')).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    const partial = await ask(app, '{ raw open }');
    expect(partial).toMatchObject({ status: 200, codes: ['UNAUTHENTICATED'] });
    expect(partial.result.data).toEqual({ raw: null, open: 'open' });
    expect((await ask(app, '{ raw open }', alice)).result).toEqual({ data: { raw: 'raw', open: 'open' } });
  });

  it('lists the root fields in the route report', async () => {
    const app = await serve();
    const routes = app.get(RouteReport).routes();
    expect(routes).toContainEqual(
      expect.objectContaining({ method: 'QUERY', path: 'other', access: 'required', handler: 'another' }),
    );
    expect(routes).toContainEqual(
      expect.objectContaining({
        method: 'MUTATION',
        path: 'write',
        scopes: { mode: 'all', names: ['books:write'] },
        controller: 'BooksResolver',
      }),
    );
    expect(routes.filter(({ access }) => access === 'public').map(({ path }) => path)).toEqual([
      'open',
      'books',
      'login',
    ]);
    expect(routes.map(({ path }) => path)).not.toContain('notes');
  });

  it('runs the guards of the application after the check', async () => {
    const seen: unknown[] = [];
    class AppGuard implements CanActivate {
      canActivate() {
        seen.push('guard');
        return true;
      }
    }
    @Resolver()
    class GuardedResolver {
      @UseGuards(AppGuard) @Query(() => String) guarded(@CurrentUser() user: User) {
        return user.name;
      }
    }
    @Module({ providers: [GuardedResolver] })
    class FeatureModule {}
    const imports = [FeatureModule, engine.module(), AuthModule.forRoot(options), GraphQLAuthModule];
    const app = await start(engine.adapter(), { imports });
    expect((await ask(app, '{ guarded }')).status).toBe(401);
    expect(seen).toEqual([]);
    expect((await ask(app, '{ guarded }', alice)).result).toEqual({ data: { guarded: 'alice' } });
    expect(seen).toEqual(['guard']);
  });
});

@Resolver()
class OpenResolver {
  @Public()
  @Query('open')
  open() {
    return 'open';
  }
}
