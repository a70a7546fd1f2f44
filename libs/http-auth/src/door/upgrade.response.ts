import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Creates a response to an upgrade. Node creates none, because an upgrade that succeeds has no response of this kind. Node
 * sends it only if {@link sendTo} connects it to the socket.
 */
export function responseToUpgrade(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  // The client has sent its last request on this connection. Node writes `Connection: close`.
  response.shouldKeepAlive = false;
  return response;
}

/** Sends what is written to the response to the socket, and closes the socket after it. */
export function sendTo(response: ServerResponse, socket: Duplex): void {
  // Without a listener, a connection that breaks would end the process.
  socket.on('error', ignore);
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => socket.end());
}

function ignore(): void {
  // The client has disconnected.
}
