import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule, type Logout } from 'nestjs-http-auth/logout';
import { adapters, start } from '../support/application.js';
import { send } from '../support/client.js';
import { audience, newKey, now, pemOf, sign } from '../support/issuer.js';
import { RedisClients } from './support/redis.clients.js';
import { RedisServer } from './support/redis.js';

const key = newKey('first');
const issuer = 'https://issuer.example';
let redis: RedisServer;

const clients = new RedisClients(() => redis);
const { connect } = clients;

const setups = adapters.flatMap(([name, adapter]) =>
  (['ioredis', 'redis'] as const).map((client): [string, string, typeof adapter] => [name, client, adapter]),
);

const logoutToken = (jti: string) =>
  sign(
    key,
    {
      iss: issuer,
      aud: 'web',
      iat: now(),
      exp: now() + 120,
      jti,
      sub: undefined,
      sid: 'one',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
    { typ: 'logout+jwt' },
  );

describe.each(setups)('Back-channel logout of two instances on %s with the client of %s', (_name, client, adapter) => {
  beforeEach(async () => {
    redis = await RedisServer.start();
  });

  afterEach(async () => {
    clients.close();
    await redis.kill();
  });

  async function instance(logouts: Logout[], onLogout?: () => void) {
    const verifier = jwt({
      issuer,
      audience,
      key: pemOf(key),
      revocation: { maxTokenAge: '10m', redis: await connect[client as 'redis']() },
    });
    const app = await start(adapter(), {
      imports: [
        AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] }),
        BackChannelLogoutModule.forRoot({
          verifier,
          clientId: 'web',
          onLogout: (logout) => {
            onLogout?.();
            logouts.push(logout);
          },
        }),
      ],
    });
    return async (token: string) => {
      const body = new URLSearchParams({ logout_token: token }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await send(app, '/backchannel-logout', { method: 'POST', headers, body });
      return answer.status === 200 ? 'accepted' : (answer.json() as { error_description: string }).error_description;
    };
  }

  it('accepts a logout token once', async () => {
    const logouts: Logout[] = [];
    const [one, other] = [await instance(logouts), await instance(logouts)];
    const token = await logoutToken('first');
    expect([await one(token), await other(token), await other(await logoutToken('second'))]).toEqual([
      'accepted',
      'the token was used before',
      'accepted',
    ]);
    const both = await logoutToken('third');
    expect((await Promise.all([one(both), other(both)])).toSorted()).toEqual(['accepted', 'the token was used before']);
    expect(logouts).toHaveLength(3);
  });

  it('accepts a logout token again if the first logout failed', async () => {
    const logouts: Logout[] = [];
    const one = await instance(logouts, () => {
      throw new Error('sessions: no connection');
    });
    const other = await instance(logouts);
    const token = await logoutToken('first');
    expect([await one(token), await other(token), logouts.length]).toEqual([
      'the logout failed; try again',
      'accepted',
      1,
    ]);
  });

  it('accepts a logout token again if Redis was down', async () => {
    const logouts: Logout[] = [];
    const one = await instance(logouts);
    const token = await logoutToken('first');
    await redis.kill();
    expect(await one(token)).toBe('the logout failed; try again');
    await redis.start();
    let answer = await one(token);
    while (answer === 'the logout failed; try again') answer = await one(token);
    expect([answer, logouts.length]).toEqual(['accepted', 1]);
  });

  it('keeps digests of used logout tokens until the tokens expire', async () => {
    const one = await instance([]);
    await one(await logoutToken('first'));
    const reader = await connect.ioredis();
    const [used = '', ...others] = (await reader.keys('*')).filter((name) => name.includes('used'));
    expect([used, others]).toEqual([expect.stringMatching(/^http-auth:\{revoked\}:used:[\w-]{43}$/), []]);
    expect(await reader.pttl(used)).toBeGreaterThan(110_000);
    expect(await reader.pttl(used)).toBeLessThanOrEqual(136_000);
  });
});
