import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication, type Type, Version, VersioningType } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { AuthModule, CurrentUser, protect, type SchemeDefinition, Schemes } from 'nestjs-http-auth';
import { dpop } from 'nestjs-http-auth/dpop';
import { jwt } from 'nestjs-http-auth/jwt';
import { dpopKey, dpopProof } from 'nestjs-http-auth/testing';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { audience, newKey, pemOf, sign } from './support/issuer.js';

const origin = 'https://api.example';
const signing = newKey('first');
const key = dpopKey();
const verifier = jwt({ issuer: 'https://issuer.example', audience, key: pemOf(signing) });

@Controller()
class ReportsController {
  @Get('reports') list(@CurrentUser('sub') sub: string) {
    return { sub };
  }
}

@Controller('versioned')
class VersionedController {
  @Version('1') @Get() one() {
    return 'one';
  }
  @Schemes('Admin') @Version('2') @Get() two() {
    return 'two';
  }
}

@Controller('both')
class BothController {
  @Schemes('Admin') @Get() both() {
    return 'both';
  }
}

const startWith = (
  adapter: AbstractHttpAdapter,
  schemes: readonly SchemeDefinition[],
  prepare?: (app: INestApplication) => unknown,
  controllers: Type[] = [ReportsController],
) =>
  start(
    adapter,
    {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes })],
      controllers,
    },
    prepare,
  );

const tokenOf = () => sign(signing, { cnf: { jkt: key.jkt }, exp: Math.floor(Date.now() / 1000) + 3600 });
const fieldsOf = (token: string, path = '/reports') => ({
  authorization: `DPoP ${token}`,
  dpop: dpopProof({ key, url: origin + path, token }),
});

afterEach(() => void jest.restoreAllMocks());

const unused = () => Promise.reject(new Error('The scheme does not use this command'));

/** The one command that the scheme uses, with a clock that a test can move. The tests with real parts have a real Redis. */
class RedisWithClock {
  readonly defineCommand = true;
  readonly mget = unused;
  readonly getdel = unused;
  readonly del = unused;
  readonly eval = unused;
  private readonly ends = new Map<string, number>();
  constructor(private readonly clock: () => number) {}
  async set(name: string, _value: string, _px: 'PX', milliseconds: number, _nx: 'NX') {
    if ((this.ends.get(name) ?? 0) > this.clock()) return null;
    this.ends.set(name, this.clock() + milliseconds);
    return 'OK';
  }
}

/** The time of the world in milliseconds, and the difference of the clock of the instance that runs now. */
const clock = { real: 0, skew: 0 };
function controlClock() {
  clock.real = Math.ceil(Date.now() / 1000) * 1000;
  clock.skew = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => clock.real + clock.skew);
}

describe.each(adapters)('[DPOP-20] A DPoP proof on %s', (_name, adapter) => {
  it.each([0, 8000])(
    'is accepted once by two instances with one Redis if the clock of one is %d ms ahead (the tolerance is 10 s)',
    async (ahead) => {
      controlClock();
      const redis = new RedisWithClock(() => clock.real);
      const scheme = () => dpop(verifier, { origin, replay: { redis, prefix: 'x', failClosed: true } });
      const [a, b] = [await startWith(adapter(), [scheme()]), await startWith(adapter(), [scheme()])];
      const headers = fieldsOf(await tokenOf());
      clock.skew = ahead;
      expect((await send(a, '/reports', { headers })).status).toBe(200);
      clock.skew = 0;
      clock.real += 65_000;
      expect((await send(b, '/reports', { headers })).status).toBe(401);
    },
  );

  it.each([0, 2000])('is accepted once by two instances with one Redis if the verifier takes %d ms', async (takes) => {
    controlClock();
    const redis = new RedisWithClock(() => clock.real);
    let slow = 0;
    const scheme = () =>
      dpop(
        async (credentials, request, context) => {
          const result = await verifier(credentials, request, context);
          clock.real += slow;
          return result;
        },
        { origin, replay: { redis, prefix: 'x', failClosed: true } },
      );
    const [a, b] = [await startWith(adapter(), [scheme()]), await startWith(adapter(), [scheme()])];
    const headers = fieldsOf(await tokenOf());
    expect((await send(a, '/reports', { headers })).status).toBe(200);
    clock.real += 69_900;
    slow = takes;
    expect((await send(b, '/reports', { headers })).status).toBe(401);
  });

  it('is accepted once although the same URI has routes with two schemes', async () => {
    const app = await startWith(
      adapter(),
      [dpop(verifier, { origin }), dpop(verifier, { origin, name: 'Admin' })],
      (nest) => nest.enableVersioning({ type: VersioningType.HEADER, header: 'version' }),
      [VersionedController],
    );
    const headers = fieldsOf(await tokenOf(), '/versioned');
    expect((await send(app, '/versioned', { headers: { ...headers, version: '1' } })).body).toBe('one');
    expect((await send(app, '/versioned', { headers: { ...headers, version: '2' } })).status).toBe(401);
  });

  it('is accepted by a protected path and a route with another scheme, with a shared Redis as without', async () => {
    for (const replay of [{}, { redis: new RedisWithClock(() => Date.now()) }]) {
      const app = await startWith(
        adapter(),
        [dpop(verifier, { origin, replay }), dpop(verifier, { origin, name: 'Admin', replay })],
        (nest) => protect(nest, '/both', { schemes: ['DPoP'] }),
        [BothController],
      );
      const headers = fieldsOf(await tokenOf(), '/both');
      expect(['redis' in replay, (await send(app, '/both', { headers })).status]).toEqual(['redis' in replay, 200]);
    }
  });
});
