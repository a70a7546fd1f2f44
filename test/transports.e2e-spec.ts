import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, HttpException, type INestApplication, UnauthorizedException } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, type TcpClientOptions, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AuthModule, Public } from 'nestjs-http-auth';
import { firstValueFrom, timeout } from 'rxjs';
import { WebSocket } from 'ws';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { RecordingLogger } from './support/logger.js';
import { challenges, options } from './support/schemes.js';

@Controller()
class HttpController {
  @Get() http() {}
}

/** The error of a handler for another transport that is not marked @Public(). */
const refusal = (context: string, handler: string) =>
  `${handler}(): HttpAuthGuard authenticates HTTP requests only, but the context is "${context}"; ` +
  'authenticate in another way and mark the handler @Public()';

describe.each(adapters)('A WebSocket on %s', (_name, adapter) => {
  const handled: string[] = [];

  @WebSocketGateway({ path: '/ws' })
  class ChatGateway {
    @SubscribeMessage('closed') closed() {
      handled.push('closed');
      return { event: 'closed', data: 'in' };
    }
    @Public() @SubscribeMessage('open') open() {
      return { event: 'open', data: 'in' };
    }
  }

  it('is rejected with an explanation unless the handler has @Public()', async () => {
    const logger = new RecordingLogger();
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot(options)], controllers: [HttpController], providers: [ChatGateway] },
      (nest) => nest.useWebSocketAdapter(new WsAdapter(nest)),
      { logger },
    );
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const next = () =>
      new Promise<string>((resolve, reject) => {
        socket.once('message', (data: Buffer) => resolve(data.toString()));
        socket.once('error', reject);
      });
    await new Promise((resolve) => {
      socket.once('open', resolve);
    });
    const refused = next();
    socket.send('{"event":"closed"}');
    expect(JSON.parse(await refused)).toMatchObject({ event: 'exception' });
    const admitted = next();
    socket.send('{"event":"open"}');
    expect(JSON.parse(await admitted)).toEqual({ event: 'open', data: 'in' });
    socket.close();
    expect(handled).toEqual([]);
    expect(logger.text()).toContain(refusal('ws', 'ChatGateway.closed'));
    expect(await send(app, '/')).toMatchObject({ status: 401, challenges });
  });
});

describe.each(adapters)('A microservice on %s', (_name, adapter) => {
  const handled: string[] = [];

  @Controller()
  class RpcController {
    @MessagePattern('closed') closed() {
      handled.push('closed');
      return 'in';
    }
    @Public() @MessagePattern('open') open() {
      return 'in';
    }
    @Public() @MessagePattern('throws') throws() {
      throw new UnauthorizedException('not you');
    }
  }

  async function hybrid(globalGuard: boolean, logger: RecordingLogger) {
    // A microservice does not report the port that it uses.
    const port = await freePort();
    const microservice: TcpClientOptions = { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, globalGuard })], controllers: [RpcController, HttpController] },
      async (nest) => {
        nest.connectMicroservice(microservice, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
      { logger },
    );
    return { app, client: ClientProxyFactory.create(microservice) };
  }

  const ask = (client: ReturnType<typeof ClientProxyFactory.create>, pattern: string) =>
    firstValueFrom(client.send<unknown>(pattern, {}).pipe(timeout(2000)));

  it('is rejected with an explanation unless the handler has @Public()', async () => {
    const logger = new RecordingLogger();
    const { app, client } = await hybrid(true, logger);
    await expect(ask(client, 'closed')).rejects.toMatchObject({ status: 'error' });
    expect(handled).toEqual([]);
    expect(logger.text()).toContain(refusal('rpc', 'RpcController.closed'));
    expect(await ask(client, 'open')).toBe('in');
    expect(await send(app, '/')).toMatchObject({ status: 401, challenges });
    await client.close();
  });

  it('sends the UnauthorizedException of a handler to the client, and continues', async () => {
    const { client } = await hybrid(true, new RecordingLogger());
    await expect(ask(client, 'throws')).rejects.toMatchObject({ message: 'not you' });
    expect(await ask(client, 'open')).toBe('in');
    await client.close();
  });

  it('accepts messages if globalGuard is false', async () => {
    const { app, client } = await hybrid(false, new RecordingLogger());
    expect(await ask(client, 'closed')).toBe('in');
    expect(await send(app, '/')).toMatchObject({ status: 200 });
    await client.close();
  });
});

describe.each(adapters)('GraphQL on %s', (_name, adapter) => {
  @Resolver()
  class BooksResolver {
    @Query(() => String) closed() {
      return 'in';
    }
    @Public() @Query(() => String) open() {
      return 'in';
    }
    @Public() @Query(() => String) throws() {
      throw new HttpException('not you', 401);
    }
    @Public() @Query(() => String) unauthorized() {
      throw new UnauthorizedException('not you');
    }
  }

  const query = async (app: INestApplication, name: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await send(app, '/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: `{ ${name} }` }),
    });
    return { ...(answer.json() as { data: unknown; errors?: { message: string }[] }), challenges: answer.challenges };
  };

  it('is rejected with an explanation unless the handler has @Public()', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    const imports = [AuthModule.forRoot(options), graphql];
    const app = await start(adapter(), { imports, providers: [BooksResolver], controllers: [HttpController] });
    expect(await query(app, 'closed')).toMatchObject({
      data: null,
      errors: [{ message: refusal('graphql', 'BooksResolver.closed') }],
    });
    expect(await query(app, 'open')).toMatchObject({ data: { open: 'in' }, challenges: [] });
    for (const name of ['throws', 'unauthorized']) {
      expect(await query(app, name)).toMatchObject({ data: null, errors: [{ message: 'not you' }] });
    }
    expect(await send(app, '/')).toMatchObject({ status: 401, challenges });
  });
});
