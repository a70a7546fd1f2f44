import { describe, expect, it, jest } from '@jest/globals';
import { All, Controller, Get, type INestApplication, Logger } from '@nestjs/common';
import {
  anyOf,
  apiKey,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  bearer,
  cookie,
  CurrentUser,
  Failure,
  type HttpRequest,
  OptionalAuth,
  protect,
  Schemes,
} from 'nestjs-http-auth';
import { tokens } from 'nestjs-http-auth/tokens';
import * as undici from 'undici';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';

const session = (options = {}) =>
  cookie(({ token: value }) => (['alice', 'mallory'].includes(value) ? { name: value } : null), {
    name: '__Host-sid',
    ...options,
  });

@Controller()
class AppController {
  @All('account') account(@CurrentUser('name') name: string) {
    return name;
  }
  @OptionalAuth() @Schemes('Bearer') @Get('optional') optional(@CurrentUser('name') name = 'nobody') {
    return name;
  }
  @OptionalAuth() @All('open') open(@CurrentUser('name') name = 'nobody') {
    return name;
  }
}

/** Sends bytes, because no client library sends a name that is not a token. */
const raw = (app: INestApplication, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1', () =>
      socket.end(Buffer.from(text, 'latin1')),
    );
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()));
    socket.on('error', reject);
  });

describe.each(adapters)('On %s', (_name, adapter) => {
  const begin = (schemes: unknown[], more: object = {}, prepare?: (app: INestApplication) => unknown) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'x',
            schemes: [
              ...schemes,
              ...(schemes.some((one) => (one as { name: string }).name === 'Bearer') ? [] : [bearer(() => null)]),
            ] as never,
            ...more,
          }),
        ],
        controllers: [AppController],
      },
      prepare,
    );

  it('a cookie whose name begins with the byte A0 is another cookie (__Host- is not enforced for it)', async () => {
    const app = await begin([session()]);
    const answer = await raw(
      app,
      'GET /account HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: \xa0__Host-sid=mallory\r\n\r\n',
    );
    expect(answer.split('\r\n')[0]).toContain('401');
  });

  it('an async function of origins that rejects does not end the process', async () => {
    const seen: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => void seen.push(error));
    const origins = (async () => {
      throw new Error('unknown origin');
    }) as never;
    const app = await begin([session({ origins })]);
    await send(app, '/account', {
      method: 'POST',
      headers: { cookie: '__Host-sid=alice', origin: 'https://evil.example' },
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener as never);
    expect(seen).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ['a generator', () => (function* () {})()],
    ['an iterator', () => new Map().values()],
    ['a matchAll', () => 'x'.matchAll(/y/g)],
    ['an empty Buffer', () => Buffer.alloc(0)],
    ['a Failure that a cache has stored as JSON', () => JSON.parse(JSON.stringify(new Failure('invalid', 'Bearer')))],
    ['a Failure that a worker has sent', () => structuredClone(new Failure('forbidden', 'Bearer', 403))],
  ])('is not a principal: %s', async (_what, value) => {
    const app = await begin([bearer(value as never)]);
    expect((await send(app, '/account', { headers: bearerAuthorization('x') })).status).toBe(500);
  });

  it("is not a principal: the Response of undici's fetch, with 401", async () => {
    const server = createServer((_, response) => void response.writeHead(401).end()).listen(0);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const app = await begin([bearer((() => undici.fetch(url)) as never)]);
    const { status } = await send(app, '/account', { headers: bearerAuthorization('x') });
    server.close();
    expect(status).toBe(500);
  });

  it('anyOf(): a verifier that says missing does not turn off limits', async () => {
    const verify = anyOf(
      () => new Failure('missing'),
      () => null,
    );
    const app = await begin([cookie(verify as never, { name: 'sid', limits: { perAddress: 3, window: '1m' } })]);
    const statuses = [];
    for (let i = 0; i < 6; i++)
      statuses.push((await send(app, '/account', { headers: { cookie: `sid=${i}` } })).status);
    expect(statuses).toContain(429);
  });
  it('anyOf(): credentials that one verifier refuses are not anonymous because another one found no user', async () => {
    const verify = anyOf(
      () => new Failure('missing'),
      () => null,
    );
    const app = await begin([cookie(verify as never, { name: 'sid' })]);
    expect((await send(app, '/open', { headers: { cookie: `sid=x` } })).status).toBe(401);
  });

  it('anyOf(): a verifier that forbids valid credentials ends the search, also if it returns the Failure', async () => {
    const verify = anyOf(
      () => new Failure('forbidden', undefined, 403, { message: 'suspended' }),
      () => ({ name: 'alice' }),
    );
    const app = await begin([bearer(verify as never)]);
    expect((await send(app, '/account', { headers: bearerAuthorization('x') })).status).toBe(403);
  });

  it('a realm function that throws does not put the cookie or the key into the log', async () => {
    const log: string[] = [];
    const spy = jest.spyOn(Logger.prototype, 'error').mockImplementation((...args) => {
      log.push(
        args
          .map((one) =>
            one instanceof Error ? `${one.stack} ${String((one.cause as Error | undefined)?.message)}` : String(one),
          )
          .join(),
      );
    });
    const realm = ({ headers }: HttpRequest) => {
      throw new Error(`no tenant for ${JSON.stringify(headers)}`);
    };
    const app = await begin([session(), apiKey(() => null)], { realm });
    await send(app, '/account', { headers: { cookie: '__Host-sid=verysecretcookie', 'x-api-key': 'verysecretkey' } });
    spy.mockRestore();
    expect(log.join()).toContain('no tenant');
    expect(log.join()).not.toMatch(/verysecret/);
  });

  it('an optional route has no principal of a scheme that it does not accept', async () => {
    const app = await begin([session(), bearer(({ token: name }) => ({ name }))], {}, (nest) => protect(nest, '/'));
    const answer = await send(app, '/optional', { headers: { cookie: '__Host-sid=alice' } });
    expect(`${answer.status} ${answer.body}`).toMatch(/^401|^200 nobody/);
  });

  it('a token of another prefix is of another kind for anyOf()', async () => {
    const verify = anyOf(
      tokens(() => null, { prefix: 'acme' }),
      () => new Failure('invalid', undefined, 401, { stale: true, message: 'expired' }),
    );
    const app = await begin([bearer(verify as never)]);
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    await send(app, '/open', { headers: bearerAuthorization('eyJhbGciOiJ') });
    expect(events).toEqual([expect.objectContaining({ message: 'expired' })]);
  });
});
