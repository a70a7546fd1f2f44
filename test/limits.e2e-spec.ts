import crypto from 'node:crypto';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, UnauthorizedException } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import {
  AuthEvents,
  AuthLimits,
  AuthModule,
  basic,
  bearer,
  type BasicCredentials,
  type LimitOptions,
  OptionalAuth,
  protect,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { passwords } from 'nestjs-http-auth/passwords';
import { adapters, start } from './support/application.js';
import { type Answer, basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import { wonderland } from './support/passwords.js';

@Controller()
class GreetingController {
  @Get()
  greet() {
    return 'hello';
  }

  @OptionalAuth()
  @Get('optional')
  greetAnyone() {
    return 'hello';
  }
}

@Controller()
class TenantController {
  @Get(':tenant')
  greet() {
    return 'hello';
  }
}

type Verify = (credentials: BasicCredentials) => boolean | Promise<boolean>;

const isAlice: Verify = ({ username, password }) => username === 'alice' && password === 'wonder:land';

/** The same, but as slow as a database. */
const later: Verify = async (credentials) => {
  await setTimeout(5);
  return isAlice(credentials);
};

const verifiers: [name: string, verifier: Verify][] = [
  ['a synchronous verifier', isAlice],
  ['an asynchronous verifier', later],
];

describe.each(adapters)('Limits on %s', (framework, adapter) => {
  /** Starts an application that trusts the proxy, so that a test can choose the address of the client. */
  async function application(verifier: Verify, limits?: LimitOptions | false, early = false) {
    const verify = jest.fn(verifier);
    const app = await start(trusting(adapter()), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          schemes: [basic(verify, limits === undefined ? {} : { limits })],
          early,
        }),
      ],
      controllers: [GreetingController],
    });
    const as = (username: string, password: string, address = '192.0.2.1', path = '/') =>
      send(app, path, { headers: { ...basicAuthorization(username, password), 'x-forwarded-for': address } });
    return { app, verify, as };
  }

  describe.each(verifiers)('with %s', (__, verifier) => {
    it('respond with 429 after ten failures of a user from an address, and do not verify the password', async () => {
      const { as, verify } = await application(verifier);
      for (let time = 0; time < 10; time++) expect(await as('alice', `guess ${time}`)).toMatchObject({ status: 401 });
      verify.mockClear();
      for (const password of ['another', 'wonder:land']) {
        const answer = await as('alice', password);
        expect(answer).toMatchObject({ status: 429, challenges: [] });
        expect(answer.json()).toEqual({ statusCode: 429, message: 'Too Many Requests' });
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(890);
        expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(900);
      }
      expect(verify).not.toHaveBeenCalled();
      // Another address of the same user, and another user from the same address, are not limited.
      expect(await as('alice', 'wonder:land', '192.0.2.2')).toMatchObject({ status: 200 });
      expect(await as('bob', 'guess')).toMatchObject({ status: 401 });
    });

    it('allow exactly as many parallel failures as the limit, and refuse no parallel success', async () => {
      const { as, verify } = await application(verifier, { perUserAndAddress: 3 });
      const guesses = Array.from({ length: 30 }, (___, index) => as('alice', `guess ${index}`));
      expect(statusesOf(await Promise.all(guesses))).toEqual({ 401: 3, 429: 27 });
      expect(verify).toHaveBeenCalledTimes(3);
      const good = Array.from({ length: 30 }, () => as('alice', 'wonder:land', '192.0.2.2'));
      expect(statusesOf(await Promise.all(good))).toEqual({ 200: 30 });
    });

    it('[C1] count a wrong password once that a client repeats', async () => {
      const { as } = await application(verifier);
      for (let time = 0; time < 30; time++) expect(await as('alice', 'old')).toMatchObject({ status: 401 });
      expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
      for (let time = 0; time < 9; time++) expect(await as('alice', `guess ${time}`)).toMatchObject({ status: 401 });
      expect(await as('alice', 'old')).toMatchObject({ status: 429 });
    });

    it('[C2] count parallel requests with the same wrong password once, and call the verifier for each', async () => {
      const { as, verify } = await application(verifier);
      const answers = await Promise.all(Array.from({ length: 20 }, () => as('alice', 'old')));
      expect(statusesOf(answers)).toEqual({ 401: 20 });
      expect(verify).toHaveBeenCalledTimes(20);
      expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
    });

    it('do not count a success', async () => {
      const { as } = await application(verifier, { perUserAndAddress: 2, perAddress: 2, perUser: 2 });
      expect(await as('alice', 'guess')).toMatchObject({ status: 401 });
      for (let time = 0; time < 5; time++) expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
      expect(await as('alice', 'another guess')).toMatchObject({ status: 401 });
      expect(await as('alice', 'wonder:land')).toMatchObject({ status: 429 });
    });

    it('respond in the same way for known and unknown users', async () => {
      const { as } = await application(verifier, { perUserAndAddress: 3 });
      const answers = async (username: string) => {
        const all: object[] = [];
        for (let time = 0; time < 5; time++) {
          const { status, challenges, body, headers } = await as(username, `guess ${time}`);
          const { date: ___, ...fields } = headers;
          all.push({ status, challenges, body, fields });
        }
        return all;
      };
      expect(await answers('alice')).toEqual(await answers('nobody'));
    });
  });

  it('count all users of an address together, and all addresses of an IPv6 network', async () => {
    const { as } = await application(isAlice, { perUserAndAddress: 1, perAddress: 3 });
    for (const [index, address] of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3'].entries()) {
      expect(await as(`user ${index}`, 'guess', address)).toMatchObject({ status: 401 });
    }
    expect(await as('alice', 'wonder:land', '2001:db8::4')).toMatchObject({ status: 429 });
    expect(await as('alice', 'wonder:land', '2001:db8:0:1::1')).toMatchObject({ status: 200 });
  });

  it('recognize an IPv4 address inside an IPv6 address', async () => {
    const { as } = await application(isAlice, { perUserAndAddress: 2 });
    await as('alice', 'guess', '::ffff:192.0.2.1');
    await as('alice', 'another guess', '192.0.2.1');
    expect(await as('alice', 'a third guess', '::ffff:c000:201')).toMatchObject({ status: 429 });
    expect(await as('alice', 'guess', '::ffff:192.0.2.2')).toMatchObject({ status: 401 });
  });

  it('count a user across addresses, but do not limit an address from which the user logged in before', async () => {
    const { as } = await application(isAlice, { perUserAndAddress: 1, perUser: 5 });
    const [home, abroad] = ['198.51.100.1', '198.51.100.2'];
    expect(await as('alice', 'wonder:land', home)).toMatchObject({ status: 200 });
    for (let host = 1; host <= 5; host++) {
      expect(await as('Alice', 'guess', `192.0.2.${host}`)).toMatchObject({ status: 401 });
    }
    expect(await as('alice', 'guess', '192.0.2.6')).toMatchObject({ status: 429 });
    expect(await as('alice', 'wonder:land', abroad)).toMatchObject({ status: 429 });
    expect(await as('alice', 'wonder:land', home)).toMatchObject({ status: 200 });
    // A failure from that address counts only for that address.
    expect(await as('alice', 'wonderland', home)).toMatchObject({ status: 401 });
    expect(await as('alice', 'wonder:land', home)).toMatchObject({ status: 429 });
  });

  it('do not limit a user who logged in before from the address of a guesser', async () => {
    const { as } = await application(isAlice, { perUserAndAddress: 1, perAddress: 2 });
    await as('alice', 'wonder:land');
    for (const name of ['bob', 'carol']) await as(name, 'guess');
    expect(await as('dave', 'guess')).toMatchObject({ status: 429 });
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
    expect(await as('alice', 'guess')).toMatchObject({ status: 429 });
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 429 });
  });

  it('do not count errors of the verifier and malformed credentials', async () => {
    let down = true;
    const verifier: Verify = (credentials) => {
      if (down) throw new Error('The database is down');
      return isAlice(credentials);
    };
    const { app, as } = await application(verifier, { perUserAndAddress: 1 });
    for (let time = 0; time < 3; time++) expect(await as('alice', 'wonder:land')).toMatchObject({ status: 500 });
    for (const authorization of ['Basic !', 'Basic YWxpY2U=', 'Basic']) {
      const headers = { authorization, 'x-forwarded-for': '192.0.2.1' };
      expect(await send(app, '/', { headers })).toMatchObject({ status: 401 });
    }
    down = false;
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
  });

  it.each([false, true])('apply to optional routes and protected paths if early is %s', async (early) => {
    const { app, as } = await application(isAlice, { perUserAndAddress: 3 }, early);
    protect(app, '/docs');
    for (const path of ['/', '/optional', '/docs']) {
      expect(await as('alice', `guess for ${path}`, '192.0.2.1', path)).toMatchObject({ status: 401 });
    }
    for (const path of ['/', '/optional', '/docs']) {
      const answer = await as('alice', 'wonder:land', '192.0.2.1', path);
      expect(answer).toMatchObject({ status: 429, challenges: [], headers: { 'retry-after': '900' } });
    }
    expect(await send(app, '/optional')).toMatchObject({ status: 200 });
  });

  it('apply in proxy mode', async () => {
    const schemes = [basic(isAlice, { limits: { perUserAndAddress: 1 } })];
    const app = await start(trusting(adapter()), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes, proxy: true })],
      controllers: [GreetingController],
    });
    const as = (password: string, address: string) => {
      const { authorization } = basicAuthorization('alice', password);
      return send(app, '/', { headers: { 'proxy-authorization': authorization, 'x-forwarded-for': address } });
    };
    expect(await as('guess', '192.0.2.1')).toMatchObject({ status: 407 });
    expect(await as('wonder:land', '192.0.2.1')).toMatchObject({ status: 429 });
    expect(await as('wonder:land', '192.0.2.2')).toMatchObject({ status: 200 });
  });

  it('end after the window', async () => {
    const { as } = await application(isAlice, { perUserAndAddress: 1, window: '1s' });
    await as('alice', 'guess');
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    while ((await as('alice', 'wonder:land')).status === 429) await setTimeout(100);
    expect(await as('alice', 'guess')).toMatchObject({ status: 401 });
  });

  it('[C3] separate tenants, but count an address for all of them', async () => {
    const app = await start(trusting(adapter()), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          schemes: [
            basic(({ password }) => (password === 'right' ? { name: 'admin' } : null), {
              limits: { perAddress: 12, key: ({ url }) => url.slice(0, 2) },
            }),
          ],
        }),
      ],
      controllers: [TenantController],
    });
    const as = (tenant: string, word: string) => send(app, tenant, { headers: basicAuthorization('admin', word) });
    for (let time = 0; time < 10; time++) expect(await as('/a', `guess ${time}`)).toMatchObject({ status: 401 });
    expect(await as('/a', 'right')).toMatchObject({ status: 429 });
    expect(await as('/b', 'right')).toMatchObject({ status: 200 });
    for (let time = 0; time < 2; time++) expect(await as('/c', `guess ${time}`)).toMatchObject({ status: 401 });
    expect(await as('/d', 'right')).toMatchObject({ status: 429 });
  });

  it('respond with 500 if the function for the tenant returns no string, or throws', async () => {
    for (const key of [
      () => undefined,
      async () => 'a',
      () => Promise.reject(new Error('no')),
      () => JSON.parse('{'),
    ]) {
      const { as } = await application(isAlice, { key });
      expect(await as('alice', 'wonder:land')).toMatchObject({ status: 500 });
    }
  });

  it('do not apply to a username that many clients share, except for the address', async () => {
    const { as } = await application(isAlice, { perUser: 10, perAddress: 15, sharedUsernames: ['__token__'] });
    for (let time = 0; time < 15; time++) expect(await as('__token__', `guess ${time}`)).toMatchObject({ status: 401 });
    expect(await as('__token__', 'guess')).toMatchObject({ status: 429 });
    expect(await as('__token__', 'guess', '192.0.2.2')).toMatchObject({ status: 401 });
  });

  it('name the limit in the event', async () => {
    const { app, as } = await application(isAlice, { perUserAndAddress: 1, perAddress: 2, perUser: 3 });
    const limits: unknown[] = [];
    app.get(AuthEvents).on('locked', ({ limit }) => void limits.push(limit));
    await as('alice', 'a');
    await as('alice', 'b');
    await as('bob', 'a');
    await as('carol', 'a');
    await as('alice', 'a', '192.0.2.2');
    await as('alice', 'a', '192.0.2.3');
    await as('alice', 'a', '192.0.2.4');
    expect(limits).toEqual(['perUserAndAddress', 'perAddress', 'perUser']);
  });

  it('[C6] warn once if a proxy names the clients and is not trusted, with the setting of the framework', async () => {
    const logger = new RecordingLogger();
    const create = (using: AbstractHttpAdapter) =>
      start(using, {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(isAlice)] })],
        controllers: [GreetingController],
      });
    const [plain, behind] = [await create(adapter()), await create(trusting(adapter()))];
    plain.useLogger(logger);
    for (const app of [behind, plain, plain]) {
      await send(app, '/', { headers: { ...basicAuthorization('alice', 'no'), 'x-forwarded-for': '192.0.2.1' } });
    }
    const warnings = logger.text().match(/A request has the field x-forwarded-for, but no proxy is trusted[^'"]*/g);
    expect(warnings).toHaveLength(1);
    expect(logger.text()).toContain(framework === 'Express' ? 'trust proxy' : 'trustProxy');
  });

  it('[C7] survive a limiter that throws synchronously, or returns nonsense', async () => {
    const wrong: unknown[] = [
      () => {
        throw new Error('broken');
      },
      () => undefined,
      async () => ({}),
      async () => ({ consumedPoints: NaN, msBeforeNext: 1 }),
      async () => Promise.reject(undefined),
    ];
    for (const penalty of wrong) {
      const limiter = { penalty, reward: penalty, get: penalty, set: penalty } as never;
      const { as } = await application(isAlice, { limiter });
      for (let time = 0; time < 10; time++) expect(await as('alice', `guess ${time}`)).toMatchObject({ status: 401 });
      expect(await as('alice', 'wonder:land')).toMatchObject({ status: 429 });
      const { as: closed } = await application(isAlice, { limiter, failClosed: true });
      expect(await closed('alice', 'wonder:land')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
  });

  it('limit the tokens of an address, apart from its passwords, and count a repeated token once', async () => {
    const app = await start(trusting(adapter()), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          schemes: [
            bearer(({ token }) => (token === 'good' ? { name: 'alice' } : null), { limits: { perAddress: 3 } }),
            basic(isAlice),
          ],
        }),
      ],
      controllers: [GreetingController],
    });
    const by = (token: string, address = '192.0.2.1') =>
      send(app, '/', { headers: { ...bearerAuthorization(token), 'x-forwarded-for': address } });
    for (let time = 0; time < 10; time++) expect(await by('expired')).toMatchObject({ status: 401 });
    for (let time = 0; time < 2; time++) expect(await by(`guess-${time}`)).toMatchObject({ status: 401 });
    expect(await by('good')).toMatchObject({ status: 429, challenges: [], headers: { 'retry-after': '900' } });
    expect(await by('good', '192.0.2.2')).toMatchObject({ status: 200 });
    const headers = { ...basicAuthorization('alice', 'wonder:land'), 'x-forwarded-for': '192.0.2.1' };
    expect(await send(app, '/', { headers })).toMatchObject({ status: 200 });
  });

  it('do not limit tokens by default', async () => {
    const schemes = [bearer(() => null)];
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes })],
      controllers: [GreetingController],
    });
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) => send(app, '/', { headers: bearerAuthorization(`guess-${index}`) })),
    );
    expect(statusesOf(answers)).toEqual({ 401: 120 });
  });

  it('[C4] compute no hashes for clients that are gone', async () => {
    // A quarter of the usual cost, so that the good login has its turn in time on a busy machine too.
    const [salt, cost] = [Buffer.alloc(16), { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 }];
    const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    const digest = crypto.scryptSync('wonder:land', salt, 32, cost);
    const hash = `$scrypt$ln=15,r=8,p=1$${base64(salt)}$${base64(digest)}`;
    const scrypt = jest.spyOn(crypto, 'scrypt');
    try {
      const verifier = passwords((user) => ({ hash, principal: { user } }));
      const app = await start(trusting(adapter()), {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifier)] })],
        controllers: [GreetingController],
      });
      const { port } = app.getHttpServer().address() as AddressInfo;
      const sockets = Array.from({ length: 60 }, (_, index) => {
        const socket = connect(port, '127.0.0.1');
        const fields = `Authorization: ${basicAuthorization(`user ${index}`, 'guess').authorization}\r\nX-Forwarded-For: 192.0.2.${index}`;
        socket.write(`GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n`);
        return socket;
      });
      while (scrypt.mock.calls.length === 0) await setTimeout(1);
      for (const socket of sockets) socket.destroy();
      const good = await send(app, '/', { headers: basicAuthorization('alice', 'wonder:land') });
      expect(good).toMatchObject({ status: 200 });
      // The good one, and those that were running before the server knew that their clients are gone. Without the queue, 61.
      expect(scrypt.mock.calls.length).toBeLessThan(10);
    } finally {
      scrypt.mockRestore();
    }
  });

  it('do not wait for a verifier that never answers', async () => {
    let calls = 0;
    const verify = (credentials: BasicCredentials) =>
      ++calls === 1 ? new Promise<boolean>(() => undefined) : isAlice(credentials);
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verify)], verifierTimeout: 200 })],
      controllers: [GreetingController],
    });
    const login = () => send(app, '/', { headers: basicAuthorization('alice', 'wonder:land') });
    expect(await login()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(await login()).toMatchObject({ status: 200 });
  });

  it.each([
    ['together', (one: unknown, other: unknown) => Promise.any([one, other])],
    ['in groups', (one: unknown, other: unknown) => Promise.any([Promise.any([one, other]), other])],
  ])('count a guess that one of two verifiers refused while the other is unavailable: %s', async (_, any) => {
    const staff = jest.fn((credentials: BasicCredentials) => {
      if (isAlice(credentials)) return { name: 'alice' };
      throw new UnauthorizedException();
    });
    const verify = (credentials: BasicCredentials) =>
      any(
        (async () => staff(credentials))(),
        Promise.reject(new VerifierUnavailableException('The database is down', 1)),
      );
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verify)] })],
      controllers: [GreetingController],
    });
    const statuses: number[] = [];
    for (let time = 0; time < 20; time++) {
      statuses.push((await send(app, '/', { headers: basicAuthorization('alice', `guess ${time}`) })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(503), ...Array(10).fill(429)]);
    expect(staff).toHaveBeenCalledTimes(10);
  });

  it('can be read and reset by AuthLimits', async () => {
    const { app, as } = await application(isAlice, { perUserAndAddress: 2 });
    const limits = app.get(AuthLimits);
    for (const password of ['one', 'two', 'three']) await as('alice', password);
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 429 });
    expect(limits.isShared).toBe(false);
    expect(await limits.status('alice')).toEqual([
      { scheme: 'Basic', limit: 'perUser', failures: 2, max: 100, retryAfter: 0 },
    ]);
    const [first] = await limits.status({ username: 'alice', address: '192.0.2.1' });
    expect(first).toEqual({
      scheme: 'Basic',
      limit: 'perUserAndAddress',
      failures: 2,
      max: 2,
      retryAfter: expect.any(Number),
    });
    expect(await limits.status({ address: '192.0.2.1' })).toMatchObject([{ limit: 'perAddress', failures: 2 }]);
    await limits.release('alice');
    expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
    expect(await limits.status('alice')).toMatchObject([{ failures: 0 }]);
  });

  it.each<[unknown, string]>([
    ['', 'the username is empty'],
    [{ username: '' }, 'the username is empty'],
    [{}, 'give a username, an address, or both'],
    [{ tenant: 'a' }, 'give a username, an address, or both'],
    [{ username: 5 }, 'username must be a string'],
    [{ username: 'a', tenant: 5 }, 'tenant must be a string'],
    [{ address: ['192.0.2.1'] }, 'address must be a string'],
    [{ username: 'a', address: '192.0.2' }, "'192.0.2' is not an IP address"],
    [undefined, 'give a username, an address, or both'],
    [5, 'give a username, an address, or both'],
  ])('throw a clear error for the client %j', async (client, problem) => {
    const { app } = await application(isAlice);
    for (const method of ['status', 'release'] as const) {
      await expect(app.get(AuthLimits)[method](client as string)).rejects.toThrow(
        new TypeError(`AuthLimits.${method}(): ${problem}`),
      );
    }
  });

  it('are empty for schemes without limits', async () => {
    const { app } = await application(isAlice, false);
    await app.get(AuthLimits).release('alice');
    expect(await app.get(AuthLimits).status('alice')).toEqual([]);
  });

  it('are disabled by limits: false', async () => {
    const { as } = await application(isAlice, false);
    for (let time = 0; time < 30; time++) expect(await as('alice', 'guess')).toMatchObject({ status: 401 });
  });

  it('are not shared by two applications', async () => {
    const [one, other] = [await application(isAlice, { perUserAndAddress: 1 }), await application(isAlice)];
    await one.as('alice', 'guess');
    expect(await one.as('alice', 'wonder:land')).toMatchObject({ status: 429 });
    expect(await other.as('alice', 'wonder:land')).toMatchObject({ status: 200 });
  });

  it('use the address of the socket if no proxy is trusted', async () => {
    const verifier = passwords((name) => (name === 'alice' ? { hash: wonderland.scrypt, principal: 1 } : null));
    const app = await start(adapter(), {
      imports: [
        AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifier, { limits: { perUserAndAddress: 2 } })] }),
      ],
      controllers: [GreetingController],
    });
    const from = (address: string) =>
      send(app, '/', { headers: { ...basicAuthorization('alice', address), 'x-forwarded-for': address } });
    const answers = await Promise.all(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(from));
    expect(statusesOf(answers)).toEqual({ 401: 2, 429: 1 });
  });
});

/** Returns an adapter that trusts X-Forwarded-For. */
function trusting(adapter: AbstractHttpAdapter): AbstractHttpAdapter {
  if (adapter.getType() === 'express') adapter.getInstance().set('trust proxy', true);
  return adapter.getType() === 'express'
    ? adapter
    : new (adapter.constructor as new (options: object) => AbstractHttpAdapter)({ trustProxy: true });
}

function statusesOf(answers: readonly Answer[]): Record<number, number> {
  const statuses: Record<number, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}
