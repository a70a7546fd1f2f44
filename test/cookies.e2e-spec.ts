import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Post } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  apiKey,
  type AuthModuleOptions,
  AuthEvents,
  type AuthInfo,
  AuthModule,
  basic,
  bearer,
  cookie,
  type CookieCredentials,
  type CookieOptions,
  CurrentAuth,
  CurrentUser,
  Failure,
  OptionalAuth,
  RouteReport,
  Schemes,
  Scopes,
  type Verifier,
} from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { token, tokens } from 'nestjs-http-auth/tokens';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

const session = token.create();
const stored = { hash: session.hash, principal: { name: 'alice' }, scopes: ['invoices:read'] };
const find = tokens((hash: string) => (hash === session.hash ? stored : null));
const password = basic(({ username, password: given }) => (given === 'secret' ? { name: username } : null));
const key = bearer(({ token: given }) => (given === 'robot' ? { name: 'robot' } : null));
const sid = `__Host-sid=${session.token}`;
const challenge = 'Cookie realm="Staging", cookie-name="__Host-sid"';
const basicChallenge = 'Basic realm="Staging", charset="UTF-8"';

@Controller()
class InvoicesController {
  @Get() whoever(@CurrentUser('name') name: string, @CurrentAuth() auth: AuthInfo) {
    return { name, auth };
  }
  @Post() create() {}
  @Scopes('invoices:write') @Get('write') write() {}
  @OptionalAuth() @Get('optional') optional(@CurrentUser('name') name = 'nobody') {
    return name;
  }
  @OptionalAuth() @Header('Cache-Control', 'public, max-age=60') @Get('shared') shared() {}
}

describe.each(adapters)('cookie() on %s', (_name, adapter) => {
  const application = (
    more: Partial<AuthModuleOptions> = {},
    options: Partial<CookieOptions> = {},
    verifier: Verifier<CookieCredentials> = find,
    logger?: RecordingLogger,
  ) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Staging',
            schemes: [cookie(verifier, { name: '__Host-sid', ...options })],
            ...more,
          }),
        ],
        controllers: [InvoicesController],
      },
      undefined,
      { logger: logger ?? false },
    );
  const own = cookie(find, { name: '__Host-sid' });

  it('accepts the value of the cookie', async () => {
    const answer = await send(await application(), '/', { headers: { cookie: `lang=en; ${sid}; a="b c"` } });
    expect([answer.status, answer.json()]).toEqual([
      200,
      { name: 'alice', auth: { scheme: 'Cookie', realm: 'Staging', scopes: ['invoices:read'] } },
    ]);
  });

  it('passes the value to the verifier as the client sent it', async () => {
    const seen: unknown[] = [];
    const app = await application({}, {}, (credentials) => void seen.push(credentials));
    await send(app, '/', { headers: { cookie: '__Host-sid=s%3Aa.b%2B' } });
    expect(seen).toEqual([{ token: 's%3Aa.b%2B' }]);
  });

  it.each<[what: string, headers: Record<string, string> | string[]]>([
    ['absent', {}],
    ['unknown', { cookie: `__Host-sid=${token.create().token}` }],
    ['empty', { cookie: '__Host-sid=' }],
    ['quoted', { cookie: `__Host-sid="${session.token}"` }],
    ['named in another case', { cookie: sid.toLowerCase() }],
    ['sent twice', { cookie: `${sid}; ${sid}` }],
    ['sent twice, in two lines', ['Host', 'a', 'Cookie', sid, 'Cookie', sid]],
    ['not a cookie but Authorization', { authorization: `Cookie ${session.token}` }],
    ['sent together with Authorization', { cookie: sid, authorization: `Cookie ${session.token}` }],
  ])('responds with 401 and its own challenge if the cookie is %s', async (_what, headers) => {
    const answer = await send(await application(), '/', { headers });
    expect(answer).toMatchObject({ status: 401, challenges: [challenge] });
  });

  it('has no challenge next to other schemes', async () => {
    const app = await application({ schemes: [own, password] });
    expect(await send(app, '/')).toMatchObject({ status: 401, challenges: [basicChallenge] });
    const answer = await send(app, '/', { headers: { cookie: '__Host-sid=wrong' } });
    expect(answer).toMatchObject({ status: 401, challenges: [basicChallenge] });
  });

  it('has a challenge instead of Basic if a script must not cause a prompt', async () => {
    const app = await application({ schemes: [own, password], challenges: { prompt: 'navigation' } });
    const challengesOf = async (mode: string) =>
      (await send(app, '/', { headers: { 'sec-fetch-mode': mode } })).challenges;
    expect([await challengesOf('navigate'), await challengesOf('cors')]).toEqual([[basicChallenge], [challenge]]);
  });

  it('does not count if the request has Authorization, unless it belongs to no scheme and is ignored', async () => {
    const app = await application({ schemes: [own, key], ignoreOtherSchemes: true });
    const answerTo = async (authorization: object) => {
      const answer = await send(app, '/', { headers: { cookie: sid, ...authorization } });
      return answer.status === 200 ? (answer.json() as { name: string }).name : answer.status;
    };
    expect(await answerTo(bearerAuthorization('robot'))).toBe('robot');
    expect(await answerTo(bearerAuthorization('wrong'))).toBe(401);
    expect(await answerTo(basicAuthorization('proxy', 'secret'))).toBe('alice');
  });

  it('responds with 403 and no challenge if the scopes are insufficient', async () => {
    const answer = await send(await application(), '/write', { headers: { cookie: sid } });
    expect(answer).toMatchObject({ status: 403, challenges: [] });
  });

  it('may have several cookies: a route with @Schemes() reads another one', async () => {
    @Controller()
    class TokensController {
      @Get() read() {}
      @Schemes('Refresh') @Post('refresh') refresh(@CurrentAuth('scheme') scheme: string) {
        return scheme;
      }
    }
    const refresh = cookie(({ token: given }) => (given === 'fresh' ? { name: 'alice' } : null), {
      name: '__Secure-refresh',
      scheme: 'Refresh',
    });
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [own, refresh] })],
      controllers: [TokensController],
    });
    const statusOf = async (path: string, method: string, field: string) =>
      (await send(app, path, { method, headers: { cookie: field } })).status;
    expect(await statusOf('/', 'GET', sid)).toBe(200);
    expect(await statusOf('/', 'GET', '__Secure-refresh=fresh')).toBe(401);
    expect(await statusOf('/refresh', 'POST', sid)).toBe(401);
    const answer = await send(app, '/refresh', { method: 'POST', headers: { cookie: '__Secure-refresh=fresh' } });
    expect(answer).toMatchObject({ status: 201, body: 'Refresh' });
    expect((await send(app, '/refresh', { method: 'POST' })).challenges).toEqual([
      'Cookie realm="Staging", cookie-name="__Secure-refresh"',
    ]);
  });

  it('lets a session without a user be anonymous on an optional route only', async () => {
    const nobody = ({ token: given }: CookieCredentials) => (given === 'cart' ? new Failure('missing') : null);
    const app = await application({}, {}, nobody);
    const ask = (path: string, value: string) => send(app, path, { headers: { cookie: `__Host-sid=${value}` } });
    expect(await ask('/optional', 'cart')).toMatchObject({ status: 200, body: 'nobody' });
    expect(await ask('/', 'cart')).toMatchObject({ status: 401, challenges: [challenge] });
    expect(await ask('/optional', 'wrong')).toMatchObject({ status: 401, challenges: [challenge] });
  });

  it('prevents caches from giving the response of one client to another', async () => {
    const app = await application({ schemes: [own, apiKey(find)] });
    expect((await send(app, '/', { headers: { cookie: sid } })).headers).toMatchObject({
      'cache-control': 'private, no-cache',
    });
    for (const headers of [{ cookie: sid }, {}]) {
      const { vary } = (await send(app, '/shared', { headers })).headers;
      expect(vary?.toLowerCase()).toBe('authorization, cookie, x-api-key');
    }
  });

  it('limits guesses by address if limits are set', async () => {
    const app = await application({}, { limits: { perAddress: 2 } });
    const statusOf = async (guess: string) =>
      (await send(app, '/', { headers: { cookie: `__Host-sid=${guess}` } })).status;
    expect([await statusOf('a'), await statusOf('a'), await statusOf('b'), await statusOf('c')]).toEqual([
      401, 401, 401, 429,
    ]);
  });

  it.each([
    ['the value', 's%3Asession-id-123.signature', 's%3Asession-id-123.signature'],
    ['the decoded value', 's%3Asession-id-123.signature', 's:session-id-123.signature'],
    ['the id of the session', 's%3Asession-id-123.signature', 'session-id-123'],
  ])('has %s in no log, event or response', async (_what, value, quoted) => {
    const logger = new RecordingLogger();
    const leak = () => {
      throw new Error(`no rows for ${quoted}`);
    };
    const app = await application({}, {}, leak, logger);
    const events: unknown[] = [];
    app.get(AuthEvents).on('error', (event) => void events.push(event));
    const answer = await send(app, '/', { headers: { cookie: `__Host-sid=${value}` } });
    expect([answer.status, events.length]).toEqual([500, 1]);
    expect(logger.text()).toContain('no rows for [redacted]');
    expect(`${logger.text()}${JSON.stringify(events)}${answer.body}`).not.toContain('session-id-123');
  });

  it('is in the route report and in the OpenAPI document', async () => {
    const app = await application({ schemes: [own, password] });
    expect(app.get(RouteReport).routes()[0]).toMatchObject({ schemes: ['Cookie', 'Basic'] });
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes).toMatchObject({
      cookie: { type: 'apiKey', in: 'cookie', name: '__Host-sid' },
    });
    expect(document.paths['/']?.get?.security).toEqual([{ cookie: [] }, { basic: [] }]);
    expect(document.paths['/']?.get?.responses['401']).toMatchObject({
      headers: { 'WWW-Authenticate': { description: 'A challenge for each scheme: Basic' } },
    });
  });

  it('can be the scheme of a test user', async () => {
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [own, password] })],
        controllers: [InvoicesController],
      }),
    ).compile();
    const app = module.createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    const user = asUser({ name: 'carol' }, { scheme: 'Cookie', scopes: ['invoices:write'] });
    expect(await send(app, '/write', { headers: { ...user } })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { method: 'POST', headers: { ...user } })).toMatchObject({ status: 201 });
    await app.close();
  });
});

describe('cookie()', () => {
  it.each<[options: unknown, message: string]>([
    [undefined, 'cookie(): name must be the name of a cookie, which is a token (RFC 6265 section 4.1.1)'],
    [{}, 'cookie(): name must be the name of a cookie'],
    [{ name: '' }, 'cookie(): name must be the name of a cookie'],
    [{ name: 'my sid' }, 'cookie(): name must be the name of a cookie'],
    [{ name: 'sid=' }, 'cookie(): name must be the name of a cookie'],
    [{ name: 'sid', scheme: 'my scheme' }, 'cookie(): scheme must be a token (RFC 9110 section 5.6.2)'],
    [{ name: 'sid', scheme: 'Bearer' }, 'cookie(): scheme must not be Bearer, which is another scheme'],
    [{ name: 'sid', optIn: 1 }, 'cookie(): optIn must be true or false'],
    [{ name: 'sid', scheme: 'Refresh' }, 'schemes: every scheme is opt-in'],
    [{ name: 'sid', origins: 'all' }, "cookie(): origins must be 'same', a list of origins, or a function"],
    [{ name: 'sid', origins: ['app.example'] }, "cookie(): origins: 'app.example' is not an origin"],
    [{ name: 'sid', allowCrossSite: 'no' }, 'cookie(): allowCrossSite must be true or false'],
    [
      { name: 'sid', allowCrossSite: true, origins: ['https://app.example'] },
      'cookie(): allowCrossSite accepts every origin, so origins has no effect; remove one of them',
    ],
    [{ name: 'sid', limits: { perUser: 1 } }, 'cookie(): limits.perUser is for passwords'],
  ])('stops the startup for %j', async (options, message) => {
    const schemes = [cookie(find, options as never)];
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    await expect(start(adapter(), { imports: [AuthModule.forRoot({ realm: 'a', schemes })] })).rejects.toThrow(message);
  });

  it('stops the startup if the verifier is not a function', async () => {
    const schemes = [cookie(undefined as never, { name: 'sid' })];
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    await expect(start(adapter(), { imports: [AuthModule.forRoot({ realm: 'a', schemes })] })).rejects.toThrow(
      'cookie(): the verifier must be a function',
    );
  });
});
