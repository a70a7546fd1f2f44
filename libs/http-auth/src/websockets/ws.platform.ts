import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { respondWith } from '../door/exception.response.js';
import { forgetResponse, responseToUpgrade, sendTo } from '../door/upgrade.response.js';
import type { Policy } from '../guard/policy.js';
import type { Platform } from './connection.js';
import type { Connections } from './connections.js';
import type { Handshakes } from './handshakes.js';
import { isOurs } from './refusal.js';

/** The `WebSocket` of any version of ws. */
interface WebSocketClient {
  close(code: number, reason: string): void;
  send(data: string): void;
  on(event: 'exception', listener: (data: unknown) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

type Done = (client: WebSocketClient, ...rest: unknown[]) => void;

/** The `WebSocketServer` of any version of ws. */
export interface WsServer {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: Done): void;
}

/** Returns `true` for a server of ws. A tree of packages may contain several versions, so it does not use `instanceof`. */
export function isWsServer(server: unknown): server is WsServer {
  return typeof (server as Partial<WsServer> | null | undefined)?.handleUpgrade === 'function';
}

const WS: Platform = {
  end(client, { code, reason }) {
    (client as WebSocketClient).close(code, reason);
  },
};

/** Authenticates the upgrades of a server of ws before it responds with 101. */
export function holdWsServer(server: WsServer, policy: Policy, handshakes: Handshakes, connections: Connections): void {
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (request, socket, head, done) => {
    // Node has removed its own listener. Without one, a broken connection would end the process.
    socket.on('error', ignore);
    const response = responseToUpgrade(request);
    handshakes.authenticate(policy, request, response).then(
      (admitted) =>
        // An error of the application must not become our rejection.
        queueMicrotask(() => {
          forgetResponse(request);
          if (socket.destroyed) return;
          socket.off('error', ignore);
          Object.assign(request, admitted.identity);
          handleUpgrade(request, socket, head, (client, ...rest) => {
            const connection = connections.add(client, WS, admitted);
            client.once('close', () => connections.remove(connection));
            client.on('exception', (data) => sendException(client, data));
            done(client, ...rest);
          });
        }),
      (error: unknown) => {
        if (socket.destroyed || !sendTo(response, socket)) return;
        respondWith(response, error, request.method);
      },
    );
  };
}

/** Sends our exceptions. Nest 12 sends them itself. Nest 11 emits them on the server's own object, so the client never receives them. */
function sendException(client: WebSocketClient, data: unknown): void {
  if (isOurs(data)) client.send(JSON.stringify({ event: 'exception', data }));
}

function ignore(): void {
  // The client has disconnected.
}
