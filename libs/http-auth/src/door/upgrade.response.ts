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

/** Drops the response to an upgrade that has succeeded. Frameworks keep the request as long as the connection. */
export function forgetResponse(request: IncomingMessage): void {
  responses.delete(request);
}

/** Sends what is written to the response to the socket, and closes the socket after it. */
export function sendTo(response: ServerResponse, socket: Duplex): void {
  // Without a listener, a connection that breaks would end the process.
  socket.on('error', ignore);
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => {
    // A client that never closes its side would keep the socket open.
    socket.once('finish', () => socket.destroy());
    socket.end();
  });
}

function ignore(): void {
  // The client has disconnected.
}
