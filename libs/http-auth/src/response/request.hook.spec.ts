import { describe, expect, it } from '@jest/globals';
import type { HttpServer } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { addRequestHook } from './request.hook.js';

type Hook = (request: HttpRequest, reply: object, done: (error?: unknown) => void) => unknown;

/** Runs our hook, which accepts the request, and a hook of the application. Returns the calls of the adapter's callback. */
async function callsWith(theirs: Hook): Promise<unknown[][]> {
  let installed: Hook | undefined;
  const adapter = { setOnRequestHook: (hook: Hook) => void (installed = hook) };
  addRequestHook(adapter as never as HttpServer, async () => true);
  adapter.setOnRequestHook(theirs);
  const calls: unknown[][] = [];
  await installed?.({} as HttpRequest, {}, (...args) => void calls.push(args));
  return calls;
}

describe('A request hook of the application', () => {
  it('runs after ours', async () => {
    expect(await callsWith((_request, _reply, done) => done())).toEqual([[undefined]]);
  });

  it('continues the request once if it rejects afterwards', async () => {
    const calls = await callsWith(async (_request, _reply, done) => {
      done();
      throw new Error('late');
    });
    expect(calls).toEqual([[undefined]]);
  });

  it.each([['route'], ['router'], [undefined], [null]])(
    'fails the request if it rejects with %p',
    async (reason: unknown) => {
      const [call, ...more] = await callsWith(() => Promise.reject(reason));
      expect(more).toEqual([]);
      expect(call).toEqual([new Error('The request hook failed')]);
    },
  );

  it('fails the request with its own error if it has one', async () => {
    const error = new Error('down');
    expect(await callsWith(() => Promise.reject(error))).toEqual([[error]]);
  });
});
