import { Injectable } from '@nestjs/common';
import type { AuthInfo } from '../guard/authenticated-request.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { connectionOfClient } from './connection.js';
import { REVOKED } from './connection.end.js';
import { Connections } from './connections.js';
import { Handshakes, unsentResponse } from './handshakes.js';
import { describeRefusal, wsException } from './refusal.js';

/** Selects connections by the principal and by how it was authenticated. */
export type ConnectionPredicate<Principal> = (user: Principal, auth: AuthInfo | undefined, client: object) => boolean;

/** Changes the authentication of open connections. */
@Injectable()
export class WebSocketAuth {
  /** @internal Nest creates the instance. */
  constructor(
    private readonly connections: Connections,
    private readonly handshakes: Handshakes,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {}

  /**
   * Authenticates the client of an open connection again, e.g. with a fresh token before the old one expires. The policy of the
   * gateway applies. If the credentials are refused, the connection keeps its old ones.
   *
   * @example
   * @Public()
   * @SubscribeMessage('authenticate')
   * async authenticate(@ConnectedSocket() client: WebSocket, @MessageBody() token: string) {
   *   await this.auth.authenticate(client, `Bearer ${token}`);
   * }
   * @param authorization the value of an `Authorization` field
   * @returns the principal
   * @throws WsException if the credentials are refused, or if the connection is not one of a gateway
   */
  // The caller states the type, as with `@CurrentUser()`.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  async authenticate<Principal = unknown>(client: object, authorization: string): Promise<Principal> {
    const connection = connectionOfClient(client);
    if (connection === undefined || !this.connections.has(connection)) {
      throw new Error(
        'WebSocketAuth.authenticate(): the client has no open connection to a gateway of this application',
      );
    }
    const attempt = ++connection.attempts;
    const response = unsentResponse();
    try {
      const exchange = await this.handshakes.again(connection.admitted, authorization, response);
      const { user, authInfo } = exchange.request as { user?: unknown; authInfo?: AuthInfo };
      if (attempt === connection.attempts && connection.ended === undefined) {
        connection.set(exchange.authenticated, { user, ...(authInfo && { authInfo }) });
        this.connections.watch(connection);
      }
      return user as Principal;
    } catch (error) {
      throw wsException(describeRefusal(error, this.challenger, this.exchanges.find(response)), error);
    }
  }

  /**
   * Closes the connections of some principals, e.g. when their access is revoked: with the code 1008, or on socket.io with an event
   * `exception` before the disconnect. It concerns the connections of this instance; call it on each instance.
   *
   * @example
   * auth.disconnect<User>((user) => user.id === blocked.id);
   * @param selects receives the principal of each authenticated connection
   * @returns the number of connections that are closed
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  disconnect<Principal = unknown>(selects: ConnectionPredicate<Principal>): number {
    return this.connections.endAll(
      REVOKED,
      ({ authenticated, identity, client }) =>
        authenticated !== undefined && selects(identity.user as Principal, identity.authInfo, client),
    );
  }
}
