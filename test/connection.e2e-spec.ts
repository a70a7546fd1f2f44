import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import fc from 'fast-check';
import { type AuthInfo, AuthModule, basic, bearer, CurrentAuth, CurrentUser } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { passwords } from 'nestjs-http-auth/passwords';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { audience, newKey, now, pemOf, sign } from './support/issuer.js';
import { builder, wonderland } from './support/passwords.js';
import type { User } from './support/schemes.js';

@Controller()
class MeController {
  @Get()
  me(@CurrentUser('name') name: string, @CurrentAuth() { scheme }: AuthInfo) {
    return { name, scheme };
  }
}

/** Credentials, and the user or the status of the response. */
const people = [
  [basicAuthorization('alice', 'hers'), { name: 'alice', scheme: 'Basic' }],
  [basicAuthorization('bob', 'his'), { name: 'bob', scheme: 'Basic' }],
  [bearerAuthorization('alice-token'), { name: 'alice', scheme: 'Bearer' }],
  [bearerAuthorization('bob-token'), { name: 'bob', scheme: 'Bearer' }],
  [basicAuthorization('alice', 'his'), 401],
  [bearerAuthorization('alice-toke'), 401],
  [{ authorization: 'Basic' }, 401],
  [{}, 401],
] as const;

const passwordOf: Readonly<Record<string, string>> = { alice: 'hers', bob: 'his' };
const byPassword = ({ username, password }: { username: string; password: string }): User | null =>
  passwordOf[username] === password ? { name: username } : null;
const byToken = ({ token }: { token: string }): User | null =>
  /^(?:alice|bob)-token$/.test(token) ? { name: token.replace('-token', '') } : null;

describe.each(adapters)('Requests on one connection on %s', (_name, adapter) => {
  let agent: Agent;
  beforeEach(() => void (agent = new Agent({ keepAlive: true, maxSockets: 1 })));
  afterEach(() => {
    jest.useRealTimers();
    agent.destroy();
  });

  const application = (...schemes: Parameters<typeof AuthModule.forRoot>[0]['schemes']) =>
    start(adapter(), { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [MeController] });
  const ask = async (app: INestApplication, headers: object) => {
    const { status, json } = await send(app, '/', { headers: { ...headers }, agent });
    return status === 200 ? json() : status;
  };

  it('each get the user of their own credentials', async () => {
    const app = await application(basic(byPassword, { limits: false }), bearer(byToken));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...people), { minLength: 2, maxLength: 12 }), async (requests) => {
        // oxlint-disable-next-line no-await-in-loop -- one after the other, over the one connection
        for (const [headers, who] of requests) expect(await ask(app, headers)).toEqual(who);
      }),
      { numRuns: 30 },
    );
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  });

  it('are rejected if the stored password has changed since the last request', async () => {
    let hash: string = wonderland.bcrypt;
    const store = passwords((name) => (name === 'alice' ? { hash, principal: { name } } : null));
    const app = await application(basic(store));
    const headers = basicAuthorization('alice', 'wonder:land');
    expect(await ask(app, headers)).toMatchObject({ name: 'alice' });
    expect(await ask(app, headers)).toMatchObject({ name: 'alice' });
    hash = builder.bcrypt;
    expect(await ask(app, headers)).toBe(401);
    hash = wonderland.bcrypt;
    expect(await ask(app, headers)).toMatchObject({ name: 'alice' });
  });

  it('are rejected if the token has expired since the last request', async () => {
    const key = newKey('first');
    const options = { issuer: 'https://issuer.example', audience, key: pemOf(key), clockTolerance: 0 };
    const app = await application(bearer(jwt(options)));
    const headers = bearerAuthorization(await sign(key, { name: 'alice', exp: now() + 60 }));
    expect(await ask(app, headers)).toMatchObject({ name: 'alice' });
    expect(await ask(app, headers)).toMatchObject({ name: 'alice' });
    jest.useFakeTimers({
      now: Date.now() + 61_000,
      doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'],
    });
    expect(await ask(app, headers)).toBe(401);
  });
});
