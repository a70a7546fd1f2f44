import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  InternalServerErrorException,
  NotFoundException,
  Post,
  Res,
  UnauthorizedException,
} from '@nestjs/common';
import { AuthModule, basic, OptionalAuth, Public, Roles } from 'nestjs-http-auth';
import { digest, type DigestOptions } from 'nestjs-http-auth/digest';
import { adapters, start } from './support/application.js';
import { type Ask, basicAuthorization, send } from './support/client.js';
import { answerDigest, digestChallenges, digestField, infoOf } from './support/digest.js';

const password = 'wonder:land';

@Controller()
class ReportsController {
  @Get('reports') list() {}
  @Post('reports') create() {}
  @Get('missing') missing() {
    throw new NotFoundException();
  }
  @Get('broken') broken() {
    throw new InternalServerErrorException();
  }
  @Get('refused') refused() {
    throw new UnauthorizedException();
  }
  @Roles('admin') @Get('roles') roles() {}
  @Public() @Get('public') open() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Get('own') own(@Res({ passthrough: true }) response: { header(name: string, value: string): unknown }) {
    response.header('Authentication-Info', 'own=1');
  }
}

afterEach(() => void jest.restoreAllMocks());

/** Makes the clock of the application move forward. */
function later(milliseconds: number) {
  const moved = Date.now() + milliseconds - performance.now();
  jest.spyOn(Date, 'now').mockImplementation(() => moved + performance.now());
}

describe.each(adapters)('Authentication-Info on %s', (_name, adapter) => {
  const application = (options: DigestOptions = {}) =>
    start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({
            realm: 'Staging',
            schemes: [digest(() => ({ principal: 'alice', password }), options), basic(() => 'alice')],
          }),
        ],
        controllers: [ReportsController],
      },
      (app) => app.enableCors(),
    );

  async function login(
    app: INestApplication,
    path: string,
    { method = 'GET', headers = {} }: Ask = {},
    nc = '0000000f',
  ) {
    const [params = {}] = digestChallenges((await send(app, '/reports')).challenges);
    return answerWith(app, path, params, { method, headers }, nc);
  }

  async function answerWith(
    app: INestApplication,
    path: string,
    params: Record<string, string>,
    { method = 'GET', headers = {} }: Ask = {},
    nc = '0000000f',
  ) {
    const { fields, rspauth } = answerDigest({
      username: 'alice',
      password,
      params,
      uri: path,
      method,
      nc,
      cnonce: 'c "1',
    });
    const authorization = digestField({ ...fields, cnonce: 'c \\"1' });
    const answer = await send(app, path, { method, headers: { authorization, ...(headers as object) } });
    return { answer, rspauth, info: infoOf(answer) };
  }

  it.each([
    ['/reports', 'GET', 200],
    ['/reports', 'HEAD', 200],
    ['/reports', 'POST', 201],
    ['/optional', 'GET', 200],
    ['/missing', 'GET', 404],
    ['/broken', 'GET', 500],
    ['/roles', 'GET', 403],
    ['/refused', 'GET', 401],
  ])('[AI-1] is on the response for accepted credentials: %s %s, status %d', async (path, method, status) => {
    const { answer, rspauth, info } = await login(await application(), path, { method });
    expect([answer.status, info]).toEqual([status, { qop: 'auth', rspauth, cnonce: 'c "1', nc: '0000000f' }]);
  });

  it.each(['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const)(
    '[AI-2][AI-3] has the proof of the server for %s',
    async (algorithm) => {
      const { rspauth, info } = await login(await application({ algorithms: [algorithm] }), '/reports');
      expect(info).toEqual({ qop: 'auth', rspauth, cnonce: 'c "1', nc: '0000000f' });
    },
  );

  it('[AI-1] is absent if the credentials are missing, wrong, stale, malformed or of another scheme', async () => {
    const app = await application({ nonces: { ttl: '10s' } });
    const info = async (path: string, authorization?: string) =>
      (await send(app, path, { headers: authorization === undefined ? {} : { authorization } })).headers[
        'authentication-info'
      ];
    const [params = {}] = digestChallenges((await send(app, '/reports')).challenges);
    const { fields } = answerDigest({ username: 'alice', password, params, uri: '/reports' });
    expect(await info('/reports')).toBeUndefined();
    expect(await info('/reports', 'Digest')).toBeUndefined();
    expect(await info('/reports', digestField({ ...fields, response: 'a'.repeat(64) }))).toBeUndefined();
    expect(await info('/public', digestField({ ...fields, uri: '/public' }))).toBeUndefined();
    expect(await info('/reports', basicAuthorization('a', 'b').authorization)).toBeUndefined();
    later(11_000);
    expect(await info('/reports', digestField(fields))).toBeUndefined();
  });

  it('[AI-4] quotes nextnonce, rspauth and cnonce, but not qop and nc', async () => {
    const app = await application();
    const [params = {}] = digestChallenges((await send(app, '/reports')).challenges);
    later(200_000);
    const { answer } = await answerWith(app, '/reports', params);
    expect(answer.headers['authentication-info']).toMatch(
      /^nextnonce="[\w-]+", qop=auth, rspauth="[0-9a-f]{64}", cnonce="c \\"1", nc=0000000f$/,
    );
  });

  it('[AI-5] has a valid next nonce only in the second half of the life of the nonce', async () => {
    const app = await application({ nonces: { ttl: '1m' } });
    const [params = {}] = digestChallenges((await send(app, '/reports')).challenges);
    later(28_000);
    expect((await answerWith(app, '/reports', params, {}, '00000001')).info?.['nextnonce']).toBeUndefined();
    later(3_000);
    const nonce = (await answerWith(app, '/reports', params, {}, '00000002')).info?.['nextnonce'] ?? '';
    expect(nonce).not.toBe(params['nonce']);
    later(50_000);
    expect((await answerWith(app, '/reports', params, {}, '00000003')).answer.status).toBe(401);
    expect((await answerWith(app, '/reports', { ...params, nonce }, {}, '00000001')).answer.status).toBe(200);
  });

  it('[AI-5] has no next nonce for an algorithm with -sess, whose key belongs to the first nonce', async () => {
    const app = await application({ algorithms: ['SHA-256-sess'] });
    const [params = {}] = digestChallenges((await send(app, '/reports')).challenges);
    later(200_000);
    expect(Object.keys((await answerWith(app, '/reports', params)).info ?? {})).toEqual([
      'qop',
      'rspauth',
      'cnonce',
      'nc',
    ]);
  });

  it('[AI-6] is exposed to scripts of other origins, as far as CORS allows', async () => {
    const app = await application();
    const { answer } = await login(app, '/reports', { headers: { origin: 'https://app.example' } });
    expect([answer.status, answer.headers['access-control-expose-headers']]).toEqual([200, 'Authentication-Info']);
    const refused = await send(app, '/reports', { headers: { origin: 'https://app.example' } });
    expect(refused.headers['access-control-expose-headers']).toBe('WWW-Authenticate');
  });

  it('keeps the field of the application', async () => {
    const { answer } = await login(await application(), '/own');
    expect(answer.headers['authentication-info']).toBe('own=1');
  });
});
