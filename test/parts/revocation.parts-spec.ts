import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import type { JWTPayload } from 'jose';
import { AuthModule, bearer, type Duration } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { adapters, start } from '../support/application.js';
import { bearerAuthorization, send } from '../support/client.js';
import { audience, newKey, now, pemOf, sign } from '../support/issuer.js';
import { RecordingLogger } from '../support/logger.js';
import { RedisClients } from './support/redis.clients.js';
import { RedisServer } from './support/redis.js';

@Controller()
class AppController {
  @Get('me') me() {}
}

const key = newKey('first');

/** Returns a token that is issued a moment later than the list begins. */
async function token(claims: JWTPayload = {}) {
  await setTimeout(2);
  return sign(key, { iat: Date.now() / 1000, jti: 'one', sid: 'one', ...claims });
}

let redis: RedisServer;

const clients = new RedisClients(() => redis);
const { connect } = clients;

beforeEach(async () => {
  redis = await RedisServer.start();
});

const setups = adapters.flatMap(([name, adapter]) =>
  (['ioredis', 'redis'] as const).map((client): [string, string, typeof adapter] => [name, client, adapter]),
);

describe.each(setups)(
  'The list of revoked tokens of two instances on %s with the client of %s',
  (_name, client, adapter) => {
    afterEach(async () => {
      clients.close();
      await redis.kill();
    });

    // The test, the issuer and the applications have one clock, so the list does not have to wait for a tolerance.
    const instance = async (prefix?: string, clockTolerance: Duration = 0) => {
      const logger = new RecordingLogger();
      const verifier = jwt({
        issuer: 'https://issuer.example',
        audience,
        key: pemOf(key),
        clockTolerance,
        revocation: {
          maxTokenAge: '10m',
          redis: await connect[client as 'redis'](),
          ...(prefix !== undefined && { prefix }),
        },
      });
      const app = await start(
        adapter(),
        {
          imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] })],
          controllers: [AppController],
        },
        undefined,
        { logger },
      );
      const ask = async (...tokens: string[]) =>
        Promise.all(tokens.map((one) => send(app, '/me', { headers: bearerAuthorization(one) })));
      const status = async (...tokens: string[]) => (await ask(...tokens)).map((answer) => answer.status);
      return { verifier, ask, status, logger };
    };

    it('is known to the other instance immediately, also for tokens in its cache', async () => {
      const [one, other, foreign] = [await instance(), await instance(), await instance('shop')];
      const [alice, bob] = [await token(), await token({ sub: 'bob', sid: 'two', jti: 'two' })];
      for (const { status } of [one, other, foreign]) expect(await status(alice, alice, bob)).toEqual([200, 200, 200]);
      for (const tokens of [{ sub: 'alice' }, { sid: 'two' }]) await one.verifier.invalidate(tokens);
      for (const { status } of [one, other]) expect(await status(alice, bob)).toEqual([401, 401]);
      expect(await foreign.status(alice, bob)).toEqual([200, 200]);
      const fresh = await token({ jti: 'three' });
      for (const { status } of [one, other]) expect(await status(fresh)).toEqual([200]);
    });

    it('refuses tokens that were issued before invalidate() if the clock of the issuer is ahead', async () => {
      const [one, other] = [await instance(undefined, '5m'), await instance(undefined, '5m')];
      const ahead = await token({ iat: now() + 290 });
      // The list is younger than the token, so tokens of the time before it count as lost.
      await (await connect.ioredis()).set('http-auth:{revoked}:since', '1');
      expect(await other.status(ahead)).toEqual([200]);
      await one.verifier.invalidate({ sub: 'alice' });
      expect(await other.status(ahead)).toEqual([401]);
    });

    it('refuses a jti with any iat', async () => {
      const [one, other] = [await instance(), await instance()];
      await one.verifier.invalidate({ jti: 'one' });
      expect(await other.status(await token(), await token({ jti: 'two' }))).toEqual([401, 200]);
    });

    it('contains digests that expire with the last token', async () => {
      const { verifier } = await instance('shop', '5s');
      await verifier.invalidate({ sub: 'alice' });
      const reader = await connect.ioredis();
      const keys = await reader.keys('*');
      expect(keys).toHaveLength(2);
      expect(keys).toContain('shop:{revoked}:since');
      const [entry = ''] = keys.filter((name) => !name.endsWith(':since'));
      expect(entry).toMatch(/^shop:\{revoked\}:[\w-]{43}$/);
      expect(await reader.get(entry)).toMatch(/^\d{13}$/);
      expect(await reader.pttl(entry)).toBeGreaterThan(605_000);
      expect(await reader.pttl(entry)).toBeLessThanOrEqual(610_000);
    });

    it('keeps the later of two times', async () => {
      const [one, other] = [await instance(), await instance()];
      const alice = await token();
      await one.verifier.invalidate({ sub: 'alice' });
      const reader = await connect.ioredis();
      const [entry = ''] = (await reader.keys('*')).filter((name) => !name.endsWith(':since'));
      const later = String(Date.now() + 60_000);
      await reader.set(entry, later, 'PX', 600_000);
      await other.verifier.invalidate({ sub: 'alice' });
      expect(await reader.get(entry)).toBe(later);
      expect(await other.status(alice)).toEqual([401]);
    });

    it('causes 503 with Retry-After while Redis is down, and refuses all older tokens if Redis has lost its data', async () => {
      const [one, other] = [await instance(), await instance()];
      const [alice, bob] = [await token(), await token({ sub: 'bob' })];
      await one.verifier.invalidate({ sub: 'alice' });
      expect(await other.status(alice, bob)).toEqual([401, 200]);
      await redis.kill();
      for (let index = 0; index < 3; index++) {
        const [answer] = await other.ask(bob);
        expect([answer?.status, answer?.headers['retry-after']]).toEqual([503, '1']);
        await expect(one.verifier.invalidate({ sub: 'carol' })).rejects.toThrow(
          'The list of revoked tokens is unavailable',
        );
      }
      expect(other.logger.text()).toContain('The list of revoked tokens is unavailable');
      expect(other.logger.text()).not.toContain(bob);
      await redis.start();
      let [status] = await other.status(bob);
      while (status === 503) [status] = await other.status(bob);
      expect(status).toBe(401);
      let answers = await one.status(alice, bob);
      while (answers.includes(503)) answers = await one.status(alice, bob);
      expect(answers).toEqual([401, 401]);
      const fresh = await token();
      for (const { status: statusOf } of [one, other]) expect(await statusOf(fresh)).toEqual([200]);
    });

    it('causes 503 if something else has written to a key', async () => {
      const { status } = await instance();
      const reader = await connect.ioredis();
      await reader.set('http-auth:{revoked}:since', 'x');
      expect(await status(await token({ iat: now() }))).toEqual([503]);
    });
  },
);
