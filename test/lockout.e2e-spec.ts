import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { AuthModule, basic, type BasicCredentials, type LimitOptions, OptionalAuth, protect } from 'nestjs-http-auth';
import { passwords } from 'nestjs-http-auth/passwords';
import { adapters, start } from './support/application.js';
import { type Answer, basicAuthorization, send } from './support/client.js';
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

describe.each(adapters)('Limits on %s', (_, adapter) => {
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
      const guesses = Array.from({ length: 30 }, (___, index) =>
        as('alice', index % 2 === 0 ? 'same' : `guess ${index}`),
      );
      expect(statusesOf(await Promise.all(guesses))).toEqual({ 401: 3, 429: 27 });
      expect(verify).toHaveBeenCalledTimes(3);
      const good = Array.from({ length: 30 }, () => as('alice', 'wonder:land', '192.0.2.2'));
      expect(statusesOf(await Promise.all(good))).toEqual({ 200: 30 });
    });

    it('do not count a success', async () => {
      const { as } = await application(verifier, { perUserAndAddress: 2, perAddress: 2, perUser: 2 });
      expect(await as('alice', 'guess')).toMatchObject({ status: 401 });
      for (let time = 0; time < 5; time++) expect(await as('alice', 'wonder:land')).toMatchObject({ status: 200 });
      expect(await as('alice', 'guess')).toMatchObject({ status: 401 });
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
    await as('alice', 'guess', '192.0.2.1');
    expect(await as('alice', 'guess', '::ffff:c000:201')).toMatchObject({ status: 429 });
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
      expect(await as('alice', 'guess', '192.0.2.1', path)).toMatchObject({ status: 401 });
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
      send(app, '/', { headers: { ...basicAuthorization('alice', 'guess'), 'x-forwarded-for': address } });
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
