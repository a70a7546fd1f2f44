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
  send(count: number, next: () => Buffer, status: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = count;
      let open = 0;
      const go = (connection: Connection): void => {
        if (left > 0) {
          left--;
          open++;
          connection.ask(next(), status, answered);
        } else if (open === 0) {
          resolve();
        }
      };
      const answered = (connection: Connection, error?: Error): void => {
        open--;
        if (error === undefined) go(connection);
        else reject(error);
      };
      this.connections.forEach(go);
    });
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

/** Called with the connection that has been answered, or with what went wrong there. */
type Answered = (connection: Connection, error?: Error) => void;

/** Where the parts of an answer end. */
interface Layout {
  readonly head: number;
  readonly body: number;
}

const EMPTY_LINE = '\r\n\r\n';

/** A client that does as little as it can, since a server that waits for it is not measured meanwhile. */
class Connection {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  /** That of the last answer: the next one is likely to have the same, and need not be read then. */
  private layout: Layout | undefined;
  private status = 0;
  private answered: Answered | undefined;
  private closed = false;

  private constructor(port: number) {
    // One buffer for all that is received, instead of a stream.
    const onread = {
      buffer: Buffer.alloc(65_536),
      callback: (size: number, buffer: Uint8Array) => {
        this.take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        return true;
      },
    };
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    this.socket.on('error', (error) => this.end(error));
    this.socket.on('close', () => {
      this.closed = true;
      this.end(new Error('The server has closed the connection'));
    });
  }

  static async to(port: number): Promise<Connection> {
    const connection = new Connection(port);
    await once(connection.socket, 'connect');
    return connection;
  }

  ask(request: Buffer, status: number, answered: Answered): void {
    if (this.closed) return answered(this, new Error('The server has closed the connection'));
    this.status = status;
    this.answered = answered;
    this.socket.write(request);
  }

  close(): void {
    this.answered = undefined;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    // What was received before is a copy: the buffer is used again.
    const received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const { layout } = this;
    if (received.length !== layout?.body || received.indexOf(EMPTY_LINE) !== layout.head) {
      const found = layoutOf(received);
      if (found instanceof Error) return this.end(found);
      if (found === undefined || received.length < found.body) {
        this.received = Buffer.from(received);
        return;
      }
      this.layout = found;
    }
    const right = received.toString('latin1', 0, 13) === `HTTP/1.1 ${this.status} `;
    const error = right ? undefined : new Error(`An answer other than ${this.status}:\n${received.toString('latin1')}`);
    this.received = received.subarray(0, 0);
    this.end(error);
  }

  private end(error?: Error): void {
    const { answered } = this;
    this.answered = undefined;
    answered?.(this, error);
  }
}

/** The layout of an answer; `undefined` where its head is not whole yet. */
function layoutOf(answer: Buffer): Layout | Error | undefined {
  const head = answer.indexOf(EMPTY_LINE);
  if (head === -1) return undefined;
  const text = answer.toString('latin1', 0, head);
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) return new Error(`An answer without Content-Length:\n${text}`);
  return { head, body: head + EMPTY_LINE.length + Number(length) };
}
