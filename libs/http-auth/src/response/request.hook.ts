import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { type HttpRequest, rawResponse } from '../http/request.js';

/** Express's and Fastify's request hook, as Nest's adapters declare it. It may return a promise. */
type Hook = (request: HttpRequest, reply: ServerResponse, done: (error?: unknown) => void) => unknown;

/**
 * Runs before everything else. It resolves to `false` if it has responded, and rejects if the request is refused.
 *
 * @param response Node's response
 * @param reply Fastify's reply, or Node's response
 */
export type RequestHook = (request: HttpRequest, response: ServerResponse, reply: object) => Promise<boolean>;

/**
 * Adds a hook that an adapter runs before every `app.use()`, for Fastify's `inject()` as well. An adapter has room for one
 * hook only, so ours calls the application's own, which may be set before or after ours.
 */
export function addRequestHook(adapter: HttpServer, ours: RequestHook): void {
  const target = adapter as unknown as { onRequestHook?: Hook; setOnRequestHook(hook: Hook): void };
  let theirs = target.onRequestHook;
  target.setOnRequestHook(async (request, reply, next) => {
    let isDone = false;
    const done = (error?: unknown) => {
      // Fastify and Express would handle the request twice.
      if (!isDone) next(error);
      isDone = true;
    };
    try {
      if (!(await ours(request, rawResponse(reply), reply))) return;
      if (theirs === undefined) done();
      else await theirs.call(target, request, reply, done);
    } catch (error) {
      // An adapter would take `undefined` for success, and Express the string 'route' for a request to skip the rest.
      done(error instanceof Error ? error : new Error('The request hook failed', { cause: error }));
    }
  });
  target.setOnRequestHook = (hook) => {
    theirs = hook;
  };
}
