import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { AuthModule } from 'nestjs-http-auth';
import { digest, type DigestOptions, type ReplayOptions } from 'nestjs-http-auth/digest';
import { adapters, start } from '../support/application.js';
import { type Answer, send } from '../support/client.js';
import { answerDigest, digestChallenges, digestField } from '../support/digest.js';
import { RecordingLogger } from '../support/logger.js';
import { RedisClients } from './support/redis.clients.js';
import { RedisServer } from './support/redis.js';

let redis: RedisServer;

const clients = new RedisClients(() => redis);
const { connect } = clients;

@Controller()
class ReportsController {
  @Get() list() {}
}

const secret = 'a secret of thirty-two characters';
const username = 'alice';
const password = 'wonder:land';

/** Returns the params of a new challenge. */
async function challengeOf(app: INestApplication): Promise<Record<string, string>> {
  const [params = {}] = digestChallenges((await send(app, '/')).challenges);
  return params;
}

/** The field of a request: the response to a challenge for one count. */
const fieldOf = (params: Record<string, string>, nc = '00000001') => ({
  authorization: digestField(answerDigest({ username, password, params, uri: '/', nc }).fields),
});

const ask = (app: INestApplication, headers: Record<string, string>) => send(app, '/', { headers });

/** The status, and if the client only needs another nonce. */
const resultOf = ({ status, challenges }: Answer) => [status, digestChallenges(challenges)[0]?.['stale']];

const setups = adapters.flatMap(([name, adapter]) =>
  (['ioredis', 'redis'] as const).map((client): [string, string, typeof adapter] => [name, client, adapter]),
);

describe.each(setups)('Digest nonces of two instances on %s with the client of %s', (_name, client, adapter) => {
  beforeEach(async () => {
    redis = await RedisServer.start();
  });

  afterEach(async () => {
    clients.close();
    await redis.kill();
  });

  const instance = async (
    replay: ReplayOptions = {},
    { logger, ...options }: DigestOptions & { logger?: RecordingLogger } = {},
  ) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Reports',
            schemes: [
              digest(() => ({ principal: { name: username }, password }), {
                nonces: { secret },
                replay: { redis: await connect[client as 'redis'](), ...replay },
                ...options,
              }),
            ],
          }),
        ],
        controllers: [ReportsController],
      },
      undefined,
      logger && { logger },
    );

  it('are accepted once for each count, by whichever instance is first', async () => {
    const [one, other] = [await instance(), await instance()];
    const params = await challengeOf(one);
    const [first, second] = [fieldOf(params), fieldOf(params, '00000002')];
    expect(resultOf(await ask(one, first))).toEqual([200, undefined]);
    expect(resultOf(await ask(other, first))).toEqual([401, 'true']);
    expect(resultOf(await ask(other, second))).toEqual([200, undefined]);
    expect(resultOf(await ask(one, second))).toEqual([401, 'true']);
  });

  it('are accepted once if a response is sent to both instances at the same time', async () => {
    const apps = [await instance(), await instance()];
    const headers = fieldOf(await challengeOf(apps[0] as INestApplication));
    const answers = await Promise.all([...apps, ...apps].map((app) => ask(app, headers)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
  });

  it('are accepted again by an instance with another prefix, and are refused with another secret', async () => {
    const one = await instance();
    const headers = fieldOf(await challengeOf(one));
    expect((await ask(one, headers)).status).toBe(200);
    expect((await ask(await instance({ prefix: 'shop' }), headers)).status).toBe(200);
    const stranger = await instance({}, { nonces: { secret: secret.toUpperCase() } });
    expect(resultOf(await ask(stranger, fieldOf(await challengeOf(one))))).toEqual([401, 'true']);
  });

  it('are stored as digests that expire with the nonce', async () => {
    const app = await instance({ prefix: 'shop' });
    await ask(app, fieldOf(await challengeOf(app)));
    const reader = await connect.ioredis();
    const [stored = '', ...others] = await reader.keys('*');
    expect([others, stored]).toEqual([[], expect.stringMatching(/^shop:digest:[\w-]{43}$/)]);
    const life = await reader.pttl(stored);
    // The lifetime of a nonce, and the tolerance for the clocks of instances twice.
    expect(life).toBeGreaterThan(300_000);
    expect(life).toBeLessThanOrEqual(322_000);
  });

  it('are remembered by each instance alone while Redis is down', async () => {
    const logger = new RecordingLogger();
    const app = await instance({}, { logger });
    const before = fieldOf(await challengeOf(app));
    expect((await ask(app, before)).status).toBe(200);
    await redis.kill();
    const during = fieldOf(await challengeOf(app));
    const statuses = [];
    for (const headers of [during, during, before]) statuses.push((await ask(app, headers)).status);
    expect(statuses).toEqual([200, 401, 401]);
    expect(logger.text().match(/The store of used Digest nonces is unavailable/g)).toHaveLength(1);
    expect(logger.text()).not.toContain(during.authorization);
  });

  it('cause 503 while Redis is down if failClosed is true, and work again afterwards', async () => {
    const app = await instance({ failClosed: true });
    const params = await challengeOf(app);
    await redis.kill();
    expect(await ask(app, fieldOf(params))).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    await redis.start();
    let status = 503;
    for (let nc = 2; status === 503; nc++) {
      ({ status } = await ask(app, fieldOf(params, nc.toString(16).padStart(8, '0'))));
    }
    expect(status).toBe(200);
  });
});
