import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, ForbiddenException, Get, type INestApplication } from '@nestjs/common';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import {
  AuthModule,
  basic,
  bearer,
  Failure,
  OptionalAuth,
  Public,
  type SchemeDefinition,
  Scopes,
} from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt, type JwtOptions } from 'nestjs-http-auth/jwt';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { users } from 'nestjs-http-auth/passwords';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { Endpoint } from './support/endpoint.js';
import { audience, Issuer } from './support/issuer.js';
import { Reader } from './support/metrics.js';
import { wonderland } from './support/passwords.js';

@Controller()
class RoutesController {
  @Get('in') in() {}
  @Public() @Get('public') open() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Scopes('write') @Get('write') write() {}
}

let reader: Reader;
const ends: (() => void)[] = [];

beforeEach(() => {
  reader = new Reader();
});

// The measurements of verifiers belong to the process.
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Measures an application until the end of the test. */
function meter(app: INestApplication): () => void {
  const end = meterHttpAuth(app, { meterProvider: reader.provider });
  ends.push(end);
  return end;
}

/** Returns the first point of a histogram. */
async function histogram(name: string): Promise<Histogram> {
  const [point] = (await reader.metric(name))?.dataPoints ?? [];
  return point?.value as Histogram;
}

describe.each(adapters)('meterHttpAuth() on %s', (_name, adapter) => {
  const application = (...schemes: SchemeDefinition[]) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes })],
      controllers: [RoutesController],
    });

  const ask = (app: INestApplication, token: string, path = '/in') =>
    send(app, path, { headers: bearerAuthorization(token) });

  describe('measures how long schemes take', () => {
    const name = 'nestjs_http_auth.duration';

    const verify = async (token: string) => {
      if (token === 'down') throw new Error('down');
      if (token === 'suspended') throw new ForbiddenException();
      return token === 'again' ? new Failure('limited', undefined, 429) : token === 'alice-token' && { name: 'alice' };
    };

    it('by scheme and type', async () => {
      const app = await application(
        bearer(({ token }) => verify(token)),
        basic(() => ({ name: 'bob' })),
      );
      meter(app);
      for (const token of ['alice-token', 'alice-token', 'mallory', 'again', 'down', 'suspended'])
        await ask(app, token);
      await send(app, '/in', { headers: basicAuthorization('bob', 'secret') });
      expect(await reader.points(name)).toEqual([
        [{ type: 'authenticated', scheme: 'Bearer' }, 2],
        [{ type: 'refused', scheme: 'Bearer' }, 2],
        [{ type: 'locked', scheme: 'Bearer' }, 1],
        [{ type: 'error', scheme: 'Bearer' }, 1],
        [{ type: 'authenticated', scheme: 'Basic' }, 1],
      ]);
      expect((await reader.metric(name))?.descriptor.unit).toBe('s');
      expect((await histogram(name)).buckets.boundaries).toContain(0.0001);
    });

    it('in seconds, with the time of the verifier', async () => {
      const before = performance.now();
      let inVerifier = 0;
      const app = await application(
        bearer(async () => {
          const entered = performance.now();
          await setTimeout(20);
          inVerifier = (performance.now() - entered) / 1000;
          return { name: 'alice' };
        }),
      );
      meter(app);
      await ask(app, 'a');
      const { sum } = await histogram(name);
      expect(sum).toBeGreaterThanOrEqual(inVerifier);
      expect(sum).toBeLessThan((performance.now() - before) / 1000);
    });

    it('once for a request whose credentials are valid, but not enough', async () => {
      const app = await application(bearer(() => ({ name: 'alice' })));
      meter(app);
      await ask(app, 'a', '/write');
      expect(await reader.points(name)).toEqual([[{ type: 'authenticated', scheme: 'Bearer' }, 1]]);
    });

    it('and not requests that no scheme checks', async () => {
      const app = await application(bearer(() => ({ name: 'alice' })));
      meter(app);
      for (const path of ['/in', '/public', '/optional']) await send(app, path);
      await ask(app, 'a', '/public');
      await send(app, '/in', { headers: { authorization: 'Digest a="b"' } });
      expect(await reader.points(name)).toEqual([]);
    });

    it('of one application only, until it ends', async () => {
      const [one, other] = [await application(bearer(() => null)), await application(bearer(() => null))];
      const end = meter(one);
      for (const app of [one, other]) await ask(app, 'a');
      end();
      await ask(one, 'a');
      expect(await reader.points(name)).toEqual([[{ type: 'refused', scheme: 'Bearer' }, 1]]);
    });
  });

  describe('counts the lookups in caches', () => {
    const name = 'nestjs_http_auth.cache.lookups';
    let issuer: Issuer;

    beforeEach(async () => {
      issuer = await Issuer.start();
    });

    afterEach(() => issuer.stop());

    it('of tokens by jwt()', async () => {
      const verify = jwt({ issuer: issuer.url, audience });
      await verify.fetchKeys();
      const app = await application(bearer(verify));
      meter(app);
      const token = await issuer.token();
      for (const one of [token, token, token, 'a']) await ask(app, one);
      expect(await reader.points(name)).toEqual([
        [{ cache: 'jwt', result: 'miss' }, 2],
        [{ cache: 'jwt', result: 'hit' }, 2],
      ]);
    });

    it('of answers by introspection()', async () => {
      const endpoint = await Endpoint.start(({ form }) => ({ active: form.get('token') === 'alice-token' }));
      const options = { endpoint: endpoint.url, clientId: 'a', clientSecret: 'b', audience: null };
      const app = await application(bearer(introspection(options)));
      meter(app);
      for (const token of ['alice-token', 'alice-token', 'mallory', 'mallory']) await ask(app, token);
      expect(await reader.points(name)).toEqual([
        [{ cache: 'introspection', result: 'miss' }, 2],
        [{ cache: 'introspection', result: 'hit' }, 2],
      ]);
    });

    it('of passwords', async () => {
      const app = await application(basic(users({ alice: wonderland.scrypt })));
      meter(app);
      for (const password of ['wonder:land', 'wonder:land', 'wrong']) {
        await send(app, '/in', { headers: basicAuthorization('alice', password) });
      }
      expect(await reader.points(name)).toEqual([
        [{ cache: 'passwords', result: 'miss' }, 2],
        [{ cache: 'passwords', result: 'hit' }, 1],
      ]);
    });

    it('but not of caches that are disabled', async () => {
      const endpoint = await Endpoint.start(() => ({ active: true }));
      const options = {
        endpoint: endpoint.url,
        clientId: 'a',
        clientSecret: 'b',
        audience: null,
        cache: false,
      } as const;
      const app = await application(
        bearer(jwt({ issuer: issuer.url, audience, cache: false })),
        bearer(introspection(options), { name: 'opaque' }),
        basic(users({ alice: wonderland.scrypt }, { cache: false })),
      );
      meter(app);
      await ask(app, await issuer.token());
      await send(app, '/in', { headers: basicAuthorization('alice', 'wonder:land') });
      expect(await reader.points(name)).toEqual([]);
    });

    it('once if two applications use the same provider, until both have ended', async () => {
      const verify = jwt({ issuer: issuer.url, audience });
      const apps = [await application(bearer(verify)), await application(bearer(verify))] as const;
      const [first, second] = apps.map(meter) as [() => void, () => void];
      await ask(apps[0], 'a');
      first();
      first();
      await ask(apps[0], 'a');
      second();
      await ask(apps[0], 'a');
      expect(await reader.points(name)).toEqual([[{ cache: 'jwt', result: 'miss' }, 2]]);
      // It can start again.
      meter(apps[0]);
      await ask(apps[0], 'a');
      expect(await reader.points(name)).toEqual([[{ cache: 'jwt', result: 'miss' }, 3]]);
    });
  });

  it('measures how long introspection takes, by type and endpoint', async () => {
    const endpoint = await Endpoint.start(({ form }, response) => {
      if (form.get('token') === 'down') return void response.writeHead(500).end();
      return { active: form.get('token') === 'alice-token' };
    });
    const options = { endpoint: endpoint.url, clientId: 'a', clientSecret: 'b', audience: null };
    const app = await application(bearer(introspection(options)));
    meter(app);
    for (const token of ['alice-token', 'alice-token', 'mallory', 'down']) await ask(app, token);
    const { host } = new URL(endpoint.url);
    expect(await reader.points('nestjs_http_auth.introspection.duration')).toEqual([
      [{ type: 'authenticated', endpoint: host }, 1],
      [{ type: 'refused', endpoint: host }, 1],
      [{ type: 'error', endpoint: host }, 1],
    ]);
    const metric = await reader.metric('nestjs_http_auth.introspection.duration');
    expect(metric?.descriptor.unit).toBe('s');
  });

  describe('observes the keys of issuers', () => {
    let issuer: Issuer;

    beforeEach(async () => {
      issuer = await Issuer.start();
    });

    afterEach(() => issuer.stop());

    /** Returns the points of this issuer. Verifiers of other tests may still exist. */
    const points = async (name: string, one = issuer.url) =>
      (await reader.points(`nestjs_http_auth.keys.${name}`)).filter(([attributes]) => attributes['issuer'] === one);

    it('before and after they are fetched', async () => {
      const verify = jwt({ issuer: issuer.url, audience });
      const app = await application(bearer(verify));
      meter(app);
      expect(await points('ready')).toEqual([[{ issuer: issuer.url }, 0]]);
      expect(await points('age')).toEqual([]);
      await verify.fetchKeys();
      expect(await points('ready')).toEqual([[{ issuer: issuer.url }, 1]]);
      const [[, age] = []] = await points('age');
      expect(age).toBeGreaterThanOrEqual(0);
      expect(age).toBeLessThan(300);
      expect((await reader.metric('nestjs_http_auth.keys.age'))?.descriptor.unit).toBe('s');
    });

    it('whose key is an option, as ready and without an age', async () => {
      const app = await application(
        bearer(jwt({ issuer: 'shared', audience, secret: 'a secret of thirty-two characters' })),
      );
      meter(app);
      expect(await points('ready', 'shared')).toEqual([[{ issuer: 'shared' }, 1]]);
      expect(await points('age', 'shared')).toEqual([]);
    });

    it('that two verifiers share, as not ready if one of them has no keys', async () => {
      const [known, unknown] = [
        jwt({ issuer: issuer.url, audience }),
        jwt({ issuer: issuer.url, audience, clockTolerance: 0 }),
      ];
      const app = await application(bearer(known), bearer(unknown, { name: 'other' }));
      meter(app);
      await known.fetchKeys();
      expect(await points('ready')).toEqual([[{ issuer: issuer.url }, 0]]);
      expect(await points('age')).toHaveLength(1);
    });
  });
});

describe('The attributes of meterHttpAuth()', () => {
  const [, adapter] = adapters[0] as (typeof adapters)[number];

  it('have at most 100 issuers, and one value for all others', async () => {
    const issuers: JwtOptions & { issuers: unknown } = {
      issuers: ({ headers }) => [
        { issuer: `https://${String(headers['x-tenant'])}.example`, audience, jwks: 'https://127.0.0.1:1/jwks' },
      ],
    };
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(jwt(issuers))] })],
      controllers: [RoutesController],
    });
    meter(app);
    for (let tenant = 0; tenant < 105; tenant++) {
      await send(app, '/in', { headers: { ...bearerAuthorization('a'), 'x-tenant': `t${tenant}` } });
    }
    const ready = await reader.points('nestjs_http_auth.keys.ready');
    expect(ready).toHaveLength(101);
    expect(ready).toContainEqual([{ issuer: '_OTHER' }, 0]);
  });

  it('have at most 100 endpoints, and one value for all others', async () => {
    const verifiers = Array.from({ length: 105 }, (_, index) =>
      introspection({
        endpoint: `https://host${index}.example/introspect`,
        clientId: 'a',
        clientSecret: 'b',
        audience: null,
        fetch: () => Promise.reject(new Error('down')),
      }),
    );
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(() => null)] })],
    });
    meter(app);
    await Promise.allSettled(verifiers.map((verify) => verify({ token: 'a' }, {} as never)));
    const times = await reader.points('nestjs_http_auth.introspection.duration');
    expect(times).toHaveLength(101);
    expect(times).toContainEqual([{ type: 'error', endpoint: '_OTHER' }, 5]);
  });
});
