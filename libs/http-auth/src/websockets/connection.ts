import type { AuthInfo, AuthenticatedRequest } from '../guard/authenticated-request.js';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import type { Authenticated } from '../response/exchange.js';
import type { ConnectionEnd } from './connection.end.js';

/** The result of an accepted handshake. */
export interface Admitted {
  /** The policy of the connection. */
  readonly policy: Policy;
  /** The framework's request, without a token from elsewhere. */
  readonly request: HttpRequest;
  /** The scheme and its result; `undefined` if the client has not authenticated. */
  readonly authenticated: Authenticated | undefined;
  /** The principal, and how the client was authenticated. */
  readonly identity: Partial<AuthenticatedRequest>;
  /** If `true`, the HTTP request had the credentials; otherwise, a client of socket.io sent them in `auth`. */
  readonly byRequest: boolean;
  /** If `true`, the client has sent a token in a subprotocol or in `auth`. */
  readonly hasToken: boolean;
}

/** How the connections of a platform end. */
export interface Platform {
  /** Tells the client why, and closes the connection. */
  end(client: object, end: ConnectionEnd, connection: Connection): void;
}

/** An open connection. */
export class Connection {
  /** The result of the last authentication on this connection. */
  authenticated: Authenticated | undefined;
  /** The principal. `@CurrentUser()` reads this object. */
  readonly identity: Partial<AuthenticatedRequest> = {};
  /** Set when the connection ends. Messages that arrive later are refused. */
  ended: ConnectionEnd | undefined;
  /** Cancels the end of the connection when its credentials expire. */
  unwatch: (() => void) | undefined;
  /** Counts the attempts to authenticate again, so that a slow older one does not replace a newer one. */
  attempts = 0;

  constructor(
    /** The `WebSocket` of ws, or the socket of socket.io. */
    readonly client: object,
    /** The registry of the application. */
    readonly owner: object,
    readonly platform: Platform,
    readonly admitted: Admitted,
  ) {
    this.set(admitted.authenticated, admitted.identity);
  }

  /** Sets the principal. */
  set(authenticated: Authenticated | undefined, { user, authInfo }: Partial<AuthenticatedRequest>): void {
    this.authenticated = authenticated;
    this.identity.user = user;
    if (authInfo === undefined) delete this.identity.authInfo;
    else this.identity.authInfo = authInfo;
  }

  /** When the credentials expire; `undefined` if they do not. */
  get expiresAt(): Date | undefined {
    return this.authenticated?.admission.info.expiresAt;
  }
}

/** All connections of this process by their clients. A guard in the metadata of a class is shared by all applications. */
const connections = new WeakMap<object, Connection>();

/** Notes the connection of a client. */
export function noteConnection(connection: Connection): void {
  connections.set(connection.client, connection);
}

/** Returns the connection of a client; `undefined` if its handshake was not seen. */
export function connectionOfClient(client: unknown): Connection | undefined {
  return typeof client === 'object' && client !== null ? connections.get(client) : undefined;
}

/**
 * Returns the principal of a client, as the verifier returned it. It is known in `handleConnection()`, in every handler, and in
 * `handleDisconnect()`. The value is `undefined` if the client is not authenticated.
 *
 * @example
 * handleConnection(client: WebSocket) {
 *   this.logger.log(`${userOf<User>(client)?.name} has connected`);
 * }
 * @param client the `WebSocket` of ws, or the socket of socket.io
 */
// The caller states the type, as with `@CurrentUser()`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function userOf<Principal = unknown>(client: object): Principal | undefined {
  return connectionOfClient(client)?.identity.user as Principal | undefined;
}

/**
 * Returns how a client was authenticated: the scheme, the realm, and the info of `admit()`. The value is `undefined` if the client
 * is not authenticated.
 *
 * @param client the `WebSocket` of ws, or the socket of socket.io
 */
export function authOf(client: object): AuthInfo | undefined {
  return connectionOfClient(client)?.identity.authInfo;
}
