import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { callAt } from '../common/timeout.js';
import { carry } from '../guard/carrier.js';
import { type Admitted, Connection, noteConnection, type Platform } from './connection.js';
import { type ConnectionEnd, EXPIRED } from './connection.end.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';

/** A client that is connected, but not to a gateway yet. */
export type Session = Pick<Admitted, 'authenticated' | 'identity'> & { readonly client: object };

/** A platform whose clients connect before they name a gateway. */
export interface Sessions {
  /** Closes the sessions that a function selects. Returns their number. */
  endSessions(selects: (session: Session) => boolean): number;
}

/** The open connections of an application. It ends those whose credentials expire. */
@Injectable()
export class Connections implements OnModuleDestroy {
  private readonly open = new Set<Connection>();
  /** The platforms with sessions. */
  readonly sessions = new Set<Sessions>();

  constructor(@Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions) {}

  /** Adds the connection of a client. Call {@link remove} when it closes. */
  add(client: object, platform: Platform, admitted: Admitted): Connection {
    const connection = new Connection(client, this, platform, admitted);
    noteConnection(connection);
    carry(client, connection.identity);
    this.open.add(connection);
    this.watch(connection);
    return connection;
  }

  /** Forgets a connection that has closed. */
  remove(connection: Connection): void {
    this.open.delete(connection);
    connection.unwatch?.();
  }

  /** Returns `true` if a connection is open and belongs to this application. */
  has(connection: Connection): boolean {
    return this.open.has(connection);
  }

  /** Ends the connection when its credentials expire. Call it again when they change. */
  watch(connection: Connection): void {
    connection.unwatch?.();
    const { expiresAt } = connection;
    if (expiresAt === undefined || this.options.expiry === 'ignore' || !this.open.has(connection)) return;
    connection.unwatch = callAt(expiresAt, () => this.end(connection, EXPIRED));
  }

  /** Returns `true` if the credentials of a connection have expired, and the connection ends for it. */
  hasExpired({ expiresAt }: Connection): boolean {
    return this.options.expiry === 'close' && expiresAt !== undefined && expiresAt.getTime() <= Date.now();
  }

  /** Ends a connection. */
  end(connection: Connection, end: ConnectionEnd): void {
    if (connection.ended !== undefined) return;
    connection.ended = end;
    connection.unwatch?.();
    connection.platform.end(connection.client, end, connection);
  }

  /** Ends the connections that a function selects. Returns their number. */
  endAll(end: ConnectionEnd, selects: (session: Session) => boolean): number {
    const selected = [...this.open].filter((connection) => connection.ended === undefined && selects(connection));
    for (const connection of selected) this.end(connection, end);
    const sessions = Array.from(this.sessions, (platform) => platform.endSessions(selects));
    return sessions.reduce((sum, count) => sum + count, selected.length);
  }

  /** Called by Nest. The adapters close the connections later. */
  onModuleDestroy(): void {
    for (const { unwatch } of this.open) unwatch?.();
  }
}
