import { fileURLToPath } from 'node:url';
import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { ServeStaticModule } from '@nestjs/serve-static';
import { AuthModule, basic, CurrentUser, type HttpRequest } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';
import { ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { ChatGateway, type User } from './chat.gateway.js';

@Controller()
class TicketsController {
  constructor(private readonly tickets: Tickets) {}

  @Get('me')
  me(@CurrentUser() user: User) {
    return user;
  }

  /** A browser cannot set Authorization on a WebSocket, so the page gets a single-use ticket with its password. */
  @Post('tickets')
  issue(@Req() request: HttpRequest) {
    return this.tickets.issue(request, { path: '/chat' });
  }
}

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'Chat',
      // Store hashes instead: npx nestjs-http-auth hash
      schemes: [basic(users({ alice: 'wonder:land', bob: 'builder' }, { plainText: true })), ticket()],
    }),
    TicketsModule,
    WebSocketAuthModule.forRoot(),
    ServeStaticModule.forRootAsync({
      useFactory: () => [{ rootPath: fileURLToPath(new URL('../public', import.meta.url)) }],
    }),
  ],
  controllers: [TicketsController],
  providers: [ChatGateway],
})
export class AppModule {}
