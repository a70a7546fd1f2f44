import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type HttpServer, Inject, Injectable } from '@nestjs/common';
import { Challenger } from './challenger.js';
import { endAt, isEventStream, STREAM_EXPIRY, type StreamExpiry } from './event.stream.js';
import type { Exchange } from './exchange.js';
import { Head } from './head.js';

/** Node's `writeHead()`. Node calls it itself if the application does not. */
type WriteHead = (
  this: ServerResponse,
  statusCode: number,
  reason?: string | Headers,
  headers?: Headers,
) => ServerResponse;
type Headers = OutgoingHttpHeaders | readonly unknown[];

/** Completes the head of every response when it is written, so that every 401 gets its challenges, no matter which code sends it. */
@Injectable()
export class ResponseHeadHook {
  /** Our `writeHead()` for each original one: Node has one for each kind of response. */
  private readonly replacements = new WeakMap<WriteHead, WriteHead>();

  constructor(
    private readonly challenger: Challenger,
    @Inject(STREAM_EXPIRY) private readonly streamExpiry: StreamExpiry,
  ) {}

  /**
   * Watches the responses of an adapter that no server event announces. On Express, all responses have the prototype
   * `instance.response`. On Fastify, these are the requests of `inject()` and `routing()`, which a request hook must watch.
   *
   * @param hookRequests adds a hook on each request
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

  /** Watches one response, or all responses with this prototype. */
  watch(response: ServerResponse): void {
    const { writeHead } = response as { writeHead: WriteHead };
    let ours = this.replacements.get(writeHead);
    if (ours === writeHead) return;
    if (ours === undefined) {
      ours = this.replacementOf(writeHead);
      this.replacements.set(writeHead, ours);
      this.replacements.set(ours, ours);
    }
    response.writeHead = ours;
  }

  private replacementOf(writeHead: WriteHead): WriteHead {
    const { challenger, streamExpiry } = this;
    return function (statusCode, reason, headers) {
      const exchange = challenger.concerning(this, statusCode);
      if (exchange === undefined) return writeHead.call(this, statusCode, reason, headers);
      const head = new Head(this, typeof reason === 'string' ? headers : (headers ?? reason));
      const status = challenger.complete(exchange, head, statusCode);
      if (streamExpiry === 'end') limitStream(exchange, head, status);
      if (status !== statusCode) this.statusMessage = '';
      else if (typeof reason === 'string') return writeHead.call(this, status, reason, head.given);
      return writeHead.call(this, status, head.given);
    };
  }
}

/** Ends an event stream when the credentials that opened it end. */
function limitStream({ authenticated, response }: Exchange, head: Head, status: number): void {
  const expiresAt = authenticated?.admission.info.expiresAt;
  if (expiresAt !== undefined && status < 300 && isEventStream(head)) endAt(response, expiresAt);
}
