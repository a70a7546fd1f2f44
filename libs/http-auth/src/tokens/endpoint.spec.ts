import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { endpointProblem, fetchJson } from './endpoint.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function failureOf(answer: Promise<unknown>): Promise<VerifierUnavailableException> {
  const error: unknown = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VerifierUnavailableException)) throw error;
  return error;
}

describe('The URL of an endpoint', () => {
  it.each([
    'https://issuer.example',
    'https://issuer.example:8443/realms/a?b=c',
    'http://localhost:8080',
    'http://127.0.0.1/keys',
    'http://127.1',
    'http://[::1]:9000',
  ])('is accepted: %s', (url) => {
    expect(endpointProblem(url)).toBeUndefined();
  });

  it.each([
    ['http://issuer.example', 'must be https'],
    ['http://127.0.0.1.example', 'must be https'],
    ['http://localhost.example', 'must be https'],
    ['http://10.0.0.1', 'must be https'],
    ['ftp://issuer.example', 'must be https'],
    ['file:///etc/keys', 'must be https'],
    ['issuer.example', 'must be an absolute URL'],
    ['', 'must be an absolute URL'],
    [undefined, 'must be an absolute URL'],
    [{ href: 'https://issuer.example' }, 'must be an absolute URL'],
    ['https://user:secret@issuer.example', 'must have no credentials'],
    ['https://issuer.example/#keys', 'must have no credentials and no fragment'],
  ])('is refused: %j', (url, problem) => {
    expect(endpointProblem(url)).toContain(problem);
  });
});

describe('fetchJson()', () => {
  it('returns an object, and requests JSON', async () => {
    const url = await serve(({ method, headers }, response) =>
      response.end(JSON.stringify({ method, accept: headers.accept })),
    );
    expect(await fetchJson(url)).toEqual({ method: 'GET', accept: 'application/json' });
  });

  it('posts a form with header fields', async () => {
    const url = await serve((request, response) => {
      request.on('data', (body: Buffer) => response.end(JSON.stringify({ ...request.headers, body: body.toString() })));
    });
    const form = new URLSearchParams({ token: 'a b' });
    expect(await fetchJson(url, { form, headers: { authorization: 'Basic YTpi' } })).toMatchObject({
      authorization: 'Basic YTpi',
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
      body: 'token=a+b',
    });
  });

  it.each<[what: string, listener: RequestListener]>([
    ['a status other than 200', (_, response) => response.writeHead(404).end('{}')],
    ['another 2xx', (_, response) => response.writeHead(201).end('{}')],
    ['not JSON', (_, response) => response.end('<html>')],
    ['a list', (_, response) => response.end('[]')],
    ['null', (_, response) => response.end('null')],
    ['not UTF-8', (_, response) => response.end(Buffer.from('{"a":"\xff"}', 'latin1'))],
    ['missing', ({ socket }) => socket.destroy()],
    ['more than a megabyte', (_, response) => response.end(JSON.stringify({ a: 'a'.repeat(1024 * 1024) }))],
  ])('throws an error if the response is %s', async (_what, listener) => {
    const url = await serve(listener);
    const { message, retryAfter } = await failureOf(fetchJson(url));
    expect({ message, retryAfter }).toEqual({ message: `The request to ${url} failed`, retryAfter: 5 });
  });

  it('stops reading a response that does not end', async () => {
    const closed = new Promise<void>((resolve) => {
      void serve((_, response) => {
        response.on('close', () => resolve());
        const more = (): void => {
          if (!response.destroyed) response.write('a'.repeat(65_536), more);
        };
        more();
      }).then((url) => failureOf(fetchJson(url)));
    });
    expect(await closed).toBeUndefined();
  });

  it('throws an error after the timeout', async () => {
    const url = await serve(() => undefined);
    expect((await failureOf(fetchJson(url, { timeout: 50 }))).cause).toMatchObject({ name: 'TimeoutError' });
  });

  it('does not follow a redirect', async () => {
    const other = await serve((_, response) => response.end('{"keys":[]}'));
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end());
    expect((await failureOf(fetchJson(url))).cause).toMatchObject({ message: 'it responded with 302' });
  });

  it.each([
    ['30', 30],
    ['0', 1],
    ['100000', 300],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 5],
    ['-1', 5],
  ])('reads Retry-After: %s', async (field, retryAfter) => {
    const url = await serve((_, response) => response.writeHead(503, { 'retry-after': field }).end());
    expect((await failureOf(fetchJson(url))).retryAfter).toBe(retryAfter);
  });
});
