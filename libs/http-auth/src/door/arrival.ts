import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

type Emit = (event: string, ...args: unknown[]) => boolean;

interface Emitter {
  readonly emit: Emit;
}

/** The events that announce a request. */
const EVENTS: ReadonlySet<string> = new Set(['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect']);

/** A request that a server announces, before the listeners of the server know of it. */
export class Arrival {
  constructor(
    private readonly server: Server,
    private readonly emit: Emit,
    private readonly event: string,
    private readonly args: readonly [request: IncomingMessage, carrier: ServerResponse | Duplex, ...unknown[]],
  ) {}

  /** Node's request. */
  get request(): IncomingMessage {
    return this.args[0];
  }

  /** The response; `undefined` for an upgrade, which has a socket only. */
  get response(): ServerResponse | undefined {
    const [, carrier] = this.args;
    return 'writeHead' in carrier ? carrier : undefined;
  }

  /** The socket of an upgrade. */
  get socket(): Duplex {
    return this.args[1] as Duplex;
  }

  /** If `true`, the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1). */
  get waits(): boolean {
    return this.event === 'checkContinue';
  }

  /** If `true`, the client has disconnected and cannot get a response. */
  get isGone(): boolean {
    const { stream, socket } = this.request as { readonly stream?: Duplex; readonly socket: Duplex };
    return (stream ?? socket).destroyed;
  }

  /**
   * Gives the request to the listeners of the server.
   *
   * @param confirm if `false`, the caller sends `100 Continue` to a client that waits for it
   */
  pass(confirm = true): void {
    const { server, event, response } = this;
    // If the only listener is ours, the application leaves `100 Continue` to Node.
    if (event === 'checkContinue' && response !== undefined && server.listenerCount(event) <= 1) {
      if (confirm) response.writeContinue();
      this.emit.call(server, 'request', ...this.args);
    } else if (!this.emit.call(server, event, ...this.args)) this.socket.destroy();
  }
}

/**
 * Shows the requests of a server to a function before the server announces them.
 *
 * The function replaces `emit()`, because a listener cannot stop the listeners behind it, and other packages attach their own
 * at any time: socket.io, ws, proxies.
 *
 * @param see returns `true` if it takes the request; otherwise the server announces it immediately
 */
export function seeArrivals(server: Server, see: (arrival: Arrival) => boolean): void {
  const { emit } = server as unknown as Emitter;
  // Monitoring tools replace `emit()` of the class, and have seen a request that is passed later already.
  const pass = Object.hasOwn(server, 'emit') ? emit : (EventEmitter.prototype as unknown as Emitter).emit;
  server.emit = function (event: string, ...args: unknown[]): boolean {
    return (
      (EVENTS.has(event) && see(new Arrival(server, pass, event, args as never))) || emit.call(this, event, ...args)
    );
  };
}

/** Makes Node announce requests that wait for `100 Continue` before it sends that response. */
export function announceWaiting(server: Server): void {
  server.on('checkContinue', waitsForArrival);
}

function waitsForArrival(): void {
  // Without a listener for this event, Node sends `100 Continue` before it emits the request.
}
