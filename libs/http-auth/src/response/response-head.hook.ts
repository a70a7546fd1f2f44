import type { Server, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import onHeaders from 'on-headers';
import { type HttpRequest, rawResponse } from '../http/request.js';
import type { Challenger } from './challenger.js';
import type { Exchange, Exchanges } from './exchange.js';

/** Express's and Fastify's request hook, as Nest's adapters type it. */
type RequestHook = (request: HttpRequest, response: ServerResponse, done: (error?: Error) => void) => void;

/** Lets a request pass, at once where it returns `undefined`, or throws. */
type Admission = (exchange: Exchange) => Promise<unknown> | undefined;

/** Watches the head of every response, so that a 401 gets its challenges whoever wrote it. */
export class ResponseHeadHook {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {}

  /**
   * Watches what passes through an adapter. Nest's adapters run their request hook ahead of every `app.use()`, and for
   * Fastify's `inject()` as well, which Node's server never hears of.
   *
   * @param admit what must let a request pass before anything else sees it
   */
  install(adapter: HttpServer, admit: Admission): void {
    addRequestHook(adapter, (request, response, done) => {
      const exchange = this.watch(request, rawResponse(response));
      const enter = () => admit(exchange);
      try {
        const pending = this.challenger.prepare(exchange)?.then(enter) ?? enter();
        if (pending === undefined) done();
        else pending.then(() => done(), done);
      } catch (error) {
        done(error as Error);
      }
    });
  }

  /**
   * Watches what reaches a server: an Express or Fastify instance that was handed to Nest may have had middleware and hooks
   * of its own, which run ahead of Nest's.
   */
  installOn(server: Server): void {
    server.prependListener('request', (request, response) => this.watch(request as HttpRequest, response));
  }

  private watch(request: HttpRequest, response: ServerResponse): Exchange {
    const known = this.exchanges.find(response) !== undefined;
    const exchange = this.exchanges.of(request, response);
    if (!known) onHeaders(response, () => this.challenger.complete(exchange));
    return exchange;
  }
}

/** Adds a request hook to an adapter, which has a place for one only: the application's own, if any, runs after ours. */
function addRequestHook(adapter: HttpServer, ours: RequestHook): void {
  const target = adapter as unknown as { onRequestHook?: RequestHook; setOnRequestHook(hook: RequestHook): void };
  let theirs = target.onRequestHook;
  target.setOnRequestHook((request, response, done) =>
    ours(request, response, (error) => {
      if (error !== undefined || theirs === undefined) done(error);
      else theirs.call(target, request, response, done);
    }),
  );
  target.setOnRequestHook = (hook) => {
    theirs = hook;
  };
}
