/** The end of a connection by the server. */
export interface ConnectionEnd {
  /** The close code of ws (RFC 6455 section 7.4). On socket.io, the event `exception` contains it. */
  readonly code: number;
  /** The reason, for developers of clients. */
  readonly reason: string;
}

/** The credentials have expired. The client may connect again with fresh ones. */
export const EXPIRED: ConnectionEnd = { code: 4401, reason: 'Token expired' };

/** The application has closed the connections of a principal. 1008 is "policy violation". */
export const REVOKED: ConnectionEnd = { code: 1008, reason: 'Access revoked' };
