import { describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { GraphQLModule, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AuthConfigurationError, AuthModule, CurrentUser, HttpAuthGuard, Public } from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import { challenges, options } from './support/schemes.js';

@Controller()
class HttpController {
  @Get() http() {}
}

describe.each(adapters)('Without the module of a transport, an application on %s', (_name, adapter) => {
  const begin = (type: new () => object, more: object = {}) => {
    const isController = Reflect.hasMetadata('path', type);
    return start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, ...more })],
      controllers: isController ? [type, HttpController] : [HttpController],
      providers: isController ? [] : [type],
    });
  };

  const startupError = (handler: string, module: string) =>
    new AuthConfigurationError(
      'ERR_AUTH_TRANSPORT',
      `${handler}(): requires credentials, but nothing authenticates its clients; import ${module}, or mark it @Public()`,
    );
  const websockets = 'WebSocketAuthModule.forRoot() of nestjs-http-auth/websockets';
  const graphql = 'GraphQLAuthModule of nestjs-http-auth/graphql';
  const rpc = 'RpcAuthModule.forRoot() of nestjs-http-auth/rpc';

  it('does not start if a gateway accepts connections', async () => {
    @WebSocketGateway()
    class ChatGateway {}
    await expect(begin(ChatGateway)).rejects.toThrow(startupError('ChatGateway.handleConnection', websockets));
  });

  it('does not start if a message of an open gateway is closed', async () => {
    @WebSocketGateway()
    class ChatGateway {
      @Public() handleConnection() {}
      @Public() @SubscribeMessage('open') open() {}
      @SubscribeMessage('closed') closed() {}
    }
    await expect(begin(ChatGateway)).rejects.toThrow(startupError('ChatGateway.closed', websockets));
  });

  it('does not start if a query or a mutation is closed', async () => {
    @Resolver()
    class BooksResolver {
      @Public() @Query(() => String) open() {}
      @Query(() => String) closed() {}
    }
    @Resolver()
    class AuthorsResolver {
      @Mutation(() => String) write() {}
    }
    await expect(begin(BooksResolver)).rejects.toThrow(startupError('BooksResolver.closed', graphql));
    await expect(begin(AuthorsResolver)).rejects.toThrow(startupError('AuthorsResolver.write', graphql));
  });

  it('does not start if a message handler is closed', async () => {
    @Controller()
    class MessageController {
      @MessagePattern('closed') closed() {}
    }
    @Controller()
    class EventController {
      @EventPattern('happened') happened(_event: unknown) {}
    }
    @Controller()
    class GrpcController {
      @GrpcMethod('Books', 'Find') find(_request: unknown) {}
    }
    await expect(begin(MessageController)).rejects.toThrow(startupError('MessageController.closed', rpc));
    await expect(begin(EventController)).rejects.toThrow(startupError('EventController.happened', rpc));
    await expect(begin(GrpcController)).rejects.toThrow(startupError('GrpcController.find', rpc));
  });

  it('starts if all handlers of other transports are open, and protects its routes', async () => {
    @Public()
    @WebSocketGateway()
    class OpenGateway {
      @SubscribeMessage('open') open() {}
    }
    @Resolver()
    class OpenResolver {
      @Public() @Query(() => String) open() {}
      @ResolveField() title() {}
    }
    @Public()
    @Controller()
    class OpenController {
      @MessagePattern('open') open() {}
    }
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot(options)],
      controllers: [HttpController, OpenController],
      providers: [OpenResolver, { provide: OpenGateway, useClass: class {} }],
    });
    expect(await send(app, '/')).toMatchObject({ status: 401, challenges });
    await expect(begin(OpenGateway)).resolves.toBeDefined();
  });

  it('starts if globalGuard is false', async () => {
    @WebSocketGateway()
    class ChatGateway {}
    await expect(begin(ChatGateway, { globalGuard: false })).resolves.toBeDefined();
  });

  it('refuses a resolver with the guard if globalGuard is false, and names no class to the client', async () => {
    @Resolver()
    class BooksResolver {
      @UseGuards(HttpAuthGuard) @Query(() => String) closed() {
        return 'in';
      }
      @Public() @UseGuards(HttpAuthGuard) @Query(() => String) open() {
        return 'in';
      }
    }
    const logger = new RecordingLogger();
    const graph = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ ...options, globalGuard: false }), graph],
        providers: [BooksResolver],
        controllers: [HttpController],
      },
      undefined,
      { logger },
    );
    const query = async (name: string) => {
      const answer = await send(app, '/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `{ ${name} }` }),
      });
      return answer.json() as { data: unknown; errors?: { message: string }[] };
    };
    expect(await query('open')).toEqual({ data: { open: 'in' } });
    const refused = await query('closed');
    expect(refused).toMatchObject({ data: null, errors: [{ message: 'Internal Server Error' }] });
    expect(JSON.stringify(refused)).not.toContain('BooksResolver');
    expect(logger.text()).toContain(
      'BooksResolver.closed(): HttpAuthGuard cannot authenticate the context "graphql"; ' +
        'authenticate in another way and mark the handler @Public()',
    );
  });
});

describe('A context that Nest does not know', () => {
  const ran: unknown[] = [];

  class Consumer {
    closed(user: unknown) {
      ran.push(['closed', user]);
    }
    @Public() open(user: unknown) {
      ran.push(['open', user]);
    }
  }
  CurrentUser()(Consumer.prototype, 'open', 0);

  @Module({ imports: [AuthModule.forRoot(options)], providers: [Consumer] })
  class QueueModule {}

  it('is refused unless the handler has @Public(), and has no user', async () => {
    const app = await start(adapters[0]?.[1]() as never, { imports: [QueueModule] });
    const consumer = app.get(Consumer);
    const creator = app.get(ExternalContextCreator);
    const call = (name: 'closed' | 'open') =>
      (
        creator.create(
          consumer,
          consumer[name],
          name,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          'queue',
        ) as (job: object) => Promise<unknown>
      )({ id: 1 });
    await expect(call('closed')).rejects.toMatchObject({ status: 500 });
    await call('open');
    expect(ran).toEqual([['open', { id: 1 }]]);
  });
});
