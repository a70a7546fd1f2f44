import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { admit, AuthModule } from 'nestjs-http-auth';
import { dpop, type ReplayOptions } from 'nestjs-http-auth/dpop';
import { dpopKey, dpopProof } from 'nestjs-http-auth/testing';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { adapters, start } from '../support/application.js';
import { send } from '../support/client.js';
import { RecordingLogger } from '../support/logger.js';
import { RedisServer } from './support/redis.js';

let redis: RedisServer;
const clients: { close(): unknown }[] = [];

beforeEach(async () => {
  redis = await RedisServer.start();
});

afterEach(async () => {
  for (const one of clients.splice(0)) one.close();
  await redis.kill();
});

const connect = {
  ioredis: async () => {
    const client = new Redis({ port: redis.port });
    client.on('error', () => undefined);
    clients.push({ close: () => client.disconnect() });
    return client;
  },
  redis: async () => {
    const client = createClient({ socket: { port: redis.port } });
    client.on('error', () => undefined);
    await client.connect();
    clients.push({ close: () => client.destroy() });
    return client;
  },
};

@Controller()
class ReportsController {
  @Get() list() {}
}

const origin = 'https://api.example';
const key = dpopKey();
const token = 'token';

const fields = () => ({ authorization: `DPoP ${token}`, dpop: dpopProof({ key, url: origin, token }) });

const statusOf = async (app: INestApplication, headers: Record<string, string>) =>
  (await send(app, '/', { headers })).status;

const setups = adapters.flatMap(([name, adapter]) =>
  (['ioredis', 'redis'] as const).map((client): [string, string, typeof adapter] => [name, client, adapter]),
);

describe.each(setups)('[DPOP-20] Proofs for two instances on %s with the client of %s', (_name, client, adapter) => {
  const instance = async (replay: ReplayOptions = {}, logger?: RecordingLogger) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Reports',
            schemes: [
              dpop(() => admit('alice', { confirmation: { jkt: key.jkt } }), {
                origin,
                replay: { redis: await connect[client as 'redis'](), ...replay },
              }),
            ],
          }),
        ],
        controllers: [ReportsController],
      },
      undefined,
      logger && { logger },
    );

  it('are accepted by one of them, once', async () => {
    const apps = [await instance(), await instance()];
    const headers = fields();
    const statuses = await Promise.all([...apps, ...apps].map((app) => statusOf(app, headers)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(3);
    for (const app of apps) expect(await statusOf(app, fields())).toBe(200);
  });

  it('are stored as digests that expire', async () => {
    const app = await instance({ prefix: 'shop' });
    await statusOf(app, fields());
    const reader = await connect.ioredis();
    const [stored = '', ...others] = await reader.keys('*');
    expect([others, stored]).toEqual([[], expect.stringMatching(/^shop:dpop:[\w-]{43}$/)]);
    const life = await reader.pttl(stored);
    // maxAge, and clockTolerance twice: the clock of the client may be ahead, and the clock of another instance may be slow.
    expect(life).toBeGreaterThan(78_000);
    expect(life).toBeLessThanOrEqual(82_000);
  });

  it('are remembered by each instance alone while Redis is down', async () => {
    const logger = new RecordingLogger();
    const app = await instance({}, logger);
    const before = fields();
    expect(await statusOf(app, before)).toBe(200);
    await redis.kill();
    const during = fields();
    expect([await statusOf(app, during), await statusOf(app, during), await statusOf(app, before)]).toEqual([
      200, 401, 401,
    ]);
    expect(logger.text().match(/The store of DPoP proofs is unavailable/g)).toHaveLength(1);
  });

  it('get 503 while Redis is down if failClosed is true, and work again afterwards', async () => {
    const logger = new RecordingLogger();
    const app = await instance({ failClosed: true }, logger);
    await redis.kill();
    const headers = fields();
    expect(await send(app, '/', { headers })).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(logger.text()).toContain('The store of DPoP proofs is unavailable');
    expect(logger.text()).not.toContain(headers.dpop);
    await redis.start();
    let status = await statusOf(app, fields());
    while (status !== 200) status = await statusOf(app, fields());
    expect(status).toBe(200);
  });

  it('get 503 if Redis does not respond and failClosed is true', async () => {
    const app = await instance({ failClosed: true });
    redis.pause();
    try {
      expect(await statusOf(app, fields())).toBe(503);
    } finally {
      redis.resume();
    }
  });
});
