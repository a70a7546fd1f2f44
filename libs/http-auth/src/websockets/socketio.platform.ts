import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadRequestException, Logger } from '@nestjs/common';
import { respondWith } from '../door/exception.response.js';
import { forgetResponse, responseToUpgrade, sendTo } from '../door/upgrade.response.js';
import type { Policy } from '../guard/policy.js';
import { type HttpRequest, isPreflight } from '../http/request.js';
import type { Challenger } from '../response/challenger.js';
import type { Exchanges } from '../response/exchange.js';
import type { Admitted, Platform } from './connection.js';
import type { Connections, Session, Sessions } from './connections.js';
import { type Handshakes, unsentResponse } from './handshakes.js';
import { describeRefusal } from './refusal.js';
import {
  type Engine,
  type EngineRequest,
  type IoNamespace,
  type IoServer,
  type IoSocket,
  QUERY,
} from './socketio.types.js';

/** The parts of the application that a server of socket.io needs. */
export interface IoParts {
  readonly handshakes: Handshakes;
  readonly connections: Connections;
  readonly exchanges: Exchanges;
  readonly challenger: Challenger;
}

/** Authenticates the clients of a server of socket.io: their HTTP requests, and their connections to namespaces. */
export class IoHold implements Platform, Sessions {
  private readonly logger = new Logger('WebSocketAuthModule');
  private readonly engines: Engine[] = [];
  private refusesRecovery = false;
  /** The results for the HTTP requests. A connection has the request that opened it. */
  private readonly requests = new WeakMap<IncomingMessage, Admitted>();
  /** The results for the sockets that a namespace has accepted. */
  private readonly sockets = new WeakMap<IoSocket, Admitted>();
  private readonly held = new WeakSet<IoNamespace>();
  /** The sockets whose connection is noted. A namespace with a pattern announces them twice. */
  private readonly opened = new WeakSet<IoSocket>();
  /** The number of namespaces that a connection is in. */
  private readonly joined = new WeakMap<IoSocket['conn'], number>();

  /**
   * @param policy the policy of the HTTP requests, before the namespace is known
   * @param policyOf returns the policy of a namespace by its name
   * @param isOpen if `true`, no namespace requires credentials
   */
  constructor(
    private readonly parts: IoParts,
    private readonly policy: Policy,
    private readonly policyOf: (name: string) => Policy,
    private readonly isOpen: boolean,
  ) {}

  /** Holds a server, and every namespace that exists now or later. */
  hold(server: IoServer): void {
    this.refuseRecovery(server);
    this.parts.connections.sessions.add(this);
    if (server.engine) this.holdEngine(server.engine);
    // A server may be attached later.
    const bind = server.bind.bind(server);
    server.bind = (engine) => {
      this.holdEngine(engine);
      return bind(engine);
    };
    this.holdNamespace(server.sockets, this.policyOf('/'));
    server.sockets.on('new_namespace', (namespace) => this.holdNamespace(namespace, this.policyOf(namespace.name)));
  }

  /**
   * Turns `connectionStateRecovery` off, unless the clients of the server need no credentials. A client that names a lost session would get
   * the rooms and the missed messages of its user before anything checks who the client is now.
   */
  private refuseRecovery({ opts }: IoServer): void {
    const recovery = opts?.connectionStateRecovery;
    if (!recovery || this.isOpen) return;
    this.refusesRecovery = true;
    // If an application replaces the adapter later, the middleware must run at least.
    recovery.skipMiddlewares = false;
    this.logger.warn(
      'connectionStateRecovery of socket.io is turned off, because it sends the messages of a lost session before the client is authenticated',
    );
  }

  endSessions(selects: (session: Session) => boolean): number {
    const clients = this.engines.flatMap((engine) => Object.values(engine.clients ?? {}));
    const selected = clients.filter((client) => {
      const admitted = client.request && this.requests.get(client.request);
      return admitted !== undefined && !this.joined.get(client) && selects({ ...admitted, client });
    });
    for (const client of selected) client.close();
    return selected.length;
  }

  /** Holds a namespace. The namespaces of a pattern inherit this from their parent. */
  holdNamespace(namespace: IoNamespace, policy: Policy): void {
    if (this.held.has(namespace)) return;
    this.held.add(namespace);
    if (this.refusesRecovery && namespace.adapter) namespace.adapter.restoreSession = () => Promise.resolve(null);
    namespace.use((socket, next) => {
      if (this.sockets.has(socket)) return next();
      this.join(socket, policy).then(
        (refusal) => next(refusal),
        () => next(new Error('Internal Server Error')),
      );
    });
    namespace.on('connection', (socket) => this.open(socket));
  }

  /** Called when the credentials of a connection end. */
  end(client: object, { code, reason }: { code: number; reason: string }): void {
    const socket = client as IoSocket;
    socket.emit('exception', {
      status: 'error',
      code: 'UNAUTHENTICATED',
      statusCode: 401,
      message: reason,
      closeCode: code,
    });
    const byRequest = this.sockets.get(socket)?.byRequest === true;
    // The other namespaces of the connection may belong to other users, unless all came with the same HTTP request.
    socket.disconnect(byRequest);
    if (!byRequest && (this.joined.get(socket.conn) ?? 0) === 0) socket.conn.close();
  }

  private holdEngine(engine: Engine): void {
    this.engines.push(engine);
    engine.use((request, response, next) => {
      // JSONP is for browsers without CORS. A page of any origin could read the messages of a client with cookies.
      if (request[QUERY]?.j !== undefined && !this.isOpen && 'assignSocket' in response) {
        return respondWith(response, new BadRequestException('JSONP is not accepted'), request.method);
      }
      // The session id proves that the handshake was accepted. A browser cannot set fields on the upgrade of an open session. engine.io refuses
      // unknown ids, and responds to preflights itself.
      if (request[QUERY]?.sid || isPreflight(request as unknown as HttpRequest)) return next();
      this.admit(request, response, next);
    });
  }

  private admit(request: EngineRequest, given: ServerResponse | object, next: () => void): void {
    const isUpgrade = !('assignSocket' in given);
    const response = isUpgrade ? responseToUpgrade(request) : given;
    const { socket } = request;
    if (isUpgrade) socket.on('error', ignore);
    this.parts.handshakes.authenticate(this.policy, request, response).then(
      (admitted) => {
        this.requests.set(request, admitted);
        if (isUpgrade) {
          forgetResponse(request);
          if (socket.destroyed) return;
          socket.off('error', ignore);
        }
        next();
      },
      (error: unknown) => {
        if (socket.destroyed || response.headersSent) return;
        if (isUpgrade && !sendTo(response, socket)) return;
        respondWith(response, error, request.method);
      },
    );
  }

  /** Authenticates a client in a namespace. Returns the error for the client if it is refused. */
  private async join(socket: IoSocket, policy: Policy): Promise<Error | undefined> {
    const { handshakes, exchanges, challenger } = this.parts;
    const response = unsentResponse();
    try {
      // Without a result, the request has come on a way that we do not hold.
      const first =
        this.requests.get(socket.request) ??
        (await handshakes.authenticate(this.policy, socket.request, unsentResponse()));
      this.sockets.set(socket, await handshakes.join(policy, first, socket.handshake.auth?.['token'], response));
      return undefined;
    } catch (error) {
      const data = describeRefusal(error, challenger, exchanges.find(response));
      return Object.assign(new Error(data.message), { data });
    }
  }

  private open(socket: IoSocket): void {
    const admitted = this.sockets.get(socket);
    if (admitted === undefined) {
      socket.disconnect(true);
      return;
    }
    if (this.opened.has(socket)) return;
    this.opened.add(socket);
    const { conn } = socket;
    const count = (by: number) => this.joined.set(conn, (this.joined.get(conn) ?? 0) + by);
    count(1);
    const connection = this.parts.connections.add(socket, this, admitted);
    socket.once('disconnect', () => {
      count(-1);
      this.parts.connections.remove(connection);
      // The next connection to a namespace needs valid credentials again.
      if (connection.ended !== undefined && admitted.byRequest) this.requests.delete(socket.request);
    });
  }
}

function ignore(): void {
  // The client has disconnected.
}
