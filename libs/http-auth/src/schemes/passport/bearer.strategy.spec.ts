import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../../http/request.js';
import { admit } from '../admission.js';
import { Failure } from '../failure.js';
import { run } from './strategy.runner.js';
import { BearerStrategy } from './bearer.strategy.js';

const missing = new Failure('missing', 'Bearer');
const malformed = new Failure('malformed', 'Bearer', 400);

function request(authorization: string | undefined, rest: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: '/', ...rest, headers: { ...rest.headers, authorization } };
}

function form(token: unknown, authorization?: string): HttpRequest {
  return request(authorization, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { access_token: token },
  });
}

/** Accepts every token, and returns it as the principal. */
const open = new BearerStrategy(({ token }) => token);
const withForm = new BearerStrategy(({ token }) => token, { formEncodedBody: true });

describe('BearerStrategy', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('[H-1][R-1] reads a token of the scheme %s', async (scheme) => {
    expect(await run(open, 'Bearer', request(`${scheme} abc`))).toEqual(admit('abc', {}));
  });

  it.each([undefined, '', 'Basic abc', 'BearerX abc', 'Bearer:abc'])(
    'returns a missing Failure for %j',
    async (authorization) => {
      expect(await run(open, 'Bearer', request(authorization))).toEqual(missing);
    },
  );

  it.each(['Bearer', 'Bearer "abc"', 'Bearer abc def', 'Bearer abc, Bearer def'])(
    '[R-10] returns a malformed Failure with status 400 for %j',
    async (authorization) => {
      expect(await run(open, 'Bearer', request(authorization))).toEqual(malformed);
    },
  );

  it('[R-10] returns a Failure with status 401 if the verifier rejects the token', async () => {
    const strategy = new BearerStrategy(() => null);
    expect(await run(strategy, 'Bearer', request('Bearer abc'))).toEqual(new Failure('invalid', 'Bearer', 401));
  });

  it('[R-3] ignores a token in the query string', async () => {
    const query = { url: '/?access_token=abc', query: { access_token: 'abc' } };
    expect(await run(open, 'Bearer', request(undefined, query))).toEqual(missing);
    expect(await run(withForm, 'Bearer', request(undefined, query))).toEqual(missing);
  });

  it('[R-2] reads a token from a form only if formEncodedBody is true', async () => {
    expect(await run(withForm, 'Bearer', form('abc'))).toEqual(admit('abc', {}));
    expect(withForm.presents(form('abc'))).toBe(true);
    expect(await run(open, 'Bearer', form('abc'))).toEqual(missing);
    expect(open.presents(form('abc'))).toBe(false);
  });

  it('[R-2] returns a Failure with status 400 for a form with two tokens', async () => {
    expect(await run(withForm, 'Bearer', form(['abc', 'def']))).toEqual(malformed);
  });

  it('[R-11] returns a Failure with status 400 for a token in the field and in the form, even if both are the same', async () => {
    expect(await run(withForm, 'Bearer', form('abc', 'Bearer abc'))).toEqual(malformed);
    expect(await run(withForm, 'Bearer', form('def', 'Bearer abc'))).toEqual(malformed);
  });

  it('ignores a token in a form if formEncodedBody is not set', async () => {
    expect(await run(open, 'Bearer', form('def', 'Bearer abc'))).toEqual(admit('abc', {}));
  });

  it.each([
    ['field', request('Bearer a~b')],
    ['form', form('a~b')],
  ])("redacts a token of the %s in the verifier's error", async (_, from) => {
    const strategy = new BearerStrategy(
      async ({ token }) => {
        throw new Error(`GET /introspect?token=${token} failed`);
      },
      { formEncodedBody: true },
    );
    const thrown: unknown = await Promise.resolve(run(strategy, 'Bearer', from)).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ cause: { message: 'GET /introspect?token=[redacted] failed' } });
    expect(inspect(thrown, { depth: 10 })).not.toContain('a~b');
  });
});
