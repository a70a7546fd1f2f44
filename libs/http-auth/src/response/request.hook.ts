import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { type HttpRequest, rawResponse } from '../http/request.js';

/** Express's and Fastify's request hook, as Nest's adapters declare it. */
type Hook = (request: HttpRequest, response: ServerResponse, done: (error?: Error) => void) => void;

/** Runs before everything else. It resolves to `false` if it has responded, and rejects if the request is refused. */
export type RequestHook = (request: HttpRequest, response: ServerResponse) => Promise<boolean>;

/**
 * Adds a hook that an adapter runs before every `app.use()`, for Fastify's `inject()` as well. An adapter has room for one
 * hook only, so ours calls the application's own, which may be set before or after ours.
 */
export function addRequestHook(adapter: HttpServer, ours: RequestHook): void {
  const target = adapter as unknown as { onRequestHook?: Hook; setOnRequestHook(hook: Hook): void };
  let theirs = target.onRequestHook;
  target.setOnRequestHook((request, response, done) => {
    ours(request, rawResponse(response))
      .then((proceed) => {
        if (!proceed) return;
        if (theirs === undefined) done();
        else theirs.call(target, request, response, done);
      })
      .catch(done);
  });
  target.setOnRequestHook = (hook) => {
    theirs = hook;
  };
}
