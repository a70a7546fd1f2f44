import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  All,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  type INestApplication,
  NotFoundException,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  admit,
  AuthEvents,
  type AuthInfo,
  AuthLimits,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  protect,
  Public,
  Realm,
  type RefusedEvent,
  Roles,
  RouteReport,
  Scopes,
  type SchemeDefinition,
} from 'nestjs-http-auth';
import { digest, type DigestLookup, type DigestOptions, type FindDigestUser } from 'nestjs-http-auth/digest';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { adapters, start } from './support/application.js';
import { type Answer, type Ask, send } from './support/client.js';
import { answerDigest, type DigestClient, digestChallenges, digestField, hash } from './support/digest.js';
import { RecordingLogger } from './support/logger.js';

const realm = 'Staging';
const secret = 'a secret of thirty-two characters';
const passwords = new Map([
  ['alice', 'wonder:land'],
  ['Zoë', 'straße: 5 €'],
]);

/** Finds a user by the password. */
const byPassword: FindDigestUser<{ name: string }> = (username) => {
  const password = passwords.get(username);
  return password === undefined ? null : { principal: { name: username }, password };
};

/** Finds a user by HA1, also by the hash of the username. */
const byHa1 = async (username: string, { realm: space, algorithm, userhash }: DigestLookup) => {
  const found = [...passwords].find(([name]) => username === (userhash ? hash(algorithm, name, space) : name));
  if (found === undefined) return null;
  const [name, password] = found;
  return { principal: { name }, username: name, ha1: hash(algorithm, name, space, password) };
};

@Controller()
class ReportsController {
  @Get('reports') list(@CurrentUser('name') name: string, @CurrentAuth() { scheme, realm: space }: AuthInfo) {
    return { name, scheme, realm: space };
  }
  @Post('reports') @HttpCode(201) create() {}
  @Get('missing') missing() {
    throw new NotFoundException();
  }
  @Roles('admin') @Get('roles') roles() {}
  @Scopes('write') @Get('scopes') scopes() {}
  @Realm('Other') @Get('other') other() {
    return 'other';
  }
  @Realm('Say "hi"') @Get('quoted') quoted() {
    return 'quoted';
  }
  @Public() @Get('public') open() {
    return 'open';
  }
  @All('files/:name') files() {
    return 'files';
  }
}

type More = Partial<AuthModuleOptions>;

const startWith = (
  adapter: AbstractHttpAdapter,
  schemes: readonly SchemeDefinition[],
  more: More = {},
  prepare: (app: INestApplication) => unknown = (app) => app.enableCors(),
  logger?: RecordingLogger,
) =>
  start(
    adapter,
    { imports: [AuthModule.forRoot({ realm, schemes, ...more })], controllers: [ReportsController] },
    prepare,
    logger && { logger },
  );

interface Login extends Partial<DigestClient>, Ask {
  path?: string;
  /** Changes of the fields after the response was computed. */
  change?: Readonly<Record<string, string | undefined>>;
}

/** Gets a challenge, and returns its params. */
async function challengeOf(app: INestApplication, path = '/reports', index = 0): Promise<Record<string, string>> {
  const answer = await send(app, path);
  return digestChallenges(answer.challenges)[index] ?? {};
}

/** Sends a request with credentials. Without a challenge, it gets one before. */
async function login(app: INestApplication, { path = '/reports', change = {}, ...rest }: Login = {}): Promise<Answer> {
  const { username = 'alice', password = passwords.get('alice') ?? '', method = 'GET', headers = {} } = rest;
  const params = rest.params ?? (await challengeOf(app, path));
  const { fields } = answerDigest({ uri: path, ...rest, username, password, params, method });
  const authorization = digestField({ ...fields, ...change });
  return send(app, path, { method, headers: { authorization, ...(headers as object) } });
}

/** Makes the clock of the application move forward. */
function later(milliseconds: number) {
  const moved = Date.now() + milliseconds - performance.now();
  jest.spyOn(Date, 'now').mockImplementation(() => moved + performance.now());
}

/** Returns if the response has `stale=true`. */
const isStale = ({ challenges }: Answer) => digestChallenges(challenges).map(({ stale }) => stale === 'true');

afterEach(() => void jest.restoreAllMocks());

describe.each(adapters)('Digest on %s', (_name, adapter) => {
  const application = (options: DigestOptions = {}, find: FindDigestUser = byPassword, more: More = {}) =>
    startWith(adapter(), [digest(find, options)], more);

  it('[DIG-1][DIG-2] challenges with quoted and unquoted parameters', async () => {
    const { challenges, status } = await send(await application(), '/reports');
    expect([status, challenges]).toEqual([
      401,
      [
        expect.stringMatching(
          /^Digest realm="Staging", qop="auth", algorithm=SHA-256, nonce="[\w-]{40,60}", charset=UTF-8$/,
        ),
      ],
    ]);
    const hashed = await send(await application({ userhash: true }), '/reports');
    expect(hashed.challenges).toEqual([expect.stringMatching(/, charset=UTF-8, userhash=true$/)]);
  });

  it.each(['lines', 'joined'] as const)(
    '[DIG-3] sends one line for each algorithm, in order, if the layout is %s',
    async (layout) => {
      const schemes = [
        bearer(() => null),
        basic(() => null),
        digest(byPassword, { algorithms: ['SHA-512-256', 'SHA-256', 'MD5'] }),
      ];
      const app = await startWith(adapter(), schemes, { challenges: { layout } });
      const { challenges } = await send(app, '/reports');
      const others = ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'];
      expect(challenges).toEqual([
        ...(layout === 'joined' ? [others.join(', ')] : others),
        expect.stringMatching(/^Digest .*, algorithm=SHA-512-256, /),
        expect.stringMatching(/^Digest .*, algorithm=SHA-256, /),
        expect.stringMatching(/^Digest .*, algorithm=MD5, /),
      ]);
      expect(new Set(digestChallenges(challenges).map(({ nonce }) => nonce)).size).toBe(3);
    },
  );

  it.each([
    ['a password', byPassword],
    ['HA1', byHa1],
  ])('[DIG-8] accepts the right response if find returns %s', async (_what, find) => {
    const answer = await login(await application({}, find));
    expect([answer.status, answer.json()]).toEqual([200, { name: 'alice', scheme: 'Digest', realm }]);
  });

  it.each(['SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess', 'MD5', 'MD5-sess'] as const)(
    '[DIG-4] accepts %s if it is offered',
    async (algorithm) => {
      const app = await application({ algorithms: [algorithm] }, byHa1);
      expect((await login(app)).status).toBe(200);
      expect((await login(app, { password: 'wrong' })).status).toBe(401);
    },
  );

  it('[DIG-4] refuses an algorithm that is not offered, and takes a missing one for MD5', async () => {
    const app = await application();
    const params = { ...(await challengeOf(app)), algorithm: 'MD5' };
    expect((await login(app, { params })).status).toBe(401);
    expect((await login(app, { params, change: { algorithm: undefined } })).status).toBe(401);
    const both = await application({ algorithms: ['SHA-256', 'MD5'] });
    const offered = await challengeOf(both, '/reports', 1);
    expect((await login(both, { params: offered, change: { algorithm: undefined } })).status).toBe(200);
    // The nonce of another algorithm is not valid.
    const mixed = { ...offered, algorithm: 'SHA-256' };
    expect(isStale(await login(both, { params: mixed }))).toEqual([true, true]);
  });

  it('[DIG-4] refuses to start with an algorithm that does not exist', async () => {
    await expect(application({ algorithms: ['SHA-1' as 'MD5'] })).rejects.toMatchObject({
      code: 'ERR_AUTH_SCHEME_OPTION',
      message: expect.stringMatching(/^digest\(\): algorithms: SHA-1 is not supported; choose of /),
    });
    await expect(application({ algorithms: [undefined as unknown as 'MD5'] })).rejects.toThrow(
      'algorithms: undefined is not supported',
    );
    await expect(application({ algorithms: [] })).rejects.toThrow('algorithms must list at least one');
    await expect(application({ algorithms: ['MD5', 'MD5'] })).rejects.toThrow('may be listed once');
  });

  it('[DIG-4] warns at startup if MD5 is offered', async () => {
    for (const [algorithm, warned] of [
      ['MD5-sess', true],
      ['SHA-256', false],
    ] as const) {
      const logger = new RecordingLogger();
      await startWith(adapter(), [digest(byPassword, { algorithms: [algorithm] })], {}, undefined, logger);
      expect(logger.text().includes('digest() offers MD5')).toBe(warned);
    }
  });

  it('[DIG-5] accepts algorithm, qop and nc in quotes', async () => {
    const app = await application();
    const { fields } = answerDigest({
      username: 'alice',
      password: 'wonder:land',
      params: await challengeOf(app),
      uri: '/reports',
    });
    const authorization = `digest ${Object.entries(fields)
      .map(([name, value]) => `${name} = "${value}"`)
      .join(' , ')}`;
    expect((await send(app, '/reports', { headers: { authorization } })).status).toBe(200);
  });

  it.each(['username', 'realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce'])(
    '[DIG-6] responds with 400 and a challenge if %s is missing',
    async (name) => {
      const app = await application();
      const answer = await login(app, { change: { [name]: undefined } });
      expect([answer.status, digestChallenges(answer.challenges).length]).toEqual([400, 1]);
    },
  );

  it('[DIG-6] responds with 400 if a parameter occurs twice, or if the field has no parameters', async () => {
    const app = await application();
    expect((await login(app, { change: { NC: '00000001' } })).status).toBe(400);
    for (const authorization of ['Digest', 'Digest abc', 'Digest a=b', 'Digest username="a']) {
      expect((await send(app, '/reports', { headers: { authorization } })).status).toBe(400);
    }
  });

  it('[DIG-6] refuses two Authorization fields', async () => {
    const app = await application();
    const { fields } = answerDigest({
      username: 'alice',
      password: 'wonder:land',
      params: await challengeOf(app),
      uri: '/reports',
    });
    const field = digestField(fields);
    const headers = ['Host', 'a', 'Authorization', field, 'Authorization', field];
    expect((await send(app, '/reports', { headers })).status).toBe(401);
  });

  it('[DIG-7][DIG-14] accepts a username in UTF-8 as username and as username*, in NFC and in NFD', async () => {
    const app = await application();
    const zoe = { username: 'Zoë', password: 'straße: 5 €' };
    const raw = Buffer.from('Zoë').toString('latin1');
    expect(await login(app, { ...zoe, change: { username: raw } })).toMatchObject({ status: 200 });
    const extended = { username: undefined, 'username*': "UTF-8''Zo%C3%AB" };
    expect((await login(app, { ...zoe, change: extended })).json()).toMatchObject({ name: 'Zoë' });
    const decomposed = { username: undefined, 'username*': "UTF-8''Zoe%CC%88" };
    expect((await login(app, { ...zoe, change: decomposed })).json()).toMatchObject({ name: 'Zoë' });
    expect((await login(app, { ...zoe, change: { username: 'Zo\u00eb' } })).status).toBe(400);
    expect((await login(app, { ...zoe, change: { ...extended, username: raw } })).status).toBe(400);
  });

  it.each([
    ['HA1', byHa1],
    [
      'the password and the username',
      async (name: string, lookup: DigestLookup) => {
        const user = await byHa1(name, lookup);
        return user && { principal: user.principal, username: user.principal.name, password: 'wonder:land' };
      },
    ],
  ])('[DIG-2][DIG-7] accepts the hash of a username if find returns %s', async (_what, find) => {
    const app = await application({ userhash: true }, find);
    const username = hash('SHA-256', 'alice', realm);
    expect((await login(app, { change: { username, userhash: 'true' } })).json()).toMatchObject({ name: 'alice' });
    expect((await login(app, { change: { username: username.toUpperCase(), userhash: 'true' } })).status).toBe(200);
    expect((await login(app, { change: { userhash: 'false' } })).status).toBe(200);
    expect((await login(app, { change: { username: 'f'.repeat(64), userhash: 'true' } })).status).toBe(401);
    expect((await login(app, { change: { username: 'f'.repeat(32), userhash: 'true' } })).status).toBe(400);
  });

  it('[DIG-2] responds with 400 to the hash of a username if it was not offered', async () => {
    const username = hash('SHA-256', 'alice', realm);
    const change = { username, userhash: 'true' };
    expect((await login(await application({}, byHa1), { change })).status).toBe(400);
  });

  it('[DIG-8] refuses a response that differs in any part', async () => {
    const app = await application();
    expect((await login(app, { password: 'wrong' })).status).toBe(401);
    for (const change of [{ response: 'a'.repeat(64) }, { cnonce: 'other' }, { nc: '00000002' }, { username: 'Zoë' }]) {
      const answer = await login(app, { change });
      expect(answer.status).toBe(change.username === undefined ? 401 : 400);
    }
    expect((await login(app, { change: { response: 'a'.repeat(32) } })).status).toBe(400);
    const { fields } = answerDigest({
      username: 'alice',
      password: 'wonder:land',
      params: await challengeOf(app),
      uri: '/reports',
    });
    const headers = { authorization: digestField(fields) };
    expect((await send(app, '/reports', { method: 'POST', headers })).status).toBe(401);
    expect((await send(app, '/reports', { headers })).status).toBe(200);
  });

  it('[DIG-9] responds with 400 if uri is not exactly the target', async () => {
    const app = await application();
    for (const uri of [
      '/',
      '/reports/',
      '/reports?a',
      '/Reports',
      '/%72eports',
      '//reports',
      'http://a/reports',
      '*',
    ]) {
      expect([uri, (await login(app, { uri })).status]).toEqual([uri, 400]);
    }
    const path = '/files/a%20b;c=1?d=%22e%22&f[]=1';
    expect((await login(app, { path })).status).toBe(200);
  });

  it('[DIG-9] compares with the target that the client sent if a middleware rewrites it', async () => {
    const app = await startWith(adapter(), [digest(byPassword)], {}, (one) => {
      one.use((request: { url: string }, _response: unknown, next: () => void) => {
        if (request.url === '/old') request.url = '/reports';
        next();
      });
    });
    const answer = await login(app, { path: '/old' });
    expect(answer.status).not.toBe(400);
  });

  it('[DIG-10] sends stale=true if the nonce is old and the response is right for it', async () => {
    const app = await application({ nonces: { ttl: '1m' } });
    const params = await challengeOf(app);
    later(59_000);
    expect((await login(app, { params })).status).toBe(200);
    later(60_000);
    const right = await login(app, { params, nc: '00000002' });
    expect([right.status, isStale(right)]).toEqual([401, [true]]);
    const wrong = await login(app, { params, nc: '00000002', password: 'wrong' });
    expect([wrong.status, isStale(wrong)]).toEqual([401, [false]]);
    const unknown = await login(app, { params, nc: '00000002', username: 'bob' });
    expect([unknown.status, isStale(unknown)]).toEqual([401, [false]]);
  });

  it('[DIG-10] does not send stale if there are no credentials, or if they are wrong', async () => {
    const app = await application();
    expect(isStale(await send(app, '/reports'))).toEqual([false]);
    expect(isStale(await login(app, { password: 'wrong' }))).toEqual([false]);
  });

  it('[DIG-11] refuses a count that was used with a nonce, in any spelling', async () => {
    const app = await application();
    const params = await challengeOf(app);
    const sent = { params, nc: '0000000a', cnonce: 'c' };
    expect((await login(app, sent)).status).toBe(200);
    const again = await login(app, sent);
    expect([again.status, isStale(again)]).toEqual([401, [true]]);
    expect((await login(app, { ...sent, nc: '0000000A' })).status).toBe(401);
    expect((await login(app, { ...sent, cnonce: 'd' })).status).toBe(401);
    expect((await login(app, { ...sent, nc: '0000000b' })).status).toBe(200);
  });

  it('[DIG-11] refuses a used count if the username is spelled differently', async () => {
    // A database may find a user by another spelling, whose stored HA1 does not depend on it.
    const find = async (name: string, lookup: DigestLookup) => byHa1(name.toLowerCase(), lookup);
    const app = await application({}, find);
    const sent = { params: await challengeOf(app), cnonce: 'c' };
    expect((await login(app, sent)).status).toBe(200);
    expect((await login(app, { ...sent, change: { username: 'ALICE' } })).status).toBe(401);
    const extended = { username: undefined, 'username*': "UTF-8''Alice" };
    expect((await login(app, { ...sent, change: extended })).status).toBe(401);
    expect((await login(app, { ...sent, nc: '00000002', change: { username: 'ALICE' } })).status).toBe(200);
  });

  it('[DIG-11] accepts 100 parallel requests with one nonce, in any order and with gaps', async () => {
    const app = await application();
    const params = await challengeOf(app);
    const counts = Array.from({ length: 100 }, (_, index) => (1000 - index * 7).toString(16).padStart(8, '0'));
    const answers = await Promise.all(counts.map((nc) => login(app, { params, nc })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('[DIG-11] accepts one of many parallel requests with the same count', async () => {
    const app = await application({ limits: false });
    const params = await challengeOf(app);
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(app, { params })));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
  });

  it('[DIG-11] never accepts a count twice if the memory is full', async () => {
    const app = await application({ replay: { max: 3 } });
    const first = await challengeOf(app);
    later(2000);
    const second = await challengeOf(app);
    expect((await login(app, { params: first })).status).toBe(200);
    for (const nc of ['00000001', '00000002', '00000003']) {
      expect((await login(app, { params: second, nc })).status).toBe(200);
    }
    const replayed = await login(app, { params: first });
    expect([replayed.status, isStale(replayed)]).toEqual([401, [true]]);
  });

  it('[DIG-12] refuses a nonce that it has not made, also one for another realm', async () => {
    const app = await application();
    const params = await challengeOf(app);
    const other = await challengeOf(app, '/other');
    expect(other).toMatchObject({ realm: 'Other' });
    for (const nonce of ['abc', `${params['nonce']}A`, other['nonce'] ?? '']) {
      const answer = await login(app, { params: { ...params, nonce } });
      expect([answer.status, isStale(answer)]).toEqual([401, [true]]);
    }
  });

  it('[DIG-12] accepts the nonces of other instances with the same secret, and of the previous secret', async () => {
    const previous = 'another secret of at least thirty-two characters';
    const [first, second, third] = [
      await application({ nonces: { secret } }),
      await application({ nonces: { secret: [previous, secret] } }),
      await application({ nonces: { secret: previous } }),
    ];
    const params = await challengeOf(first);
    expect((await login(second, { params })).status).toBe(200);
    expect(isStale(await login(third, { params }))).toEqual([true]);
    expect((await login(third, { params: await challengeOf(second) })).status).toBe(200);
    expect((await login(first, { params: await challengeOf(await application()) })).status).toBe(401);
  });

  it.each([
    [{ secret: 'short' }, 'nonces.secret must be a random string of at least 32 characters'],
    [{ secret: undefined }, 'nonces.secret is undefined'],
    [{ ttl: '1s' }, 'nonces.ttl must be a duration from 10 seconds to one hour'],
    [null, 'nonces must be an object'],
  ])('[DIG-12] refuses to start with the nonces %j', async (nonces, message) => {
    await expect(application({ nonces } as unknown as DigestOptions)).rejects.toThrow(`digest(): ${message}`);
  });

  it('[DIG-13] responds with 400 to a response without qop, or with auth-int', async () => {
    const app = await application({ algorithms: ['MD5'] });
    const params = await challengeOf(app);
    const ha1 = hash('MD5', 'alice', realm, 'wonder:land');
    const response = hash('MD5', ha1, params['nonce'] ?? '', hash('MD5', 'GET', '/reports'));
    const old = { response, qop: undefined, nc: undefined, cnonce: undefined };
    expect((await login(app, { params, change: old })).status).toBe(400);
    expect((await login(app, { params, change: { qop: 'auth-int' } })).status).toBe(400);
  });

  it('[DIG-15] tells find the realm and the algorithm, and refuses credentials for another realm', async () => {
    const lookups: DigestLookup[] = [];
    const app = await application({ algorithms: ['SHA-256-sess'] }, (name, lookup) => {
      lookups.push(lookup);
      return byHa1(name, lookup);
    });
    expect((await login(app, { path: '/other' })).body).toBe('other');
    expect(lookups).toEqual([{ realm: 'Other', algorithm: 'SHA-256', userhash: false }]);
    const answer = await login(app, { path: '/other', params: await challengeOf(app) });
    expect([answer.status, digestChallenges(answer.challenges)[0]]).toEqual([
      401,
      expect.objectContaining({ realm: 'Other' }),
    ]);
    expect(lookups.length).toBe(1);
  });

  it('[DIG-15] asks again if a protected path has another realm than its route', async () => {
    const app = await startWith(adapter(), [digest(byPassword)], {}, (one) =>
      protect(one, '/other', { realm: 'Outer' }),
    );
    const outer = await challengeOf(app, '/other');
    expect(outer).toMatchObject({ realm: 'Outer' });
    const answer = await login(app, { path: '/other', params: outer });
    expect([answer.status, digestChallenges(answer.challenges)[0]]).toEqual([
      401,
      expect.objectContaining({ realm: 'Other' }),
    ]);
  });

  it('[DIG-15] authenticates once for a protected path and a route of the same realm', async () => {
    const app = await startWith(adapter(), [digest(byPassword)], {}, (one) => protect(one, '/reports'));
    expect((await login(app)).status).toBe(200);
  });

  it('accepts a realm with quotes', async () => {
    expect((await login(await application(), { path: '/quoted', change: { realm: 'Say \\"hi\\"' } })).status).toBe(200);
  });

  it('[DIG-16] reports a refusal without the username', async () => {
    const app = await application();
    const events: RefusedEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    await login(app, { params: await challengeOf(app), username: 'nobody-knows' });
    expect(events).toEqual([
      expect.objectContaining({ reason: 'missing' }),
      expect.objectContaining({ scheme: 'Digest', reason: 'invalid', status: 401 }),
    ]);
    expect(JSON.stringify(events)).not.toContain('nobody-knows');
  });

  it('[DIG-16] responds with 429 after too many wrong responses, and does not call find', async () => {
    let calls = 0;
    const app = await application({ limits: { perUserAndAddress: 3 } }, (name, lookup) => {
      calls++;
      return byHa1(name, lookup);
    });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await login(app, { password: `wrong ${attempt}` })).status).toBe(401);
    }
    const answer = await login(app);
    expect([answer.status, Number(answer.headers['retry-after']) > 0, answer.challenges]).toEqual([429, true, []]);
    expect(calls).toBe(3);
    await app.get(AuthLimits).release('alice');
    expect((await login(app)).status).toBe(200);
  });

  it('[DIG-16] limits by default', async () => {
    const app = await application();
    const params = await challengeOf(app);
    for (let attempt = 0; attempt < 10; attempt++) await login(app, { params, password: `wrong ${attempt}` });
    expect((await login(app, { params })).status).toBe(429);
  });

  it('[DIG-10][DIG-16] does not count a right response to an old or used nonce', async () => {
    const app = await application({ limits: { perUserAndAddress: 2 }, nonces: { ttl: '10s' } });
    const params = await challengeOf(app);
    expect((await login(app, { params })).status).toBe(200);
    for (let attempt = 0; attempt < 5; attempt++) {
      expect((await login(app, { params, nc: '00000001', cnonce: String(attempt) })).status).toBe(401);
    }
    later(11_000);
    for (let attempt = 0; attempt < 5; attempt++) {
      expect((await login(app, { params, cnonce: String(attempt) })).status).toBe(401);
    }
    expect(await app.get(AuthLimits).status({ username: 'alice', address: '127.0.0.1' })).toContainEqual(
      expect.objectContaining({ limit: 'perUserAndAddress', failures: 0 }),
    );
    // A wrong response to an old nonce is a guess.
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await login(app, { params, password: `wrong ${attempt}` })).status).toBe(401);
    }
    expect((await login(app)).status).toBe(429);
  });

  describe('with userhash', () => {
    const hashOf = (name: string) => hash('SHA-256', name, realm);
    const hashed = (name: string) => ({ change: { username: hashOf(name), userhash: 'true' } });

    it('[DIG-16][DIG-17] counts all forms of a username together, for known and unknown users', async () => {
      const limits = { perUserAndAddress: 4 };
      const app = await application({ userhash: true, algorithms: ['SHA-256', 'MD5'], limits }, byHa1);
      for (const name of ['alice', 'Zoë', 'nobody', 'n\u00f6body']) {
        const latin1 = Buffer.from(name).toString('latin1');
        const forms: Login[] = [
          hashed(name),
          { change: { username: latin1 } },
          { change: { username: undefined, 'username*': `UTF-8''${encodeURIComponent(name)}` } },
          { params: await challengeOf(app, '/reports', 1), change: { username: latin1 } },
        ];
        const statuses: number[] = [];
        for (const [attempt, form] of [...forms, ...forms].entries()) {
          statuses.push((await login(app, { username: name, ...form, password: `wrong ${attempt}` })).status);
        }
        expect([name, statuses]).toEqual([name, [401, 401, 401, 401, 429, 429, 429, 429]]);
        expect(await app.get(AuthLimits).status(hashOf(name))).toEqual([expect.objectContaining({ failures: 4 })]);
        await app.get(AuthLimits).release(hashOf(name));
        await app.get(AuthLimits).release({ address: '127.0.0.1' });
        expect((await login(app, { username: name, ...forms[1], password: 'wrong' })).status).toBe(401);
      }
    });

    it('[DIG-2][DIG-16] offers and accepts hashes of the preferred algorithm only, so that a user has one hash', async () => {
      const algorithms = ['SHA-256', 'SHA-256-sess', 'MD5', 'SHA-512-256'] as const;
      const app = await application({ userhash: true, algorithms, limits: { perUserAndAddress: 1 } }, byHa1);
      const offered = digestChallenges((await send(app, '/reports')).challenges);
      expect(offered.map(({ userhash }) => userhash)).toEqual(['true', 'true', undefined, undefined]);
      const statuses = offered.map(async (params) => {
        const username = hash(params['algorithm'] ?? '', 'alice', realm);
        return (await login(app, { params, change: { username, userhash: 'true' } })).status;
      });
      expect(await Promise.all(statuses)).toEqual([200, 200, 400, 400]);
    });

    it('[DIG-16] refuses a username in another spelling than the one that find returns', async () => {
      const find: FindDigestUser = (username, lookup) =>
        byHa1(lookup.userhash ? username : username.toLowerCase(), lookup);
      const app = await application({ userhash: true, limits: false }, find);
      expect((await login(app)).status).toBe(200);
      expect((await login(app, hashed('alice'))).status).toBe(200);
      expect((await login(app, { change: { username: 'Alice' } })).status).toBe(401);
      const any = await application({ userhash: true, limits: false }, (_username, lookup) =>
        byHa1('alice', { ...lookup, userhash: false }),
      );
      expect((await login(any, hashed('alice'))).status).toBe(200);
      expect((await login(any, hashed('bob'))).status).toBe(401);
    });

    it('[DIG-16] does not limit a username that many clients share, in any form', async () => {
      const limits = { perUserAndAddress: 1, sharedUsernames: ['alice'] };
      const app = await application({ userhash: true, limits }, byHa1);
      for (let attempt = 0; attempt < 3; attempt++) {
        expect((await login(app, { password: `wrong ${attempt}` })).status).toBe(401);
        expect((await login(app, { ...hashed('alice'), password: `wrong ${attempt}` })).status).toBe(401);
      }
      expect((await login(app)).status).toBe(200);
    });

    it('[DIG-17] refuses a user without a username, and logs the reason', async () => {
      const logger = new RecordingLogger();
      const find = (_username: string, { algorithm }: DigestLookup) => ({
        principal: 'alice',
        ha1: hash(algorithm, 'alice', realm, 'wonder:land'),
      });
      const app = await startWith(adapter(), [digest(find, { userhash: true })], {}, undefined, logger);
      expect((await login(app)).status).toBe(401);
      expect((await login(app, hashed('alice'))).status).toBe(401);
      expect(logger.text()).toContain('username is missing; with userhash, return it as it is stored');
    });
  });

  it.each<[what: string, user: () => object]>([
    ['a short ha1', () => ({ principal: 'alice', ha1: 'abc' })],
    ['an ha1 of MD5', () => ({ principal: 'alice', ha1: 'a'.repeat(32) })],
    ['an ha1 that is not hexadecimal', () => ({ principal: 'alice', ha1: 'g'.repeat(64) })],
    ['an ha1 that is a number', () => ({ principal: 'alice', ha1: 5 })],
    ['no secret', () => ({ principal: 'alice' })],
    ['no principal', () => ({ name: 'alice', password: 'wonder:land' })],
    ['a principal that is null', () => ({ principal: null, password: 'wonder:land' })],
    ['a promise of a principal', () => ({ principal: Promise.resolve('alice'), password: 'wonder:land' })],
    [
      'a rejected promise of a principal',
      () => ({ principal: Promise.reject(new Error('no')), password: 'wonder:land' }),
    ],
  ])('[DIG-17] responds with 401 as for unknown users if find returns %s, and logs it once', async (_what, user) => {
    const logger = new RecordingLogger();
    const find = ((name: string) => (name === 'alice' ? user() : null)) as FindDigestUser;
    const app = await startWith(adapter(), [digest(find, { limits: false })], {}, undefined, logger);
    const unknown = await login(app, { username: 'nobody' });
    const known = await login(app);
    await login(app);
    const shape = ({ status, body, challenges }: Answer) => [
      status,
      body,
      challenges.map((one) => one.replace(/nonce="[^"]*"/, '')),
    ];
    expect(shape(known)).toEqual(shape(unknown));
    expect(logger.text().split('a user of find cannot log in').length).toBe(2);
    expect(logger.text()).not.toContain('wonder:land');
  });

  it('[DIG-17] responds with 5xx without details if find throws, and with 401 if it throws an UnauthorizedException', async () => {
    const logger = new RecordingLogger();
    const find: FindDigestUser = (name) => {
      if (name === 'alice') throw new Error('the database is down: secret-detail');
      throw new UnauthorizedException();
    };
    const app = await startWith(adapter(), [digest(find)], {}, undefined, logger);
    const answer = await login(app);
    expect([answer.status, answer.body.includes('secret-detail')]).toEqual([500, false]);
    expect((await login(app, { username: 'bob' })).status).toBe(401);
  });

  it('[DIG-16] cuts the response out of errors of find', async () => {
    const logger = new RecordingLogger();
    let field = '';
    const find: FindDigestUser = (_username, _lookup, request) => {
      field = request.headers.authorization ?? '';
      const [, response = ''] = /response="(\w+)"/.exec(field) ?? [];
      throw new ForbiddenException(`${response} ${field}`);
    };
    const app = await startWith(adapter(), [digest(find)], {}, undefined, logger);
    const answer = await login(app);
    const [, response = ''] = /response="(\w+)"/.exec(field) ?? [];
    expect(response.length).toBe(64);
    expect([answer.status, answer.body.includes(response), logger.text().includes(response)]).toEqual([
      403,
      false,
      false,
    ]);
  });

  it('accepts the result of admit() as the principal, with scopes and roles', async () => {
    const find: FindDigestUser = () => ({
      principal: admit({ name: 'alice' }, { scopes: ['write'], roles: ['admin'] }),
      password: 'wonder:land',
    });
    const app = await application({}, find);
    expect((await login(app, { path: '/scopes' })).status).toBe(200);
    expect((await login(app, { path: '/roles' })).status).toBe(200);
    expect((await login(await application(), { path: '/roles' })).status).toBe(403);
  });

  it('refuses a user without a principal, or with credentials that are bound to a key', async () => {
    for (const principal of [null, undefined, false, admit('alice', { confirmation: { jkt: 'a' } })]) {
      const app = await application({}, () => ({ principal, password: 'wonder:land' }));
      expect((await login(app)).status).toBe(401);
    }
  });

  it('[DIG-18] works for proxies', async () => {
    const app = await startWith(adapter(), [digest(byPassword)], { proxy: true });
    const asked = await send(app, '/reports');
    const field = asked.headers['proxy-authenticate'];
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([407, undefined]);
    const [params = {}] = digestChallenges([field ?? ''].flat());
    const client = { username: 'alice', password: 'wonder:land', params };
    const ask = (uri: string, target: string, nc: string) => {
      const { fields, rspauth } = answerDigest({ ...client, uri, nc });
      return { rspauth, answer: send(app, target, { headers: { 'proxy-authorization': digestField(fields) } }) };
    };
    const { rspauth, answer } = ask('/reports', '/reports', '00000001');
    expect(await answer).toMatchObject({
      status: 200,
      headers: { 'proxy-authentication-info': expect.stringContaining(rspauth) },
    });
    expect((await ask('/reports', '/reports', '00000001').answer).status).toBe(407);
    expect((await ask('/other', '/reports', '00000002').answer).status).toBe(400);
    // The target of a proxy is an absolute URI, and clients hash it or its path.
    expect((await ask('/reports', 'http://a.example/reports', '00000003').answer).status).not.toBe(400);
    expect((await ask('http://b.example/reports', 'http://a.example/reports', '00000004').answer).status).toBe(400);
  });

  it('is in an OpenAPI document and in the route report', async () => {
    const app = await application();
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes).toEqual({ digest: { type: 'http', scheme: 'digest' } });
    expect(Object.keys(document.paths['/reports']?.get?.responses ?? {})).toEqual(
      expect.arrayContaining(['400', '401']),
    );
    const routes = app.get(RouteReport).routes();
    expect(routes.find(({ path }) => path === '/reports')).toMatchObject({ schemes: ['Digest'] });
  });

  it('accepts test users', async () => {
    const builder = withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm, schemes: [digest(byPassword)] })],
        controllers: [ReportsController],
      }),
    );
    const app = (await builder.compile()).createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    const headers = asUser({ name: 'alice' }, { scheme: 'Digest' });
    const answer = await send(app, '/reports', { headers });
    await app.close();
    expect([answer.status, answer.json()]).toEqual([200, { name: 'alice', scheme: 'Digest', realm }]);
  });

  it('stops startup if find is not a function', async () => {
    await expect(application({}, {} as FindDigestUser)).rejects.toThrow('digest(): find must be a function');
    await expect(application({ userhash: 'yes' } as unknown as DigestOptions)).rejects.toThrow(
      'digest(): userhash must be true or false',
    );
  });
});
