import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { carry } from '../guard/carrier.js';
import { type Admitted, Connection, noteConnection, type Platform } from './connection.js';
import { type ConnectionEnd, EXPIRED } from './connection.end.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';

/** The longest time of `setTimeout()`. A longer one would run immediately. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** The open connections of an application. It ends those whose credentials expire. */
@Injectable()
export class Connections implements OnModuleDestroy {
  private readonly open = new Set<Connection>();

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
    clearTimeout(connection.timer);
  }

  /** Returns `true` if a connection is open and belongs to this application. */
  has(connection: Connection): boolean {
    return this.open.has(connection);
  }

  /** Ends the connection when its credentials expire. Call it again when they change. */
  watch(connection: Connection): void {
    clearTimeout(connection.timer);
    const { expiresAt } = connection;
    if (expiresAt === undefined || this.options.expiry === 'ignore' || !this.open.has(connection)) return;
    const rest = expiresAt - Date.now();
    connection.timer = setTimeout(
      () => (this.hasExpired(connection) ? this.end(connection, EXPIRED) : this.watch(connection)),
      Math.min(Math.max(0, rest), MAX_TIMEOUT),
    );
    connection.timer.unref();
  }

  /** Returns `true` if the credentials of a connection have expired, and the connection ends for it. */
  hasExpired({ expiresAt }: Connection): boolean {
    return this.options.expiry === 'close' && expiresAt !== undefined && expiresAt <= Date.now();
  }

  /** Ends a connection. */
  end(connection: Connection, end: ConnectionEnd): void {
    if (connection.ended !== undefined) return;
    connection.ended = end;
    clearTimeout(connection.timer);
    connection.platform.end(connection.client, end, connection);
  }

  /** Ends the connections that a function selects. Returns their number. */
  endAll(end: ConnectionEnd, selects: (connection: Connection) => boolean): number {
    const selected = [...this.open].filter((connection) => connection.ended === undefined && selects(connection));
    for (const connection of selected) this.end(connection, end);
    return selected.length;
  }

  /** Called by Nest. The adapters close the connections later. */
  onModuleDestroy(): void {
    for (const { timer } of this.open) clearTimeout(timer);
  }
}
