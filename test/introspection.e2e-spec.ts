import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import {
  admit,
  type AdmissionInfo,
  AuthModule,
  bearer,
  CurrentAuth,
  CurrentUser,
  Failure,
  type HttpRequest,
  RefusedException,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { introspection, type IntrospectionOptions } from 'nestjs-http-auth/introspection';
import { Agent, fetch as undiciFetch } from 'undici';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { Endpoint, type Reply } from './support/endpoint.js';
import { RecordingLogger } from './support/logger.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser() user: unknown) {
    return user;
  }
  @Get('info') info(@CurrentAuth() info: unknown) {
    return info;
  }
  @Scopes('reports:read') @Get('reports') read() {
    return [];
  }
  @Scopes('reports:write') @Post('reports') write() {
    return {};
  }
  @StepUp({ acrValues: ['gold'], maxAge: 60 }) @Get('vault') vault() {
    return {};
  }
}

const challenge = 'Bearer realm="Staging"';
const refused = `${challenge}, error="invalid_token"`;
const client = { clientId: 'api', clientSecret: 'api-secret', audience: null };
const active = { active: true, sub: 'alice', client_id: 'service' };

/** Seconds since 1970. */
const now = () => Date.now() / 1000;

const { now: clock } = Date;
let passed = 0;

/** Moves the clock of this process, and no timers. */
function travel(seconds: number): void {
  passed += seconds * 1000;
  jest.spyOn(Date, 'now').mockImplementation(() => clock() + passed);
}

afterEach(() => {
  jest.restoreAllMocks();
  passed = 0;
});

type Options = Partial<IntrospectionOptions<unknown>>;

describe.each(adapters)('introspection() on %s', (_, adapter) => {
  /** Starts an endpoint, and an application that asks it. */
  async function setUp(reply: Reply, options: Options = {}) {
    const endpoint = await Endpoint.start(reply);
    const logger = new RecordingLogger();
    const app = await application({ endpoint: endpoint.url, ...client, ...options }, logger);
    return { app, endpoint, logger, get: getOf(app) };
  }

  const application = (options: IntrospectionOptions<unknown>, logger: RecordingLogger) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(introspection(options))] })],
        controllers: [ReportsController],
      },
      undefined,
      { logger },
    );

  const getOf =
    (app: INestApplication) =>
    (token: string, path = '/me') =>
      send(app, path, { headers: bearerAuthorization(token) });

  describe('asks the endpoint', () => {
    it('[I-1] with a posted form, never with the URL', async () => {
      const { endpoint, get } = await setUp(() => active);
      const answer = await get('a+token/==');
      expect([answer.status, answer.json()]).toEqual([200, active]);
      expect(endpoint.asked).toEqual([
        {
          method: 'POST',
          url: '/introspect',
          headers: expect.objectContaining({
            accept: 'application/json',
            'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded(?:;|$)/),
          }),
          form: new URLSearchParams({ token: 'a+token/==', token_type_hint: 'access_token' }),
        },
      ]);
    });

    it('[I-2] as a client with a secret, each part form-encoded (RFC 6749 section 2.3.1)', async () => {
      const { endpoint, get } = await setUp(() => active, { clientId: 'the api:1', clientSecret: 'p+ä%' });
      expect(await get('token')).toMatchObject({ status: 200 });
      const credentials = Buffer.from('the+api%3A1:p%2B%C3%A4%25').toString('base64');
      expect(endpoint.asked[0]?.headers.authorization).toBe(`Basic ${credentials}`);
    });

    it('[I-2] as a client with a secret in the form', async () => {
      const { endpoint, get } = await setUp(() => active, { clientAuthentication: 'client_secret_post' });
      expect(await get('token')).toMatchObject({ status: 200 });
      const [asked] = endpoint.asked;
      expect(asked?.headers.authorization).toBeUndefined();
      expect(asked?.form.get('client_id')).toBe('api');
      expect(asked?.form.get('client_secret')).toBe('api-secret');
    });

    it.each([
      ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['EdDSA', generateKeyPairSync('ed25519')],
    ])('[I-2] as a client with a key, with a new assertion for each request: %s', async (alg, pair) => {
      const jwk: JsonWebKey = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'first' };
      const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const issuer = 'https://issuer.example';
      for (const key of [jwk, pem, pair.privateKey]) {
        const endpoint = await Endpoint.start(() => ({ ...active, iss: issuer }));
        const options = {
          endpoint: endpoint.url,
          clientId: 'api',
          privateKey: { key },
          issuer,
          audience: null,
          cache: false,
        } as const;
        const get = getOf(await application(options, new RecordingLogger()));
        for (const token of ['token', 'token']) expect(await get(token)).toMatchObject({ status: 200 });
        const assertions = endpoint.asked.map(({ form }) => {
          expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
          return form.get('client_assertion') ?? '';
        });
        const seen = new Set<unknown>();
        for (const assertion of assertions) {
          expect(decodeProtectedHeader(assertion)).toEqual(key === jwk ? { alg, kid: 'first' } : { alg });
          const { payload } = await jwtVerify(assertion, pair.publicKey, { audience: issuer, issuer: 'api' });
          expect(payload).toMatchObject({ sub: 'api', aud: issuer });
          expect((payload.exp ?? Infinity) - (payload.iat ?? 0)).toBeLessThanOrEqual(60);
          seen.add(payload.jti);
        }
        expect(seen.size).toBe(2);
      }
    });

    it('[I-2] as a client with a certificate, through an agent', async () => {
      const pem = (name: string) =>
        readFileSync(fileURLToPath(new URL(`fixtures/tls/${name}.pem`, import.meta.url)), 'utf8');
      const [server, own] = [pem('server'), pem('client')];
      const seen: unknown[] = [];
      const endpoint = await Endpoint.start(
        (_asked, response) => {
          seen.push((response.socket as TLSSocket).getPeerCertificate().subject.CN);
          return active;
        },
        { key: server, cert: server, ca: own, requestCert: true, rejectUnauthorized: true },
      );
      const dispatcher = new Agent({ connect: { key: own, cert: own, ca: server } });
      const options = {
        endpoint: endpoint.url,
        clientId: 'api',
        clientAuthentication: 'tls_client_auth',
        audience: null,
        fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
      } satisfies IntrospectionOptions;
      const get = getOf(await application(options, new RecordingLogger()));
      expect(await get('token')).toMatchObject({ status: 200 });
      expect(seen).toEqual(['client of the tests']);
      expect(endpoint.asked[0]?.form.get('client_id')).toBe('api');
      await dispatcher.close();
    });

    it('[I-6] only if its certificate is valid', async () => {
      const server = readFileSync(fileURLToPath(new URL('fixtures/tls/server.pem', import.meta.url)), 'utf8');
      const endpoint = await Endpoint.start(() => active, { key: server, cert: server });
      const get = getOf(await application({ endpoint: endpoint.url, ...client }, new RecordingLogger()));
      expect(await get('token')).toMatchObject({ status: 503, challenges: [] });
      expect(endpoint.asked).toEqual([]);
    });
  });

  describe('refuses', () => {
    it.each([
      [{ active: false }],
      [{ active: false, sub: 'alice', scope: 'reports:read' }],
      [{ sub: 'alice' }],
      [{ active: 'true', sub: 'alice' }],
      [{ active: 1 }],
      [{}],
    ])('[I-3] a token if the answer does not have active: true: %j', async (answer) => {
      const { get } = await setUp(() => answer);
      expect(await get('token')).toMatchObject({
        status: 401,
        challenges: [`${refused}, error_description="The token is not active"`],
      });
    });

    const expected = { issuer: 'https://issuer.example', audience: ['https://api.example', 'https://other.example'] };
    const good = { ...active, iss: expected.issuer, aud: 'https://api.example' };

    it.each<[string, (claims: typeof good) => object, string]>([
      [
        'of another issuer',
        (claims) => ({ ...claims, iss: 'https://issuer.example/' }),
        'The issuer of the token is not trusted',
      ],
      ['of no issuer', ({ iss: _iss, ...claims }) => claims, 'The issuer of the token is not trusted'],
      [
        'for another audience',
        (claims) => ({ ...claims, aud: 'https://api.example/' }),
        'The token is not for this audience',
      ],
      ['for others', (claims) => ({ ...claims, aud: ['https://a.example', 1] }), 'The token is not for this audience'],
      ['for nobody', ({ aud: _aud, ...claims }) => claims, 'The token is not for this audience'],
      ['that has expired', (claims) => ({ ...claims, exp: now() - 6 }), 'The token has expired'],
      ['that is not valid yet', (claims) => ({ ...claims, nbf: now() + 60 }), 'The token is not valid yet'],
      [
        'that is bound to a key',
        (claims) => ({ ...claims, cnf: { jkt: 'thumbprint' } }),
        'The token is bound to a key, and cannot be used as a bearer token',
      ],
      [
        'that is bound in an unknown way',
        (claims) => ({ ...claims, cnf: {} }),
        'The token is bound to a key, and cannot be used as a bearer token',
      ],
      ['of another type', (claims) => ({ ...claims, token_type: 'DPoP' }), 'The token is of another type'],
      ['whose type is not a string', (claims) => ({ ...claims, token_type: 1 }), 'The token is of another type'],
    ])('[I-7] a token %s', async (_what, change, why) => {
      const { get, endpoint } = await setUp(() => good, { ...expected, cache: false });
      expect(await get('token')).toMatchObject({ status: 200 });
      endpoint.reply = () => change(good);
      expect(await get('token')).toMatchObject({
        status: 401,
        challenges: [`${refused}, error_description="${why}"`],
      });
    });

    it.each([
      [{ aud: ['https://unknown.example', 'https://other.example'] }],
      [{ token_type: 'bearer' }],
      [{ token_type: null, exp: null, nbf: null, cnf: null }],
      [{ exp: Math.floor(now()) + 3600, nbf: Math.floor(now()) }],
    ])('[I-7] no token that meets the requirements: %j', async (claims) => {
      const { get } = await setUp(() => ({ ...good, ...claims }), expected);
      expect(await get('token')).toMatchObject({ status: 200 });
    });

    it('[I-7] a token without the required scope', async () => {
      const { app, get } = await setUp(() => ({ ...active, scope: 'openid reports:read' }));
      expect(await get('token', '/reports')).toMatchObject({ status: 200 });
      expect(await send(app, '/reports', { method: 'POST', headers: bearerAuthorization('token') })).toMatchObject({
        status: 403,
        challenges: [`${challenge}, error="insufficient_scope", scope="reports:write"`],
      });
    });

    it('a token without scopes if the route requires one', async () => {
      const { get } = await setUp(() => active);
      expect(await get('token', '/reports')).toMatchObject({ status: 403 });
    });

    it('a token whose acr is too weak or whose auth_time is too old', async () => {
      const { get } = await setUp(({ form }) => ({
        ...active,
        acr: form.get('token') === 'weak' ? 'bronze' : 'gold',
        auth_time: form.get('token') === 'old' ? now() - 120 : now(),
      }));
      expect((await get('good', '/vault')).status).toBe(200);
      for (const token of ['weak', 'old']) expect((await get(token, '/vault')).status).toBe(401);
    });
  });

  describe('finds the principal', () => {
    it.each([
      ['as a value', (name: unknown) => ({ name })],
      ['as a promise', (name: unknown) => Promise.resolve({ name })],
    ])('by the claims, %s', async (_how, answer) => {
      const { get } = await setUp(() => active, { principal: ({ sub }) => answer(sub) });
      for (let time = 0; time < 2; time++) expect((await get('token')).json()).toEqual({ name: 'alice' });
    });

    it.each<[string, NonNullable<Options['principal']>, string]>([
      ['fewer scopes than the token has', () => admit({ name: 'alice' }, { scopes: [] }), 'insufficient_scope'],
      ['a failure', () => new Failure('invalid', undefined, 401), 'invalid_token'],
    ])('and accepts %s', async (_what, principal, error) => {
      const { get } = await setUp(() => ({ ...active, scope: 'reports:read' }), { principal });
      expect((await get('token', '/reports')).challenges.join()).toContain(`error="${error}"`);
    });

    it('and gives each request the same claims, which none can change', async () => {
      const seen: boolean[] = [];
      const { get } = await setUp(() => ({ ...active, roles: ['reader'] }), {
        principal: (claims) => {
          seen.push(Reflect.set(claims, 'sub', 'admin') || Reflect.set(claims['roles'] as object, 0, 'admin'));
          return claims;
        },
      });
      for (let time = 0; time < 2; time++) {
        expect((await get('token')).json()).toEqual({ ...active, roles: ['reader'] });
      }
      expect(seen).toEqual([false, false]);
    });

    it('and refuses the token if the function returns null, in the cache or not', async () => {
      const { get, endpoint } = await setUp(() => active, { principal: () => null });
      for (let time = 0; time < 2; time++) {
        expect(await get('token')).toMatchObject({ status: 401, challenges: [refused] });
      }
      expect(endpoint.asked).toHaveLength(1);
    });

    it('and the facts about its token', async () => {
      const { get } = await setUp(() => ({ ...active, scope: 'a b', acr: 'gold', auth_time: 12 }));
      expect((await get('token', '/info')).json()).toEqual({
        scheme: 'Bearer',
        realm: 'Staging',
        scopes: ['a', 'b'],
        acr: 'gold',
        authTime: 12,
      });
    });
  });

  describe('keeps in the cache', () => {
    it('an active token for the ttl', async () => {
      const { get, endpoint } = await setUp(() => active);
      for (let time = 0; time < 3; time++) expect(await get('token')).toMatchObject({ status: 200 });
      expect(endpoint.asked).toHaveLength(1);
      endpoint.reply = () => ({ active: false });
      travel(59);
      expect(await get('token')).toMatchObject({ status: 200 });
      travel(2);
      expect(await get('token')).toMatchObject({ status: 401 });
      expect(endpoint.asked).toHaveLength(2);
    });

    it('[I-5] no token longer than its exp', async () => {
      const exp = Math.floor(now()) + 10;
      const { get, endpoint } = await setUp(() => ({ ...active, exp }));
      for (let time = 0; time < 2; time++) expect(await get('token')).toMatchObject({ status: 200 });
      expect(endpoint.asked).toHaveLength(1);
      travel(10);
      // Within the clock tolerance the token is valid if the endpoint returns active: true, and each request asks again.
      for (let time = 0; time < 2; time++) expect(await get('token')).toMatchObject({ status: 200 });
      expect(endpoint.asked).toHaveLength(3);
      travel(10);
      expect(await get('token')).toMatchObject({ status: 401 });
    });

    it('a refused token for the negativeTtl', async () => {
      const { get, endpoint } = await setUp(() => ({ active: false }));
      for (let time = 0; time < 3; time++) expect(await get('token')).toMatchObject({ status: 401 });
      expect(endpoint.asked).toHaveLength(1);
      endpoint.reply = () => active;
      travel(6);
      expect(await get('token')).toMatchObject({ status: 200 });
    });

    it('a valid token during a flood of invalid tokens', async () => {
      const { get, endpoint } = await setUp(({ form }) => (form.get('token') === 'good' ? active : { active: false }), {
        cache: { max: 2 },
      });
      await get('good');
      for (let number = 0; number < 10; number++) expect((await get(`bad${number}`)).status).toBe(401);
      const { length } = endpoint.asked;
      expect(await get('good')).toMatchObject({ status: 200 });
      expect(endpoint.asked).toHaveLength(length);
    });

    it('no token if the cache is disabled', async () => {
      const { get, endpoint } = await setUp(({ form }) => ({ active: form.get('token') === 'good' }), { cache: false });
      for (const token of ['good', 'good', 'bad', 'bad']) await get(token);
      expect(endpoint.asked).toHaveLength(4);
    });
  });

  describe('responds with a 5xx instead of a refusal', () => {
    it.each<[string, Reply, RegExp]>([
      [
        'the endpoint refuses our credentials',
        (_asked, response) => void response.writeHead(401).end('{"error":"invalid_client"}'),
        /it responded with 401 invalid_client: it does not accept the credentials of this client/,
      ],
      [
        'the client may not ask',
        (_asked, response) => void response.writeHead(403).end(),
        /it responded with 403: it does not/,
      ],
      ['the request is invalid', (_asked, response) => void response.writeHead(400).end(), /it responded with 400/],
      ['the server fails', (_asked, response) => void response.writeHead(500).end(), /it responded with 500/],
      [
        'it redirects',
        (_asked, response) => void response.writeHead(307, { location: 'https://elsewhere.example/' }).end(),
        /it responded with 307/,
      ],
      ['the answer is not JSON', (_asked, response) => void response.end('<!doctype html>'), /JSON/],
      ['the answer is not an object', () => [active], /it did not respond with a JSON object/],
      ['it closes the connection', (_asked, response) => void response.destroy(), /fetch failed/],
      ['it does not answer', () => undefined, /timeout/],
    ])('[I-4] if %s', async (_what, reply, sentence) => {
      const { get, logger } = await setUp(reply, { timeout: 250 });
      const answer = await get('the-token');
      expect(answer).toMatchObject({ status: 503, challenges: [], headers: { 'retry-after': '5' } });
      expect(answer.json()).toEqual({ message: 'Service Unavailable', statusCode: 503 });
      expect(logger.text()).toMatch(sentence);
      for (const secret of ['the-token', 'api-secret']) expect(logger.text()).not.toContain(secret);
    });

    it('[I-4] and does not cache the error', async () => {
      const { get, endpoint } = await setUp((_asked, response) => void response.writeHead(502).end());
      expect(await get('token')).toMatchObject({ status: 503 });
      endpoint.reply = () => active;
      expect(await get('token')).toMatchObject({ status: 200 });
    });

    it.each([{ exp: '1900000000' }, { nbf: 'now' }, { exp: {} }])(
      '[I-4] if the answer is invalid: %j',
      async (claims) => {
        const { get } = await setUp(() => ({ ...active, ...claims }));
        expect(await get('token')).toMatchObject({ status: 500, challenges: [] });
      },
    );
  });
});

describe('introspection()', () => {
  it.each([true, false])('asks once for all requests that bring a token at the same time, active: %s', async (good) => {
    const { url, asked } = await Endpoint.start(() => ({ ...active, active: good }));
    const verify = introspection({ endpoint: url, ...client, cache: false });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => verify({ token: 'token' }, {} as HttpRequest)),
    );
    const expected = {
      true: { status: 'fulfilled', value: admit(active, { scopes: [] }) },
      false: { status: 'rejected', reason: expect.any(RefusedException) },
    }[String(good)];
    expect(results).toEqual(Array.from({ length: 10 }, () => expected));
    expect(asked).toHaveLength(1);
  });

  it('returns the same result again if the token is in the cache', async () => {
    const { url } = await Endpoint.start(() => active);
    const verify = introspection({ endpoint: url, ...client });
    const first = await verify({ token: 'token' }, {} as HttpRequest);
    expect(first).toEqual(admit(active, { scopes: [] }));
    expect(await verify({ token: 'token' }, {} as HttpRequest)).toBe(first);
  });

  it.each([
    ['The token is not active', { active: false }],
    ['The token is not for this audience', { ...active, aud: 'other' }],
  ])('throws a refusal, also if the answer is in the cache: %s', async (message, answer) => {
    const { url, asked } = await Endpoint.start(() => answer);
    const verify = introspection({ endpoint: url, ...client, audience: 'https://api.example' });
    const failure = { reason: 'invalid', scheme: 'Bearer', details: { params: { error_description: message } } };
    for (let time = 0; time < 2; time++) {
      const error: unknown = await verify({ token: 'token' }, {} as HttpRequest).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RefusedException);
      expect(error).toMatchObject({ message, failure });
    }
    expect(asked).toHaveLength(1);
  });

  it('keeps the scopes, acr and auth_time of the token if admit() does not name them', async () => {
    const { url } = await Endpoint.start(() => ({ ...active, scope: 'a', acr: 'mfa', auth_time: 1000 }));
    const info = async (own: AdmissionInfo) => {
      const verify = introspection({ endpoint: url, ...client, principal: () => admit('alice', own) });
      return (await verify({ token: 'token' }, {} as HttpRequest)).info;
    };
    expect(await info({})).toEqual({ scopes: ['a'], acr: 'mfa', authTime: 1000 });
    expect(await info({ scopes: ['b'] })).toEqual({ scopes: ['b'], acr: 'mfa', authTime: 1000 });
  });

  it.each([
    ['the default', {}, 60],
    ['milliseconds', { ttl: 2000 }, 2],
    ['a string', { ttl: '3m' }, 180],
  ])('keeps a token in the cache for its ttl: %s', async (_what, cache, seconds) => {
    const { url, asked } = await Endpoint.start(() => active);
    const verify = introspection({ endpoint: url, ...client, cache });
    for (const [elapsed, requests] of [
      [0, 1],
      [seconds - 1, 1],
      [2, 2],
    ] as const) {
      travel(elapsed);
      await verify({ token: 'token' }, {} as HttpRequest);
      expect(asked).toHaveLength(requests);
    }
  });

  const endpoint = 'https://issuer.example/introspect';
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const issuer = 'https://issuer.example';

  it.each<[string, object, RegExp]>([
    ['[I-6] plain http', { ...client, endpoint: 'http://issuer.example/introspect' }, /^endpoint must be https/],
    ['a relative URL', { ...client, endpoint: '/introspect' }, /^endpoint must be an absolute URL/],
    [
      '[I-2] no client authentication',
      { endpoint, audience: null, clientId: 'api' },
      /^set one of clientSecret, privateKey/,
    ],
    ['no clientId', { endpoint, audience: null, clientSecret: 'x' }, /^clientId must be/],
    ['an empty secret', { endpoint, audience: null, clientId: 'api', clientSecret: '' }, /^clientSecret must be/],
    [
      'a method without its secret',
      { endpoint, audience: null, clientId: 'api', clientAuthentication: 'client_secret_post' },
      /^set one of/,
    ],
    [
      'a secret and a key',
      { endpoint, ...client, issuer, privateKey: { key: rsa.privateKey } },
      /^set one of clientSecret, privateKey/,
    ],
    [
      'a secret and a certificate',
      { endpoint, ...client, clientAuthentication: 'tls_client_auth', fetch },
      /^set one of/,
    ],
    [
      'a key and a method of secrets',
      {
        endpoint,
        audience: null,
        clientId: 'api',
        issuer,
        privateKey: { key: rsa.privateKey },
        clientAuthentication: 'client_secret_post',
      },
      /^set one of/,
    ],
    [
      'a certificate without a fetch that presents it',
      { endpoint, audience: null, clientId: 'api', clientAuthentication: 'tls_client_auth' },
      /^clientAuthentication: 'tls_client_auth' needs the option fetch/,
    ],
    ['an unknown method', { endpoint, ...client, clientAuthentication: 'none' }, /^clientAuthentication must be/],
    [
      'a key without an issuer',
      { endpoint, audience: null, clientId: 'api', privateKey: { key: rsa.privateKey } },
      /^privateKey needs the option issuer/,
    ],
    ...Object.entries({
      'a public key': rsa.publicKey,
      'no key': 'secret',
      'an RSA key of 1024 bits': generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
      'a key that cannot sign': generateKeyPairSync('x25519').privateKey,
    }).map(([what, key]): [string, object, RegExp] => [
      what,
      { endpoint, audience: null, clientId: 'api', issuer, privateKey: { key } },
      /^privateKey\.key must be/,
    ]),
    [
      'an algorithm that does not fit the key',
      { endpoint, audience: null, clientId: 'api', issuer, privateKey: { key: rsa.privateKey, algorithm: 'ES256' } },
      /^privateKey\.algorithm must be RS256/,
    ],
    ['an empty issuer', { endpoint, ...client, issuer: '' }, /^issuer must be/],
    ['an empty audience', { endpoint, ...client, audience: [] }, /^audience must be/],
    ['[I-7] no audience', { endpoint, ...client, audience: undefined }, /^audience is undefined/],
    ['a principal that is not a function', { endpoint, ...client, principal: 'sub' }, /^principal must be/],
    ['a fetch that is not a function', { endpoint, ...client, fetch: {} }, /^fetch must be/],
    ['too much tolerance', { endpoint, ...client, clockTolerance: '301s' }, /^clockTolerance must be/],
    [
      'a tolerance in seconds',
      { endpoint, ...client, clockTolerance: 5 },
      /^clockTolerance: 5 is 5 milliseconds, not seconds; write '5s'$/,
    ],
    ['a tolerance without a unit', { endpoint, ...client, clockTolerance: '5' }, /^clockTolerance must be/],
    ['a timeout of 0', { endpoint, ...client, timeout: 0 }, /^timeout must be/],
    ['a timeout above a day', { endpoint, ...client, timeout: '100 days' }, /^timeout must be/],
    ['a cache of size 0', { endpoint, ...client, cache: { max: 0 } }, /^cache\.max must be/],
    ['a ttl of 0', { endpoint, ...client, cache: { ttl: 0 } }, /^cache\.ttl must be/],
    ['a negative negativeTtl', { endpoint, ...client, cache: { negativeTtl: -1 } }, /^cache\.negativeTtl must be/],
  ])('stops startup for %s', (_what, options, problem) => {
    const make = () => introspection(options as IntrospectionOptions);
    const code = 'ERR_AUTH_INTROSPECTION_OPTION';
    expect(make).toThrow(expect.objectContaining({ name: 'AuthConfigurationError', code }));
    expect(make).toThrow(new RegExp(`^introspection\\(\\): ${problem.source.slice(1)}`));
  });

  it.each(['http://localhost/introspect', 'http://127.1/introspect', 'http://[::1]:1234/', new URL(endpoint)])(
    'accepts the endpoint %s',
    (url) => {
      expect(introspection({ endpoint: url, ...client })).toBeInstanceOf(Function);
    },
  );
});
