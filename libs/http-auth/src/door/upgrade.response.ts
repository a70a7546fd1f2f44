import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The responses by their upgrades, so that the front door and a gateway have one exchange, and verify the credentials once. */
const responses = new WeakMap<IncomingMessage, ServerResponse>();

/**
 * Returns the response to an upgrade, and creates it if necessary. Node creates none, because an upgrade that succeeds has no
 * response of this kind. Node sends it only if {@link sendTo} connects it to the socket.
 */
export function responseToUpgrade(request: IncomingMessage): ServerResponse {
  let response = responses.get(request);
  if (response === undefined) {
    response = new ServerResponse(request);
    // The client has sent its last request on this connection. Node writes `Connection: close`.
    response.shouldKeepAlive = false;
    responses.set(request, response);
  }
  return response;
}

/** Returns the response to an upgrade if the front door or a gateway has created it. */
export function findResponseToUpgrade(request: IncomingMessage): ServerResponse | undefined {
  return responses.get(request);
}

/** Drops the response to an upgrade that has succeeded. Frameworks keep the request as long as the connection. */
export function forgetResponse(request: IncomingMessage): void {
  responses.delete(request);
}

/**
 * Sends what is written to the response to the socket, and closes the socket after it.
 *
 * @returns `false` if the socket was destroyed: the client has sent the upgrade before it got the response to an earlier request
 */
export function sendTo(response: ServerResponse, socket: Duplex): boolean {
  // Without a listener, a connection that breaks would end the process.
  socket.on('error', ignore);
  try {
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  } catch {
    // The earlier response still has the socket. A client must wait for it (RFC 9112 section 9.3.2, RFC 9110 section 7.8).
    socket.destroy();
    return false;
  }
  response.once('finish', () => {
    // A client that never closes its side would keep the socket open.
    socket.once('finish', () => socket.destroy());
    socket.end();
  });
  return true;
}

function ignore(): void {
  // The client has disconnected.
}
