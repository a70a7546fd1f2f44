import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Post, Query, Req } from '@nestjs/common';
import { Query as GraphQuery, Resolver } from '@nestjs/graphql';
import { AuthModule, bearer, type HttpRequest, protect, Public } from 'nestjs-http-auth';
import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
import { type IssuedTicket, ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { engines } from './support/graphql.js';

const schemes = [bearer(({ token: name }) => (name === 'alice' ? { name } : null)), ticket()];

@Controller()
class TicketsController {
  constructor(private readonly tickets: Tickets) {}
  @Post('tickets') issue(@Req() request: HttpRequest, @Query('path') path: string) {
    return this.tickets.issue(request, { path });
  }
}

@Resolver()
class HelloResolver {
  @Public() @GraphQuery(() => String) hello() {
    return 'hello';
  }
}

/** Sends an upgrade, and returns the status. */
async function upgrade(app: INestApplication, path: string): Promise<number> {
  const server = app.getHttpServer() as Server;
  const accepted = once(server, 'connection') as Promise<[{ destroy(): void }]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  const [data] = (await once(client, 'data')) as [Buffer];
  client.destroy();
  // @fastify/websocket does not close the socket if Fastify responds with an error.
  const [socket] = await accepted;
  socket.destroy();
  return Number(data.toString().split(' ', 2)[1]);
}

describe.each(engines)('A ticket for a protected path with subscriptions of %s', (_name, engine) => {
  it('opens one connection', async () => {
    const app = await start(
      engine.adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'x', schemes }),
          GraphQLAuthModule,
          TicketsModule,
          engine.module(
            engine.name === 'Apollo'
              ? { subscriptions: { 'graphql-ws': true } }
              : { subscription: { fullWsTransport: true } as never },
          ),
        ],
        controllers: [TicketsController],
        providers: [HelloResolver],
      },
      (nest) => protect(nest, '/graphql'),
    );
    const issued = await send(app, '/tickets?path=/graphql', { method: 'POST', headers: bearerAuthorization('alice') });
    const path = `/graphql?ticket=${(issued.json() as IssuedTicket).ticket}`;
    expect(await upgrade(app, path)).toBe(101);
    expect(await upgrade(app, path)).toBe(401);
  });
});
