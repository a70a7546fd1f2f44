import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  Module,
  Scope,
  UnauthorizedException,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import {
  AuthModule,
  bearer,
  CurrentUser,
  admit,
  Failure,
  OptionalAuth,
  Public,
  Realm,
  type SchemeDefinition,
  Schemes,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { ask, engines } from './support/graphql.js';
import { options, type User } from './support/schemes.js';

const alice = bearerAuthorization('alice-token');

/** A scheme whose credentials are in another field. */
const key = (name: string, field: string): SchemeDefinition => ({
  name,
  problem: () => undefined,
  bind: () => ({
    name,
    presents: ({ headers }) => headers[field] !== undefined,
    authenticate: async ({ headers }) =>
      headers[field] === 'wrong' ? new Failure('invalid', name) : admit({ name: String(headers[field]) }, {}),
    challenge: (realm) => ({ scheme: name, params: { realm } }),
  }),
});

let ran: string[] = [];

beforeEach(() => {
  ran = [];
});

@Resolver()
class PlainResolver {
  @Query(() => String, { nullable: true })
  mine(@CurrentUser<User>('name') name: string) {
    return name;
  }

  @Public()
  @Query(() => String)
  open() {
    return 'open';
  }

  @Subscription(() => String, { resolve: () => ran.push('resolve') })
  news() {
    ran.push('subscribe');
  }
}

describe.each(engines)('An application of GraphQL with %s', (_name, engine) => {
  const serve = (providers: object[], { graph = {}, auth = {}, imports = [] as object[] } = {}) =>
    start(engine.adapter(), {
      imports: [
        AuthModule.forRoot({ ...options, ...auth }),
        GraphQLAuthModule,
        engine.module(graph),
        ...(imports as (new () => object)[]),
      ],
      providers: providers as [],
    });

  it('may have resolvers for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @Resolver()
    class RequestResolver {
      @Query(() => String, { nullable: true })
      mine(@CurrentUser<User>('name') name: string) {
        return name;
      }
      @Public()
      @Query(() => String)
      open() {
        return 'open';
      }
    }
    const app = await serve([RequestResolver]);
    expect(await ask(app, '{ mine }')).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect((await ask(app, '{ mine open }')).result.data).toEqual({ mine: null, open: 'open' });
    expect((await ask(app, '{ mine open }', alice)).result).toEqual({ data: { mine: 'alice', open: 'open' } });
  });

  it('may have resolvers that inherit from a class', async () => {
    class Base {
      @Query(() => String, { nullable: true })
      base() {
        return 'base';
      }
    }
    @Public()
    @Resolver()
    class OpenResolver extends Base {}
    @Resolver()
    class ClosedResolver {
      @Query(() => String) other() {
        return 'other';
      }
    }
    const app = await serve([OpenResolver, ClosedResolver]);
    expect(await ask(app, '{ base }')).toMatchObject({ status: 200, result: { data: { base: 'base' } } });
    expect((await ask(app, '{ other }')).status).toBe(401);
  });

  it('may have a realm for each request', async () => {
    @Resolver()
    class TenantResolver {
      @Realm(async ({ headers }) => `Tenant ${String(headers['x-tenant'])}`)
      @Query(() => String)
      mine() {
        return 'mine';
      }
    }
    const app = await serve([TenantResolver]);
    const answer = await ask(app, '{ mine }', { 'x-tenant': '7' });
    expect(answer).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect(answer.challenges[0]).toBe('Bearer realm="Tenant 7"');
  });

  it('never acts for two users in one operation', async () => {
    @Resolver()
    class TwoResolver {
      @Schemes('one')
      @Query(() => String, { nullable: true })
      one(@CurrentUser<User>('name') name: string) {
        return name;
      }
      @Schemes('two')
      @Query(() => String, { nullable: true })
      two(@CurrentUser<User>('name') name: string) {
        return name;
      }
      @OptionalAuth()
      @Query(() => String, { nullable: true })
      any(@CurrentUser<User>('name') name: string) {
        return name;
      }
    }
    const app = await serve([TwoResolver], { auth: { schemes: [key('One', 'x-one'), key('Two', 'x-two')] } });
    const both = { 'x-one': 'alice', 'x-two': 'bob' };
    const answer = await ask(app, '{ one two any }', both);
    expect(answer.result.data).toEqual({ one: 'alice', two: null, any: 'alice' });
    expect(answer.codes).toEqual(['UNAUTHENTICATED']);
    expect((await ask(app, '{ two one }', both)).result.data).toEqual({ two: 'bob', one: null });
    expect((await ask(app, '{ two }', both)).result).toEqual({ data: { two: 'bob' } });
    expect((await ask(app, '{ one any }', { 'x-two': 'wrong' })).status).toBe(401);
  });

  it('refuses a subscription over HTTP before its resolver runs', async () => {
    const app = await serve([PlainResolver]);
    expect(await ask(app, 'subscription { news }')).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    expect(ran).toEqual([]);
  });

  it('shows its exception filters the refusals of fields', async () => {
    const seen: unknown[] = [];
    @Catch(UnauthorizedException)
    class Filter implements ExceptionFilter {
      catch(exception: UnauthorizedException, host: ArgumentsHost) {
        seen.push([host.getType(), (exception.cause as Failure).reason]);
        return exception;
      }
    }
    const app = await serve([PlainResolver, { provide: APP_FILTER, useClass: Filter }]);
    expect(await ask(app, '{ mine open }')).toMatchObject({ status: 200, codes: ['UNAUTHENTICATED'] });
    expect(seen).toEqual([['graphql', 'missing']]);
  });

  it('may import its modules in any order, unless GraphQLModule is global and first', async () => {
    const ours = [AuthModule.forRoot(options), GraphQLAuthModule];
    const late = { imports: [engine.module(), ...ours], providers: [PlainResolver] };
    expect(await ask(await start(engine.adapter(), late), '{ mine }')).toMatchObject({ status: 401 });
    const global = { ...engine.module(), global: true };
    const first = { imports: [...ours, global], providers: [PlainResolver] };
    expect(await ask(await start(engine.adapter(), first), '{ mine }')).toMatchObject({ status: 401 });
    const wrong = { imports: [global, ...ours], providers: [PlainResolver] };
    await expect(start(engine.adapter(), wrong)).rejects.toThrow(
      /^GraphQLAuthModule: GraphQLModule has started before it;/,
    );
  });

  it('has the policies of the modules of its schema', async () => {
    @Module({ providers: [PlainResolver] })
    class PlainModule {}
    @Resolver()
    class OtherResolver {
      @Public()
      @Query(() => String, { nullable: true })
      mine() {
        return 'of another schema';
      }
    }
    const app = await serve([OtherResolver], { graph: { include: [PlainModule] }, imports: [PlainModule] });
    expect(await ask(app, '{ mine }')).toMatchObject({ status: 401 });
    expect((await ask(app, '{ mine }', alice)).result).toEqual({ data: { mine: 'alice' } });
  });

  it('gives a shared context no source of an earlier request', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Watch {
      intercept(context: ExecutionContext, next: CallHandler) {
        seen.push(context.getArgs<unknown[]>()[2]);
        return next.handle();
      }
    }
    @Resolver()
    class WatchedResolver {
      @OptionalAuth()
      @UseInterceptors(Watch)
      @Query(() => String)
      who(@CurrentUser<User>('name') name = 'nobody') {
        return name;
      }
      @Public() @Mutation(() => String) other() {
        return '';
      }
    }
    const shared = {};
    const app = await serve([WatchedResolver], { graph: { context: () => shared } });
    for (const [headers, name] of [
      [alice, 'alice'],
      [{}, 'nobody'],
      [alice, 'alice'],
    ] as const) {
      expect((await ask(app, '{ who }', headers)).result).toEqual({ data: { who: name } });
    }
    expect(new Set(seen).size).toBe(3);
  });
});

describe.each(engines.slice(1))('inject() with %s', (_name, engine) => {
  it('gets the same 401 as over a socket', async () => {
    const app = (await start(engine.adapter(), {
      imports: [AuthModule.forRoot(options), GraphQLAuthModule, engine.module()],
      providers: [PlainResolver],
    })) as NestFastifyApplication;
    const payload = { query: '{ mine }' };
    const response = await app.inject({ method: 'POST', url: '/graphql', payload });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toHaveLength(2);
    const user = await app.inject({ method: 'POST', url: '/graphql', payload, headers: alice });
    expect(user.json()).toEqual({ data: { mine: 'alice' } });
  });
});

describe.each(engines)('A verifier with %s', (_name, engine) => {
  it('sees the request of the framework', async () => {
    const seen: unknown[] = [];
    const schemes = [
      bearer(({ token }, request) => {
        seen.push([token, request.method, request.ip?.includes('127.0.0.1'), request.headers['x-tenant']]);
        return { name: token };
      }),
    ];
    const app = await start(engine.adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Library', schemes }), GraphQLAuthModule, engine.module()],
      providers: [PlainResolver],
    });
    await ask(app, '{ mine }', { ...alice, 'x-tenant': '7' });
    expect(seen).toEqual([['alice-token', 'POST', true, '7']]);
    expect((await send(app, '/nowhere')).status).toBe(404);
  });
});
