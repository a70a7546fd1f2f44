import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { CurrentUser } from 'nestjs-http-auth';
import { userOf } from 'nestjs-http-auth/websockets';
import type { Server, WebSocket } from 'ws';

export interface User {
  readonly name: string;
}

/** Only clients with credentials connect: the handshake of all others gets 401. */
@WebSocketGateway({ path: '/chat' })
export class ChatGateway {
  @WebSocketServer()
  private readonly server!: Server;

  handleConnection(client: WebSocket) {
    this.tell(`${userOf<User>(client)?.name} has joined`);
  }

  @SubscribeMessage('say')
  say(@CurrentUser() { name }: User, @MessageBody() text: unknown) {
    this.tell(`${name}: ${String(text).slice(0, 500)}`);
  }

  private tell(text: string) {
    for (const client of this.server.clients) client.send(JSON.stringify({ event: 'said', data: text }));
  }
}
