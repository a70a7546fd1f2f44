import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, type INestApplication, type Provider, type Type, UseGuards } from '@nestjs/common';
import { Field, GraphQLModule, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  CurrentAuth,
  HttpAuthGuard,
  OptionalAuth,
  protect,
  Public,
  Roles,
  RouteReport,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { RpcAuthModule } from 'nestjs-http-auth/rpc';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { lastValueFrom } from 'rxjs';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { ask } from './support/graphql.js';
import { tcp, tcpClient } from './support/microservices.js';
import { closeWebSockets, connected } from './support/websocket.js';

/** An entity of an application, whose roles are a getter. */
class Entity {
  readonly name = 'alice';
  get roles() {
    return ['admin', 'auditor'];
  }
}

/** The principals of the tokens, with their roles in every supported place. */
const tokens: Record<string, unknown> = {
  none: { name: 'alice' },
  admin: admit({ name: 'alice' }, { roles: ['admin'] }),
  both: admit({ name: 'alice' }, { roles: ['auditor', 'admin'] }),
  list: { name: 'alice', roles: ['admin', 'auditor'] },
  entity: new Entity(),
  one: { name: 'alice', roles: 'admin' },
  // The roles that the verifier returns have priority over the roles of the principal.
  narrow: admit({ name: 'alice', roles: ['admin', 'auditor'] }, { roles: [] }),
  // None of these contains the roles `admin` and `auditor`.
  lookalikes: { name: 'alice', roles: ['Admin', 'admins', 'admin,auditor', ' admin', 'auditor '] },
  text: { name: 'alice', roles: 'admin auditor' },
  number: { name: 'alice', roles: 7 },
  mixed: { name: 'alice', roles: ['admin', 'auditor', 7] },
  object: { name: 'alice', roles: { admin: true, auditor: true } },
  scope: admit({ name: 'alice' }, { scopes: ['admin', 'auditor'] }),
};

const options: AuthModuleOptions = {
  realm: 'Staging',
  schemes: [
    bearer(({ token }) => (Object.hasOwn(tokens, token) ? tokens[token] : null)),
    basic(({ username, password }) => ({ name: username, roles: password.split('+') })),
  ],
};

@Roles('admin')
@Controller()
class RoutesController {
  @Get('admin') admin(@CurrentAuth('roles') roles: unknown) {
    return { roles };
  }
  @Roles('admin', 'auditor') @Get('all') all() {}
  @Roles.any('auditor', 'admin') @Get('any') any() {}
  @Public() @Get('public') open() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Scopes('read') @StepUp({ acrValues: ['mfa'] }) @Get('layers') layers() {}
}

@Controller('inherited')
class InheritedController extends RoutesController {}

const token = (name: string) => ({ headers: bearerAuthorization(name) });
const portOf = (app: INestApplication) => (app.getHttpServer().address() as AddressInfo).port;

afterEach(closeWebSockets);

describe.each(adapters)('Roles on %s', (_name, adapter) => {
  const application = (
    more: Partial<AuthModuleOptions> = {},
    controllers: Type[] = [RoutesController],
    prepare?: Parameters<typeof start>[2],
  ) => start(adapter(), { imports: [AuthModule.forRoot({ ...options, ...more })], controllers }, prepare);

  it.each([
    ['/admin', ['admin', 'both', 'list', 'entity', 'one']],
    ['/all', ['both', 'list', 'entity']],
    ['/any', ['admin', 'both', 'list', 'entity', 'one']],
  ])('of %s are checked: 200 if the principal has them, 403 without a challenge otherwise', async (path, having) => {
    const app = await application();
    for (const name of Object.keys(tokens)) {
      const answer = await send(app, path, token(name));
      expect([name, answer.status, answer.challenges]).toEqual([name, having.includes(name) ? 200 : 403, []]);
    }
    expect((await send(app, path, token('none'))).json()).toEqual({ message: 'Forbidden', statusCode: 403 });
  });

  it('cause a 403 without a challenge for passwords too, and caches must not keep it', async () => {
    const app = await application();
    expect(await send(app, '/all', { headers: basicAuthorization('alice', 'admin+auditor') })).toMatchObject({
      status: 200,
    });
    expect(await send(app, '/all', { headers: basicAuthorization('alice', 'admin') })).toMatchObject({
      status: 403,
      challenges: [],
      headers: { 'cache-control': 'private, no-cache' },
    });
  });

  it('do not change the 401 of a request without valid credentials', async () => {
    const app = await application();
    expect(await send(app, '/admin')).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'],
    });
    expect((await send(app, '/admin', token('nobody'))).challenges[0]).toContain('error="invalid_token"');
  });

  it('are in the auth info of the request', async () => {
    expect((await send(await application(), '/admin', token('both'))).json()).toEqual({ roles: ['auditor', 'admin'] });
  });

  it('of a class apply to subclasses, and not to a method with @Public() or @OptionalAuth()', async () => {
    const app = await application({}, [RoutesController, InheritedController]);
    expect(await send(app, '/inherited/admin', token('none'))).toMatchObject({ status: 403 });
    expect(await send(app, '/inherited/admin', token('admin'))).toMatchObject({ status: 200 });
    expect(await send(app, '/public')).toMatchObject({ status: 200 });
    expect(await send(app, '/optional', token('none'))).toMatchObject({ status: 200 });
  });

  it('of a class apply to a method that closes itself', async () => {
    @Roles('admin')
    @Public()
    @Controller()
    class ClosedController {
      @Public(false) @Get('closed') closed() {}
    }
    const app = await application({}, [ClosedController]);
    expect(await send(app, '/closed', token('none'))).toMatchObject({ status: 403 });
    expect(await send(app, '/closed', token('admin'))).toMatchObject({ status: 200 });
  });

  it('are checked after the step-up and the scopes', async () => {
    const info = [
      {},
      { acr: 'mfa' },
      { acr: 'mfa', scopes: ['read'] },
      { acr: 'mfa', scopes: ['read'], roles: ['admin'] },
    ];
    const schemes = [bearer(({ token: index }) => admit({ name: 'alice' }, info[Number(index)] ?? {}))];
    const app = await application({ schemes });
    const answers = [];
    for (const index of info.keys()) {
      const { status, challenges } = await send(app, '/layers', token(String(index)));
      answers.push([status, ...challenges.map((challenge) => /error="(\w+)"/.exec(challenge)?.[1])]);
    }
    expect(answers).toEqual([[401, 'insufficient_user_authentication'], [403, 'insufficient_scope'], [403], [200]]);
  });

  it('are checked before the scopes of @Scopes.by()', async () => {
    @Controller()
    class CallsController {
      @Roles('admin') @Scopes.by(() => ['write']) @Get('calls') calls() {}
    }
    const app = await application({}, [CallsController]);
    expect(await send(app, '/calls', token('none'))).toMatchObject({ status: 403, challenges: [] });
    expect((await send(app, '/calls', token('admin'))).challenges).toEqual([
      'Bearer realm="Staging", error="insufficient_scope", scope="write"',
    ]);
  });

  it('emit the event "refused" with the reason forbidden', async () => {
    const events: AuthEvent[] = [];
    const subject = () => 'somebody';
    const app = await application({ subject }, [RoutesController], (nest) => {
      nest.get(AuthEvents).on('refused', (event) => void events.push(event));
    });
    for (const path of ['/admin', '/all', '/any']) await send(app, path, token('none'));
    expect(events.map((event) => 'message' in event && event.message)).toEqual([
      'The user does not have the roles: admin',
      'The user does not have the roles: admin and auditor',
      'The user does not have the roles: auditor or admin',
    ]);
    expect(events.slice(0, 1)).toEqual([
      expect.objectContaining({
        reason: 'forbidden',
        status: 403,
        scheme: 'Bearer',
        route: 'RoutesController.admin',
        subject: 'somebody',
      }),
    ]);
  });

  it.each([
    ['all', Roles],
    ['any', Roles.any],
  ])('cause an error at startup if they are invalid (%s)', async (_mode, decorate) => {
    for (const names of [[], [''], [1], [['admin']], [undefined]]) {
      @Controller()
      class WrongController {
        @decorate(...(names as string[])) @Get() wrong() {}
      }
      await expect(application({}, [WrongController])).rejects.toMatchObject({
        code: 'ERR_AUTH_DECORATOR',
        message: expect.stringMatching(/^WrongController\.wrong\(\): roles: .*@Roles\("admin/),
      });
    }
  });

  it('cause an error at startup if a client could bypass them', async () => {
    @Controller()
    class OpenController {
      @OptionalAuth() @Roles('admin') @Get() open() {}
    }
    await expect(application({}, [OpenController])).rejects.toMatchObject({
      code: 'ERR_AUTH_OPEN_ROUTE',
      message:
        'OpenController.open(): roles: the route is optional, so no client needs credentials; close the route or remove the roles',
    });
    @Controller()
    class LooseController {
      @Roles.any('admin') @Get() loose() {}
    }
    await expect(application({ globalGuard: false }, [LooseController])).rejects.toMatchObject({
      code: 'ERR_AUTH_UNGUARDED_ROUTE',
    });
    @Controller()
    class GuardedController {
      @UseGuards(HttpAuthGuard) @Roles('admin') @Get('guarded') guarded() {}
    }
    const app = await application({ globalGuard: false }, [GuardedController]);
    expect(await send(app, '/guarded', token('none'))).toMatchObject({ status: 403, challenges: [] });
    expect(await send(app, '/guarded', token('admin'))).toMatchObject({ status: 200 });
  });

  it('of protect() apply to a path, and everything below it', async () => {
    @Controller('docs')
    class DocsController {
      @Roles('auditor') @Get() docs() {}
    }
    const app = await application({}, [DocsController], (nest) => protect(nest, '/docs', { roles: ['admin'] }));
    expect(await send(app, '/docs/none', token('none'))).toMatchObject({ status: 403, challenges: [] });
    expect(await send(app, '/docs/none', token('admin'))).toMatchObject({ status: 404 });
    expect(await send(app, '/docs', token('admin'))).toMatchObject({ status: 403 });
    expect(await send(app, '/docs', token('both'))).toMatchObject({ status: 200 });
    const [route, path] = app.get(RouteReport).routes();
    expect([route?.roles, path?.roles]).toEqual([
      { mode: 'all', names: ['auditor', 'admin'] },
      { mode: 'all', names: ['admin'] },
    ]);
    for (const roles of ['', 'admin', [], null, [1]] as never[]) {
      expect(() => protect(app, '/other', { roles })).toThrow(/^roles: /);
    }
    expect(() => protect(app, '/other', { access: 'optional', roles: ['admin'] })).toThrow('the route is optional');
  });

  it('are in the route report and in the OpenAPI document', async () => {
    const app = await application();
    const routes = app.get(RouteReport).routes();
    expect(routes.map(({ path, roles }) => [path, roles])).toEqual([
      ['/admin', { mode: 'all', names: ['admin'] }],
      ['/all', { mode: 'all', names: ['admin', 'auditor'] }],
      ['/any', { mode: 'any', names: ['auditor', 'admin'] }],
      ['/public', undefined],
      ['/optional', undefined],
      ['/layers', { mode: 'all', names: ['admin'] }],
    ]);
    const { paths } = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    const responseOf = (path: string) => paths[path]?.get?.responses[403];
    expect(responseOf('/any')).toEqual({
      description: 'Forbidden: the credentials need one of the roles auditor, admin',
    });
    expect(responseOf('/public')).toBeUndefined();
    expect(responseOf('/layers')).toMatchObject({
      description: 'Forbidden: the credentials need the scopes read and the roles admin',
      headers: { 'WWW-Authenticate': expect.anything() },
    });
  });

  it('of test users are given to asUser()', async () => {
    const testing = Test.createTestingModule({
      imports: [AuthModule.forRoot(options)],
      controllers: [RoutesController],
    });
    const app = (await withTestUsers(testing).compile()).createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const status = async (...user: Parameters<typeof asUser>) =>
      (await send(app, '/admin', { headers: asUser(...user) })).status;
    expect(await status({ name: 'alice' })).toBe(403);
    expect(await status({ name: 'alice' }, { roles: ['admin'] })).toBe(200);
    expect(await status({ name: 'alice', roles: ['admin'] })).toBe(200);
    await app.close();
  });

  const transports = (providers: Provider[], imports: object[], controllers: Type[] = []) => ({
    imports: [AuthModule.forRoot(options), ...(imports as Type[])],
    providers,
    controllers,
  });

  it('apply to resolvers and fields', async () => {
    // It must not be called for a user without the role.
    const thrower = (): string[] => {
      throw new Error('Called');
    };
    @ObjectType()
    class Book {
      @Field(() => String) title!: string;
    }
    @Resolver(() => Book)
    class BooksResolver {
      @Query(() => Book) book() {
        return { title: 'x' };
      }
      @Roles('admin') @Query(() => String) ledger() {
        return 'ledger';
      }
      @Roles('admin') @Scopes.by(thrower) @Query(() => String) write() {}
      @Roles('auditor') @ResolveField(() => String) price() {
        return 'price';
      }
    }
    const graph = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      fieldResolverEnhancers: ['guards'],
    });
    const app = await start(adapter(), transports([BooksResolver], [GraphQLAuthModule, graph]));
    const query = (text: string, name: string) => ask(app, text, bearerAuthorization(name));
    expect(await query('{ ledger }', 'none')).toMatchObject({ status: 403, challenges: [], codes: ['FORBIDDEN'] });
    expect(await query('{ write }', 'none')).toMatchObject({ status: 403, challenges: [], codes: ['FORBIDDEN'] });
    expect(await query('{ ledger }', 'admin')).toMatchObject({ result: { data: { ledger: 'ledger' } } });
    expect(await query('{ book { title price } }', 'admin')).toMatchObject({ codes: ['FORBIDDEN'] });
    expect(await query('{ book { title price } }', 'both')).toMatchObject({
      result: { data: { book: { title: 'x', price: 'price' } } },
    });
  });

  it('apply to the connections of gateways, and to their messages', async () => {
    @WebSocketGateway({ path: '/chat' })
    class ChatGateway {
      @Roles('admin') @SubscribeMessage('ban') ban() {
        return { event: 'ban', data: 'done' };
      }
    }
    @WebSocketGateway({ path: '/console' })
    class ConsoleGateway {
      @Roles('admin') handleConnection() {}
    }
    const app = await start(
      adapter(),
      transports([ChatGateway, ConsoleGateway], [WebSocketAuthModule.forRoot()]),
      (nest) => void nest.useWebSocketAdapter(new WsAdapter(nest)),
    );
    const connect = (path: string, name: string) => connected(portOf(app), path, token(name));
    const refused = await (await connect('/chat', 'none')).ask('ban');
    expect(refused).toMatchObject({ event: 'exception', data: { code: 'FORBIDDEN', statusCode: 403 } });
    expect(refused).not.toHaveProperty('data.challenges');
    expect(await (await connect('/chat', 'admin')).ask('ban')).toEqual({ event: 'ban', data: 'done' });
    await expect(connect('/console', 'none')).rejects.toThrow('403');
    await connect('/console', 'admin');
  });

  it('make two gateways of one path differ', async () => {
    @Roles('admin')
    @WebSocketGateway({ path: '/chat' })
    class AdminGateway {
      @SubscribeMessage('a') a() {}
    }
    @WebSocketGateway({ path: '/chat' })
    class EveryoneGateway {
      @SubscribeMessage('b') b() {}
    }
    const starting = start(
      adapter(),
      transports([AdminGateway, EveryoneGateway], [WebSocketAuthModule.forRoot()]),
      (nest) => void nest.useWebSocketAdapter(new WsAdapter(nest)),
    );
    await expect(starting).rejects.toThrow(/AdminGateway.*EveryoneGateway|EveryoneGateway.*AdminGateway/);
  });

  it('apply to messages of microservices', async () => {
    @Controller()
    class UsersController {
      @Roles('admin') @MessagePattern('remove') remove() {
        return 'removed';
      }
    }
    const port = await freePort();
    const rpc = RpcAuthModule.forRoot({
      credentials: (context) => context.switchToRpc().getData<{ authorization?: string }>().authorization,
    });
    await start(adapter(), transports([], [rpc], [UsersController]), (nest) => {
      nest.connectMicroservice(tcp(port), { inheritAppConfig: true });
      return nest.startAllMicroservices();
    });
    const client = tcpClient(port);
    const remove = (name: string) =>
      lastValueFrom(client.send('remove', bearerAuthorization(name))).catch((error: unknown) => error);
    expect(await remove('none')).toEqual({ status: 'error', code: 'PERMISSION_DENIED', message: 'Forbidden' });
    expect(await remove('admin')).toBe('removed');
  });
});
