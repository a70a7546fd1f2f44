import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import onHeaders from 'on-headers';
import { type HttpRequest, rawResponse } from '../http/request.js';
import type { Challenger } from './challenger.js';
import type { Exchanges } from './exchange.js';

/** Express's and Fastify's request hook, as Nest's adapters type it. */
type RequestHook = (request: HttpRequest, response: ServerResponse, done: (error?: Error) => void) => void;

/**
 * Watches the head of every response, so that a 401 gets its challenges whoever wrote it: a filter of the application's
 * own, `@Res()`, a middleware. Nest's adapters run their request hook ahead of every `app.use()`, and for Fastify's
 * `inject()` as well, which Node's server never hears of.
 */
export function watchResponseHeads(adapter: HttpServer, exchanges: Exchanges, challenger: Challenger): void {
  addRequestHook(adapter, (request, response, done) => {
    const raw = rawResponse(response);
    onHeaders(raw, () => challenger.complete(raw, request));
    const pending = challenger.prepare(exchanges.of(raw), request);
    if (pending === undefined) done();
    else void pending.then(() => done());
  });
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
