import { inspect } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Module,
  Scope,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload, Server } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  admit,
  AuthConfigurationError,
  AuthEvents,
  AuthModule,
  bearer,
  CurrentAuth,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
  RouteReport,
  Schemes,
  Scopes,
} from 'nestjs-http-auth';
import { RpcAuthModule, type RpcAuthOptions } from 'nestjs-http-auth/rpc';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { lastValueFrom, NEVER, type Observable, startWith, tap, toArray } from 'rxjs';
import { adapters, rootModule, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { RecordingLogger } from './support/logger.js';
import { startMicroservice, tcp, tcpClient } from './support/microservices.js';
import { challenges, options, schemes, type User } from './support/schemes.js';

const alice = bearerAuthorization('alice-token');
const bob = bearerAuthorization('bob-token');

/** Reads the credentials from the payload. */
const credentials: RpcAuthOptions['credentials'] = (context) =>
  context.switchToRpc().getData<{ authorization?: string }>().authorization;

/** The events that handlers received. */
const received: unknown[] = [];

afterEach(() => {
  received.length = 0;
});

@Controller('users')
class UsersController {
  @Get() http(@CurrentUser('name') name: string) {
    return name;
  }
  @MessagePattern('who') who(@CurrentUser('name') name: string, @CurrentAuth('scheme') scheme: string) {
    return { name, scheme };
  }
  @Public() @MessagePattern('open') open(@CurrentUser() user?: User) {
    return user?.name ?? 'nobody';
  }
  @OptionalAuth() @MessagePattern({ cmd: 'greet' }) greet(@CurrentUser() user?: User) {
    return user?.name ?? 'nobody';
  }
  @Realm('Desk') @Schemes('basic') @MessagePattern('basic') basic(@CurrentAuth('realm') realm: string) {
    return realm;
  }
  @Scopes('users:write') @MessagePattern('write') write() {}
  @MessagePattern('throw') throw() {
    throw new UnauthorizedException('Gone home');
  }
  @MessagePattern('watch') watch(@CurrentUser() user: User): Observable<User> {
    return NEVER.pipe(startWith(user));
  }
  @EventPattern('happened') happened(@Payload() { id }: { id: number }, @CurrentUser() user: unknown) {
    received.push([id, user]);
  }
}

const unauthenticated = { status: 'error', code: 'UNAUTHENTICATED', message: 'Unauthorized' };

interface Parts {
  auth?: object;
  rpc?: RpcAuthOptions;
  controllers?: (new () => object)[];
  logger?: RecordingLogger;
}

const metadataOf = ({ auth = {}, rpc = { credentials }, controllers = [UsersController] }: Parts) => ({
  imports: [AuthModule.forRoot({ ...options, ...auth }), RpcAuthModule.forRoot(rpc)],
  controllers,
});

function eventsOf(app: Pick<INestApplication, 'get'>): object[] {
  const events: object[] = [];
  for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
    app.get(AuthEvents).on(type, (event) => void events.push(event));
  }
  return events;
}

type Begin = (parts?: Parts) => Promise<{ app: Pick<INestApplication, 'get'>; send: Send; emit: Send; stream: Send }>;
type Send = (pattern: unknown, data?: unknown) => Promise<unknown>;

async function clientOf(port: number): Promise<{ send: Send; emit: Send; stream: Send }> {
  const client = tcpClient(port);
  await client.connect();
  return {
    send: (pattern, data = {}) => lastValueFrom(client.send(pattern, data)).catch((error: unknown) => error),
    emit: (pattern, data = {}) => lastValueFrom(client.emit(pattern, data), { defaultValue: undefined }),
    stream: (pattern, data = {}) => {
      const values: unknown[] = [];
      return lastValueFrom(
        client.send(pattern, data).pipe(
          tap((value) => values.push(value)),
          toArray(),
        ),
      ).catch((error: unknown) => [...values, error]);
    },
  };
}

const hybrid =
  (adapter: (typeof adapters)[number][1], inherit: object): Begin =>
  async (parts = {}) => {
    const port = await freePort();
    const prepare = (created: INestApplication) => {
      created.connectMicroservice(tcp(port), inherit);
      return created.startAllMicroservices();
    };
    const app = await start(adapter(), metadataOf(parts), prepare, parts.logger ? { logger: parts.logger } : {});
    return { app, ...(await clientOf(port)) };
  };

const servers: [name: string, begin: Begin][] = [
  [
    'a microservice',
    async (parts = {}) => {
      const port = await freePort();
      const app = await startMicroservice(metadataOf(parts), tcp(port), parts.logger ? { logger: parts.logger } : {});
      return { app, ...(await clientOf(port)) };
    },
  ],
  ...adapters.flatMap(([name, adapter]): [string, Begin][] => [
    [`a hybrid application on ${name}`, hybrid(adapter, {})],
    [`a hybrid application on ${name} with inheritAppConfig`, hybrid(adapter, { inheritAppConfig: true })],
  ]),
];

/** Waits until a condition is true, at most 20 seconds. */
async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

describe.each(servers)('A message over TCP to %s', (name, begin) => {
  const inherits = name === 'a microservice' || name.includes('inheritAppConfig');

  it('is refused without credentials, and with wrong ones', async () => {
    const { app, send: ask } = await begin();
    const events = eventsOf(app);
    expect(await ask('who')).toEqual(unauthenticated);
    expect(await ask('who', bob)).toEqual(unauthenticated);
    expect(await ask('who', { authorization: '' })).toEqual(unauthenticated);
    const common = {
      type: 'refused',
      realm: 'Staging',
      route: 'UsersController.who',
      address: '127.0.0.1',
      status: 401,
    };
    expect(events).toEqual([
      { ...common, reason: 'missing', scheme: undefined },
      { ...common, reason: 'invalid', scheme: 'Bearer' },
      { ...common, reason: 'malformed', scheme: undefined },
    ]);
  });

  it('reaches its handler with the user, and is verified once', async () => {
    const verify = jest.fn(({ token }: { token: string }) => (token === 'alice-token' ? { name: 'alice' } : null));
    const { send: ask } = await begin({ auth: { schemes: [bearer(verify), schemes[1]] } });
    expect(await ask('who', alice)).toEqual({ name: 'alice', scheme: 'Bearer' });
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await ask('who', bob)).toEqual(unauthenticated);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('obeys the decorators', async () => {
    const { send: ask } = await begin();
    expect(await ask('open', alice)).toBe('nobody');
    expect(await ask('open', 'text')).toBe('nobody');
    expect(await ask({ cmd: 'greet' })).toBe('nobody');
    expect(await ask({ cmd: 'greet' }, alice)).toBe('alice');
    expect(await ask({ cmd: 'greet' }, bob)).toEqual(unauthenticated);
    expect(await ask('basic', alice)).toEqual(unauthenticated);
    expect(await ask('basic', basicAuthorization('alice', 'wonder:land'))).toBe('Desk');
    expect(await ask('write', alice)).toEqual({ status: 'error', code: 'PERMISSION_DENIED', message: 'Forbidden' });
  });

  it('is refused if it has several values, and the server fails if the option throws or returns another type', async () => {
    const logger = new RecordingLogger();
    const { app, send: ask } = await begin({
      rpc: {
        credentials: (context) => {
          const data = context.switchToRpc().getData<{ list: string[] }[] | string>();
          if (typeof data === 'string') throw new TypeError(`Unexpected ${data}`);
          return data[0]?.list;
        },
      },
      logger,
    });
    const events = eventsOf(app);
    expect(await ask('who', [{ list: [alice.authorization] }])).toEqual({ name: 'alice', scheme: 'Bearer' });
    expect(await ask('who', [{ list: [alice.authorization, alice.authorization] }])).toEqual(unauthenticated);
    expect(events.at(-1)).toMatchObject({ reason: 'malformed' });
    const internal = { status: 'error', code: 'INTERNAL', message: 'Internal Server Error' };
    expect(await ask('who', 'secret')).toEqual(internal);
    expect(await ask('who', [{ list: [5] }])).toEqual(internal);
    expect(await ask('who', [{ list: { token: 'secret' } }])).toEqual(internal);
    expect(logger.text().match(/UsersController\.who\(\): credentials of RpcAuthModule threw TypeError/g)).toHaveLength(
      1,
    );
    expect(logger.text()).toContain('rpc.e2e-spec.ts');
    expect(logger.text()).not.toContain('secret');
  });

  it('is dropped if it is an event, and only the events of the guard tell it', async () => {
    const logger = new RecordingLogger();
    const { app, emit } = await begin({ logger });
    const events = eventsOf(app);
    const before = logger.text();
    await emit('happened', { id: 1 });
    await emit('happened', { id: 2, ...bob });
    await emit('happened', { id: 3, ...alice });
    await until(() => received.length > 0 && events.length > 2);
    expect(received).toEqual([[3, { name: 'alice' }]]);
    expect(events).toMatchObject([
      { type: 'refused', reason: 'missing', route: 'UsersController.happened' },
      { type: 'refused', reason: 'invalid' },
      { type: 'authenticated' },
    ]);
    expect(logger.text()).toBe(before);
  });

  it('ends the stream of its response when the credentials expire', async () => {
    const expiring = bearer(() => admit({ name: 'alice' }, { expiresAt: new Date(Date.now() + 300) }));
    const { stream } = await begin({ auth: { schemes: [expiring, schemes[1]] } });
    expect(await stream('watch', alice)).toEqual([
      { name: 'alice' },
      { ...unauthenticated, message: 'The credentials have expired' },
    ]);
  });

  it('gets the 401 of a handler in the same form if the server has the configuration of the application', async () => {
    const { send: ask } = await begin();
    expect(await ask('throw', alice)).toEqual(
      inherits ? { ...unauthenticated, message: 'Gone home' } : { status: 'error', message: 'Internal server error' },
    );
  });

  it('is refused, and startup warns, if the option is missing', async () => {
    const logger = new RecordingLogger();
    const { send: ask } = await begin({ rpc: {}, logger });
    expect(await ask('who', alice)).toEqual(unauthenticated);
    expect(await ask('open')).toBe('nobody');
    expect(logger.text()).toContain(
      'UsersController.who(): refuses all messages, because RpcAuthModule does not know where their credentials are; ' +
        'pass credentials to RpcAuthModule.forRoot(), or mark the handler @Public()',
    );
  });

  it('reaches a request-scoped controller with its user', async () => {
    @Controller({ scope: Scope.REQUEST })
    class ScopedController {
      @MessagePattern('scoped') scoped(@CurrentUser('name') user: string) {
        return user;
      }
      @EventPattern('scoped event') event(@CurrentUser('name') user: string) {
        received.push(user);
      }
    }
    const { send: ask, emit } = await begin({ controllers: [ScopedController] });
    expect(await ask('scoped')).toEqual(unauthenticated);
    expect(await ask('scoped', alice)).toBe('alice');
    await emit('scoped event');
    await emit('scoped event', alice);
    await until(() => received.length > 0);
    expect(received).toEqual(['alice']);
  });

  it('is verified once for all handlers of an event, and each handler has its policy', async () => {
    @Controller()
    class FirstController {
      @EventPattern('shared') first(@CurrentUser('name') user: string) {
        received.push(['first', user]);
      }
    }
    @Controller()
    class SecondController {
      @Public() @EventPattern('shared') second(@Payload() { id }: { id: number }) {
        received.push(['second', id]);
      }
      @EventPattern('shared') third(@CurrentUser('name') user: string) {
        received.push(['third', user]);
      }
    }
    const verify = jest.fn(() => ({ name: 'alice' }));
    const { emit } = await begin({
      auth: { schemes: [bearer(verify)] },
      controllers: [FirstController, SecondController],
    });
    await emit('shared', { id: 1 });
    await until(() => received.length > 0);
    expect(received.splice(0)).toEqual([['second', 1]]);
    await emit('shared', { id: 2, ...alice });
    await until(() => received.length > 2);
    expect(received).toEqual(
      expect.arrayContaining([
        ['first', 'alice'],
        ['second', 2],
        ['third', 'alice'],
      ]),
    );
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('is refused by decorated handlers only if globalGuard is false', async () => {
    @Controller()
    class SomeController {
      @UseGuards(HttpAuthGuard) @MessagePattern('closed') closed(@CurrentUser('name') user: string) {
        return user;
      }
      @MessagePattern('unguarded') unguarded() {
        return 'in';
      }
    }
    const { app, send: ask } = await begin({ auth: { globalGuard: false }, controllers: [SomeController] });
    expect(await ask('unguarded')).toBe('in');
    expect(await ask('closed')).toEqual(unauthenticated);
    expect(await ask('closed', alice)).toBe('alice');
    expect(app.get(RouteReport).routes()).toMatchObject([
      { path: 'closed', access: 'required' },
      { path: 'unguarded', access: 'public', because: 'no guard' },
    ]);
  });

  it('has a row in the route report for each pattern', async () => {
    @Controller()
    class SomeController {
      @MessagePattern(['one', { cmd: 'two' }]) message() {}
      @Public() @EventPattern('three') event(_data: unknown) {}
    }
    const { app } = await begin({ controllers: [SomeController] });
    const required = {
      method: 'RPC',
      access: 'required',
      because: 'default',
      schemes: ['Bearer', 'Basic'],
      realm: 'Staging',
      controller: 'SomeController',
      handler: 'message',
    };
    const open = { access: 'public', because: '@Public() on the method', schemes: [] };
    expect(app.get(RouteReport).routes()).toEqual([
      { ...required, path: 'one' },
      { ...required, path: '{"cmd":"two"}' },
      { method: 'EVENT', path: 'three', ...open, controller: 'SomeController', handler: 'event' },
    ]);
  });

  it('reaches its handler after the guards of the module and before other guards', async () => {
    const order: string[] = [];
    class OtherGuard implements CanActivate {
      canActivate(context: ExecutionContext) {
        order.push('other guard');
        return context.getType<string>() === 'rpc';
      }
    }
    @UseGuards(OtherGuard)
    @Controller()
    class GuardedController {
      @MessagePattern('guarded') guarded() {
        return 'in';
      }
    }
    const verify = () => {
      order.push('verifier');
      return { name: 'alice' };
    };
    const { send: ask } = await begin({ auth: { schemes: [bearer(verify)] }, controllers: [GuardedController] });
    expect(await ask('guarded')).toEqual(unauthenticated);
    expect(await ask('guarded', alice)).toBe('in');
    expect(order).toEqual(['verifier', 'other guard']);
  });
});

describe.each(adapters)('A hybrid application on %s', (_name, adapter) => {
  it('authenticates the routes of a controller with messages as before', async () => {
    const port = await freePort();
    const app = await start(adapter(), metadataOf({}), (created) => {
      created.connectMicroservice(tcp(port));
      return created.startAllMicroservices();
    });
    expect(await send(app, '/users')).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/users', { headers: alice })).toMatchObject({ status: 200, body: 'alice' });
  });

  it('shares a controller with another application, and each applies its own policies', async () => {
    const begin = async (realm: string, name: string) => {
      const port = await freePort();
      await start(
        adapter(),
        metadataOf({
          auth: { realm, schemes: [bearer(({ token }) => (token === name ? { name } : null)), schemes[1]] },
        }),
        (created) => {
          created.connectMicroservice(tcp(port));
          return created.startAllMicroservices();
        },
      );
      return clientOf(port);
    };
    const [one, two] = [await begin('One', 'carol'), await begin('Two', 'dave')];
    expect(await one.send('who', bearerAuthorization('carol'))).toEqual({ name: 'carol', scheme: 'Bearer' });
    expect(await one.send('who', bearerAuthorization('dave'))).toEqual(unauthenticated);
    expect(await two.send('who', bearerAuthorization('dave'))).toEqual({ name: 'dave', scheme: 'Bearer' });
    expect(await two.send('who', bearerAuthorization('carol'))).toEqual(unauthenticated);
  });
});

describe('A controller that another application closes', () => {
  it('refuses messages in an application without the module, and the log explains it once', async () => {
    @Controller()
    class SharedController {
      @MessagePattern('shared') shared() {
        return 'in';
      }
    }
    await startMicroservice(metadataOf({ controllers: [SharedController] }), tcp(await freePort()));
    const port = await freePort();
    const logger = new RecordingLogger();
    await startMicroservice({ controllers: [SharedController] }, tcp(port), { logger });
    const client = await clientOf(port);
    expect(await client.send('shared', alice)).toEqual(unauthenticated);
    expect(await client.send('shared', alice)).toEqual(unauthenticated);
    expect(logger.text().match(/SharedController\.shared\(\): the message does not come from/g)).toHaveLength(1);
  });
});

/** A server whose messages all have the same context, or do not have a context. */
class MemoryServer extends Server {
  readonly connection = {};
  listen(callback: () => void) {
    callback();
  }
  close() {}
  on() {}
  unwrap(): never {
    throw new Error('not supported');
  }
  receive(pattern: string, ...args: unknown[]): Promise<unknown> {
    const result = this.getHandlerByPattern(pattern)?.(args[0], ...args.slice(1)) as Promise<Observable<unknown>>;
    return result.then((stream) => lastValueFrom(this.transformToObservable(stream))).catch((error: unknown) => error);
  }
}

describe('A server of a custom transport', () => {
  const begin = async () => {
    const strategy = new MemoryServer();
    const rpc: RpcAuthOptions = {
      credentials: (context) => context.switchToRpc().getData<{ authorization?: string } | null>()?.authorization,
    };
    await startMicroservice(metadataOf({ rpc }), { strategy });
    return strategy;
  };

  it('authenticates each message, although all have the same context', async () => {
    const server = await begin();
    const { connection } = server;
    expect(await server.receive('who', alice, connection)).toEqual({ name: 'alice', scheme: 'Bearer' });
    expect(await server.receive('who', {}, connection)).toEqual(unauthenticated);
    expect(
      await Promise.all([server.receive('open', alice, connection), server.receive('who', bob, connection)]),
    ).toEqual(['nobody', unauthenticated]);
  });

  it.each([[[]], [[undefined]], [[null, null]], [['text', 5]]])(
    'refuses a message with the arguments %j',
    async (args) => {
      const server = await begin();
      expect(await server.receive('who', ...args)).toEqual(unauthenticated);
      expect(await server.receive('open', ...args)).toBe('nobody');
    },
  );
});

describe('withTestUsers()', () => {
  it('authenticates the users of asUser() in messages', async () => {
    const module = await withTestUsers(Test.createTestingModule({ imports: [rootModule(metadataOf({}))] })).compile();
    const port = await freePort();
    const app = module.createNestMicroservice({ ...tcp(port), logger: false });
    await app.listen();
    const client = await clientOf(port);
    expect(await client.send('who', { ...asUser({ name: 'carol' }, { scheme: 'Basic' }) })).toEqual({
      name: 'carol',
      scheme: 'Basic',
    });
    expect(await client.send('who')).toEqual(unauthenticated);
    await app.close();
  });
});

describe('RpcAuthModule', () => {
  const create = (...imports: object[]) =>
    NestFactory.createApplicationContext(
      rootModule({ imports: [AuthModule.forRoot(options), ...(imports as never[])] }),
      {
        logger: false,
        abortOnError: false,
      },
    );

  it.each([
    [{ credential: () => 'x' }, 'RpcAuthModule: credential is not an option; the options are credentials'],
    [{ credentials: 'x' }, 'RpcAuthModule: credentials must be a function; pass (context) => string | undefined'],
  ])('refuses the options %j', (wrong, message) => {
    expect(() => RpcAuthModule.forRoot(wrong as never)).toThrow(new AuthConfigurationError('ERR_AUTH_OPTION', message));
  });

  it('cannot be imported twice with different options', async () => {
    await expect(create(RpcAuthModule.forRoot(), RpcAuthModule.forRoot({ credentials }))).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_MODULE_TWICE' }),
    );
  });

  it('works without options and without a server, and leaves plain calls of consumers and cron jobs alone', async () => {
    class Consumer {
      process(job: { id: number }) {
        return job.id;
      }
    }
    @Module({ providers: [Consumer], controllers: [UsersController] })
    class QueueModule {}
    const app = await create(RpcAuthModule, QueueModule);
    expect(app.get(Consumer).process({ id: 7 })).toBe(7);
    await app.close();
  });

  it.each([[[]], [[undefined]], [[null]], [[{ id: 1 }]]])(
    'refuses contexts of other libraries with the arguments %j',
    async (args) => {
      class Consumer {
        closed() {
          return 'in';
        }
        @Public() open() {
          return 'in';
        }
      }
      const app = await create(RpcAuthModule, rootModule({ providers: [Consumer] }));
      const consumer = app.get(Consumer, { strict: false });
      const call = (name: 'closed' | 'open') => {
        const context = app
          .get(ExternalContextCreator)
          .create(consumer, consumer[name], name, undefined, undefined, undefined, undefined, undefined, 'rpc');
        return (context as (...values: unknown[]) => Promise<unknown>)(...args);
      };
      await expect(call('closed')).rejects.toMatchObject({ message: 'Unauthorized' });
      expect(await call('open')).toBe('in');
      await app.close();
    },
  );

  it('does not show credentials to code that prints the arguments of a handler', async () => {
    const printed: string[] = [];
    class PrintingGuard implements CanActivate {
      canActivate(context: ExecutionContext) {
        printed.push(
          inspect(context.getArgs().slice(2), { showHidden: true, depth: 20 }),
          JSON.stringify(context.getArgs().slice(2)),
        );
        return true;
      }
    }
    @UseGuards(PrintingGuard)
    @Controller()
    class PrintingController {
      @MessagePattern('print') print() {
        return 'in';
      }
    }
    const port = await freePort();
    await startMicroservice(metadataOf({ controllers: [PrintingController] }), tcp(port));
    const client = await clientOf(port);
    expect(await client.send('print', alice)).toBe('in');
    expect(printed).toHaveLength(2);
    expect(printed.join()).not.toContain('alice');
  });
});
