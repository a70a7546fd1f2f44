import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';

/** How a client of ws ended its attempt to connect. */
export interface Opened {
  readonly status: number;
  readonly challenges: string[];
  readonly body: string;
  readonly client: WebSocketClient | undefined;
}

/** The parts of a handshake that differ from one without fields. */
export interface Handshake {
  headers?: Record<string, string>;
  protocols?: string[];
}

/** An open connection. It stores what it receives, because a message may arrive before a test waits for it. */
export class WebSocketClient {
  private readonly received: unknown[] = [];
  private readonly waiting: ((message: unknown) => void)[] = [];
  /** The close code and the reason. */
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: RawData) => {
      const text = (data as Buffer).toString();
      // engine.io has another format.
      const message: unknown = text.startsWith('{') ? JSON.parse(text) : text;
      const next = this.waiting.shift();
      if (next === undefined) this.received.push(message);
      else next(message);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Sends a message of a gateway, and returns the next message that arrives. */
  async ask(event: string, data: unknown = null): Promise<unknown> {
    this.send(event, data);
    return this.next();
  }

  send(event: string, data: unknown = null): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  /** Returns the next message. */
  async next(): Promise<unknown> {
    if (this.received.length > 0) return this.received.shift();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

const sockets: WebSocket[] = [];

/** Opens a WebSocket. A refusal is a result, not an error. */
export async function open(
  port: number,
  path: string,
  { headers = {}, protocols = [] }: Handshake = {},
): Promise<Opened> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  sockets.push(socket);
  const client = new WebSocketClient(socket);
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          challenges: response.headersDistinct['www-authenticate'] ?? [],
          body: Buffer.concat(chunks).toString(),
          client: undefined,
        }),
      );
    });
    socket.on('open', () => resolve({ status: 101, challenges: [], body: '', client }));
    socket.on('error', reject);
  });
}

/** Opens a WebSocket that must be accepted. */
export async function connected(port: number, path: string, handshake?: Handshake): Promise<WebSocketClient> {
  const { client, status, body } = await open(port, path, handshake);
  if (client === undefined) throw new Error(`The server refused the WebSocket with ${status}: ${body}`);
  return client;
}

/** Closes the WebSockets of the tests. */
export function closeWebSockets(): void {
  for (const socket of sockets.splice(0)) {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}
