import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { type HttpRequest, rawResponse } from '../http/request.js';

/** Express's and Fastify's request hook, as Nest's adapters type it. */
type Hook = (request: HttpRequest, response: ServerResponse, done: (error?: Error) => void) => void;

/**
 * What runs ahead of everything else: `undefined` where there is nothing to wait for, or a promise, or `false` where it has
 * answered the request, which goes no further; or it throws.
 */
export type RequestHook = (request: HttpRequest, response: ServerResponse) => Promise<unknown> | undefined | false;

/**
 * Has an adapter run a hook ahead of every `app.use()`, for Fastify's `inject()` as well. An adapter has a place for one hook
 * only: the application's own, if there is one, now or later, runs after ours.
 */
export function addRequestHook(adapter: HttpServer, ours: RequestHook): void {
  const target = adapter as unknown as { onRequestHook?: Hook; setOnRequestHook(hook: Hook): void };
  let theirs = target.onRequestHook;
  target.setOnRequestHook((request, response, done) => {
    const proceed = () => {
      if (theirs === undefined) done();
      else theirs.call(target, request, response, done);
    };
    try {
      const pending = ours(request, rawResponse(response));
      if (pending === undefined) proceed();
      else if (pending !== false) pending.then(proceed, done);
    } catch (error) {
      done(error as Error);
    }
  });
  target.setOnRequestHook = (hook) => {
    theirs = hook;
  };
}
