import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How many connections are kept open, so that the server always has a request to take. */
const CONNECTIONS = 8;

/** A request as it goes over the wire. */
export function requestBytes(path: string, authorization?: string): Buffer {
  const field = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${field}\r\n`, 'latin1');
}

/** Keeps a server busy over connections that stay open, one request at a time on each. */
export class Load {
  private constructor(private readonly connections: readonly Connection[]) {}

  static async on(port: number, connections = CONNECTIONS): Promise<Load> {
    return new Load(await Promise.all(Array.from({ length: connections }, () => Connection.to(port))));
  }

  /**
   * Sends `count` requests, each as soon as its connection is free.
   *
   * @throws Error where an answer has another status
   */
  async send(count: number, next: () => Buffer, status: number): Promise<void> {
    let left = count;
    await Promise.all(
      this.connections.map(async (connection) => {
        while (left > 0) {
          left--;
          // oxlint-disable-next-line no-await-in-loop -- one request after the other is what a connection is for
          await connection.ask(next(), status);
        }
      }),
    );
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

class Connection {
  private received = '';
  private settle: ((error?: Error) => void) | undefined;
  private status = 0;
  private closed = false;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk: string) => this.take(chunk));
    socket.on('error', (error) => this.settle?.(error));
    socket.on('close', () => {
      this.closed = true;
      this.settle?.(new Error('The server has closed the connection'));
    });
  }

  static async to(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  ask(request: Buffer, status: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('The server has closed the connection'));
      this.status = status;
      this.settle = (error) => (error === undefined ? resolve() : reject(error));
      this.socket.write(request);
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private take(chunk: string): void {
    this.received += chunk;
    const end = this.received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.received.slice(0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.settle?.(new Error(`An answer without Content-Length:\n${head}`));
    } else if (this.received.length >= end + 4 + Number(length)) {
      const answer = this.received;
      this.received = '';
      const right = answer.startsWith(`HTTP/1.1 ${this.status} `);
      this.settle?.(right ? undefined : new Error(`An answer other than ${this.status}:\n${answer}`));
    }
  }
}
