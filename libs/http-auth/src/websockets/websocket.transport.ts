import { type ExecutionContext, Inject, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { Authenticator } from '../guard/authenticator.js';
import { connectionOf } from '../guard/missing.transport.js';
import { Policies } from '../guard/policies.js';
import { RouteExchanges } from '../guard/route.exchanges.js';
import type { Transport, TransportRoute } from '../guard/transport.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { type Connection, connectionOfClient } from './connection.js';
import { EXPIRED } from './connection.end.js';
import { Connections } from './connections.js';
import { guardGateways } from './gateway.guard.js';
import { Gateways } from './gateways.js';
import { plain, unsentResponse } from './handshakes.js';
import { describeRefusal, type RefusedMessage, wsException } from './refusal.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';

/** The contexts that a guard has accepted. On Nest 12, the global guard and the guard of the class run on the same context. */
const accepted = new WeakSet<ExecutionContext>();

/** Authenticates the messages of gateways, by the result of the handshake. */
@Injectable()
export class WebSocketTransport implements Transport {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly gateways: Gateways,
    private readonly policies: Policies,
    private readonly connections: Connections,
    private readonly authenticator: Authenticator,
    private readonly routeExchanges: RouteExchanges,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /** Adds the guard of messages to the gateways that the module holds. */
  guardGateways(): void {
    const held = this.gateways.types.filter((type) => this.gateways.isHeld(type));
    guardGateways(held, this.connections, this);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (accepted.has(context)) return true;
    const [client] = context.getArgs<unknown[]>();
    const connection = connectionOfClient(client);
    const [type, handler] = [context.getClass(), context.getHandler()];
    if (connection === undefined || connection.owner !== this.connections) {
      // The handshake was not seen, e.g. because the application has created the server itself.
      const isOpen = [handler, connectionOf(type)].every((one) => this.policies.of(type, one).access === 'public');
      if (isOpen) return true;
      this.logger.error(
        `${type.name}.${handler.name}(): the client did not connect to a server of the WebSocket adapter`,
      );
      return this.refuse(context, describeRefusal(new UnauthorizedException(), this.challenger));
    }
    if (connection.ended !== undefined || this.connections.hasExpired(connection)) {
      const { reason } = connection.ended ?? EXPIRED;
      return this.refuse(context, describeRefusal(new UnauthorizedException(reason), this.challenger));
    }
    await this.authenticate(context, connection);
    accepted.add(context);
    return true;
  }

  routes(): readonly TransportRoute[] {
    return this.gateways.routes();
  }

  private async authenticate(context: ExecutionContext, connection: Connection): Promise<void> {
    const policy = this.policies.of(context.getClass(), context.getHandler());
    if (policy.access === 'public') return;
    const request = Object.assign(plain(connection.admitted.request, context.getArgByIndex(1)), connection.identity);
    const response = unsentResponse();
    try {
      const { exchange } = await this.routeExchanges.enterBy(policy, request, response, this.options);
      exchange.authenticated = connection.authenticated;
      await this.authenticator.authenticateRoute(policy, exchange);
    } catch (error) {
      this.refuse(context, describeRefusal(error, this.challenger, this.exchanges.find(response)), error);
    }
  }

  /** Throws the exception that tells the client. An acknowledgement that waits is called too, because Nest never would. */
  private refuse(context: ExecutionContext, refused: RefusedMessage, cause?: unknown): never {
    const args = context.getArgs<unknown[]>();
    const pattern = args.at(-1);
    const data = typeof pattern === 'string' ? { ...refused, cause: { pattern } } : refused;
    const ack = args.slice(1).find((arg) => typeof arg === 'function') as ((answer: unknown) => void) | undefined;
    ack?.(data);
    throw wsException(data, cause);
  }
}
