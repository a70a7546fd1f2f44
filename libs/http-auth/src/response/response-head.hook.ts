import type { OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { Challenger } from './challenger.js';
import { Head } from './head.js';

/** Node's `writeHead()`, which every response goes through, whether it is called or not. */
type WriteHead = (
  this: ServerResponse,
  statusCode: number,
  reason?: string | Headers,
  headers?: Headers,
) => ServerResponse;
type Headers = OutgoingHttpHeaders | readonly unknown[];

/**
 * Mends the head of every response as it is written, so that a 401 gets its challenges whoever wrote it. It is in the way
 * of `writeHead()` and not a listener on each response, for what it costs: an answer that does not concern it costs a look.
 */
export class ResponseHeadHook {
  /** Our `writeHead()` by the one that it stands before: Node has one for each kind of response. */
  private readonly written = new WeakMap<WriteHead, WriteHead>();

  constructor(private readonly challenger: Challenger) {}

  /**
   * Watches an adapter. Express gives all its responses one prototype, the application's own; that covers what an instance
   * that was handed to Nest had mounted before. Fastify has its responses from Node's server, see {@link installOn}, but for
   * those that it is given or makes itself.
   *
   * @param hookRequests called where each response must be watched by itself, from a hook on its request
   */
  install(adapter: HttpServer, hookRequests: () => void): void {
    const instance = adapter.getInstance() as Partial<Record<string, unknown>>;
    switch (adapter.getType()) {
      case 'express':
        this.watch(instance['response'] as ServerResponse);
        break;
      case 'fastify':
        for (const name of ['inject', 'routing']) {
          const method = instance[name] as (...args: unknown[]) => unknown;
          instance[name] = function (this: unknown, ...args: unknown[]) {
            hookRequests();
            return method.apply(this, args);
          };
        }
        break;
      default:
        hookRequests();
    }
  }

  /**
   * Watches what reaches a server, ahead of the framework and of all that it was given before Nest had it. It is no listener: of two
   * of them, Node makes a new list for each request.
   */
  installOn(server: Server): void {
    const { emit } = server as { emit: (this: Server, ...args: unknown[]) => boolean };
    server.emit = (...args: unknown[]) => {
      if (args[0] === 'request') this.watch(args[2] as ServerResponse);
      return emit.apply(server, args);
    };
  }

  /** Watches one response, or those of a prototype. */
  watch(response: ServerResponse): void {
    const { writeHead } = response as { writeHead: WriteHead };
    let ours = this.written.get(writeHead);
    if (ours === writeHead) return;
    if (ours === undefined) {
      ours = this.before(writeHead);
      this.written.set(writeHead, ours);
      this.written.set(ours, ours);
    }
    response.writeHead = ours;
  }

  private before(writeHead: WriteHead): WriteHead {
    const { challenger } = this;
    return function (statusCode, reason, headers) {
      const exchange = challenger.concerning(this, statusCode);
      if (exchange === undefined) return writeHead.call(this, statusCode, reason, headers);
      const head = new Head(this, typeof reason === 'string' ? headers : (headers ?? reason));
      const status = challenger.complete(exchange, head, statusCode);
      if (status !== statusCode) this.statusMessage = '';
      else if (typeof reason === 'string') return writeHead.call(this, status, reason, head.given);
      return writeHead.call(this, status, head.given);
    };
  }
}
