import type { OutgoingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { Controller, ForbiddenException, Get, Post, UnauthorizedException } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  apiKey,
  type ApiKeyCredentials,
  type ApiKeyOptions,
  AuthEvents,
  AuthModule,
  basic,
  CurrentUser,
  RouteReport,
  Schemes,
  Scopes,
  type Verifier,
} from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { asUser, withTestUsers } from 'nestjs-http-auth/testing';
import { token, tokens } from 'nestjs-http-auth/tokens';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

const key = token.create({ prefix: 'acme' });
const stored = { hash: key.hash, principal: { name: 'billing' }, scopes: ['invoices:read'] };
const find = tokens((hash: string) => (hash === key.hash ? stored : null));
const password = basic(({ username, password: given }) => (given === 'secret' ? { name: username } : null));
const challenge = 'ApiKey realm="Staging", header="X-API-Key"';

@Controller()
class InvoicesController {
  @Get() whoever(@CurrentUser('name') name: string) {
    return { name };
  }
  @Scopes('invoices:write') @Post() write() {}
  @Schemes('basic') @Get('staff') staff() {}
}

describe.each(adapters)('API keys on %s', (_name, adapter) => {
  const application = (
    options?: ApiKeyOptions,
    verifier: Verifier<ApiKeyCredentials> = find,
    logger?: RecordingLogger,
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [apiKey(verifier, options), password] })],
        controllers: [InvoicesController],
      },
      undefined,
      { logger: logger ?? false },
    );

  it.each([
    ['the field', { 'x-api-key': key.token }],
    ['Authorization', { authorization: `ApiKey ${key.token}` }],
    ['Authorization in another case', { authorization: `apikey ${key.token}` }],
  ])('are accepted in %s', async (_where, headers) => {
    const answer = await send(await application(), '/', { headers });
    expect([answer.status, answer.json()]).toEqual([200, { name: 'billing' }]);
  });

  it.each<[what: string, headers: Record<string, string> | string[]]>([
    ['unknown', { 'x-api-key': token.create().token }],
    ['empty', { 'x-api-key': '' }],
    ['two words', { 'x-api-key': `${key.token} x` }],
    ['not ASCII', { 'x-api-key': `${key.token}\u00e9` }],
    ['in two lines', ['Host', 'a', 'X-API-Key', key.token, 'x-api-key', key.token]],
    ['in two places', { 'x-api-key': key.token, authorization: `ApiKey ${key.token}` }],
    ['a param', { authorization: `ApiKey key="${key.token}"` }],
    ['absent', {}],
  ])('get a 401 with the challenges of all schemes if the key is %s', async (_what, headers) => {
    const answer = await send(await application(), '/', { headers });
    expect(answer).toMatchObject({
      status: 401,
      challenges: [challenge, 'Basic realm="Staging", charset="UTF-8"'],
    });
  });

  it('do not count if the request has an Authorization field of another scheme', async () => {
    const app = await application();
    const both = (given: string) => ({ 'x-api-key': key.token, ...basicAuthorization('alice', given) });
    expect((await send(app, '/', { headers: both('secret') })).json()).toEqual({ name: 'alice' });
    expect(await send(app, '/', { headers: both('wrong') })).toMatchObject({ status: 401 });
  });

  it('are refused on a route that does not offer them', async () => {
    const answer = await send(await application(), '/staff', { headers: { 'x-api-key': key.token } });
    expect(answer).toMatchObject({ status: 401, challenges: ['Basic realm="Staging", charset="UTF-8"'] });
  });

  it('get a 403 without a challenge if their scopes are insufficient', async () => {
    const answer = await send(await application(), '/', { method: 'POST', headers: { 'x-api-key': key.token } });
    expect(answer).toMatchObject({ status: 403, challenges: [] });
  });

  it('may have another field and another name', async () => {
    const app = await application({ header: 'X-Token', name: 'Key', optIn: false });
    expect(await send(app, '/', { headers: { 'x-token': key.token } })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { headers: { authorization: `Key ${key.token}` } })).toMatchObject({ status: 200 });
    const { challenges } = await send(app, '/', { headers: { 'x-api-key': key.token } });
    expect(challenges[0]).toBe('Key realm="Staging", header="X-Token"');
  });

  it('open only the routes that name them if they have a name of their own', async () => {
    const app = await application({ header: 'X-Token', name: 'Key' });
    expect(await send(app, '/', { headers: { 'x-token': key.token } })).toMatchObject({ status: 401 });
  });

  it('are limited by address if limits are set', async () => {
    const app = await application({ limits: { perAddress: 2 } });
    const statusOf = async (guess: string) => (await send(app, '/', { headers: { 'x-api-key': guess } })).status;
    expect([await statusOf('a'), await statusOf('a'), await statusOf('b'), await statusOf('c')]).toEqual([
      401, 401, 401, 429,
    ]);
  });

  it('are limited by address even if they are refused without a lookup', async () => {
    const lookup = jest.fn(() => stored);
    const app = await application({ limits: { perAddress: 2 } }, tokens(lookup, { prefix: 'acme', checksum: true }));
    const statusOf = async (guess: string) => (await send(app, '/', { headers: { 'x-api-key': guess } })).status;
    const guesses = ['other_prefix', `${key.token}x`, `${key.token}y`];
    expect([await statusOf(guesses[0] as string), await statusOf(guesses[1] as string)]).toEqual([401, 401]);
    expect(await statusOf(guesses[2] as string)).toBe(429);
    expect(lookup).not.toHaveBeenCalled();
  });

  it('get a 401 if they are long, and Node’s 431 without a call of the verifier if they exceed the maximum', async () => {
    const verify = jest.fn(() => null);
    const app = await application({}, verify);
    expect(await send(app, '/', { headers: { 'x-api-key': 'k'.repeat(12_000) } })).toMatchObject({ status: 401 });
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await send(app, '/', { headers: { 'x-api-key': 'k'.repeat(20_000) } })).toMatchObject({ status: 431 });
    expect(verify).toHaveBeenCalledTimes(1);
  });

  describe.each([
    ['the field', (secret: string) => ({ 'x-api-key': secret })],
    ['Authorization', (secret: string) => ({ authorization: `ApiKey ${secret}` })],
  ])('in %s', (_where, headersOf) => {
    it.each<[what: string, status: number, verify: (secret: string) => unknown]>([
      ['throws them', 500, (secret) => Promise.reject(new Error(`no rows for ${secret}`))],
      ['throws them in a 403', 403, (secret) => Promise.reject(new ForbiddenException(`${secret} is suspended`))],
      ['throws them in a 401', 401, (secret) => Promise.reject(new UnauthorizedException(`${secret} is unknown`))],
      ['refuses them', 401, () => null],
      ['accepts them', 200, () => ({ name: 'billing' })],
    ])('are in no log, event or response if the verifier %s', async (_what, status, verify) => {
      const logger = new RecordingLogger();
      const app = await application({}, ({ token: secret }) => verify(secret), logger);
      const events: unknown[] = [];
      for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
        app.get(AuthEvents).on(type, (event) => void events.push(event));
      }
      const answer = await send(app, '/', { headers: headersOf(key.token) });
      expect([answer.status, events]).toEqual([status, [expect.objectContaining({ scheme: 'ApiKey' })]]);
      const told = `${logger.text()}${inspect(events, { depth: 10 })}${JSON.stringify(answer)}`;
      expect(told).not.toContain(key.token);
      expect(told).not.toContain(key.hash);
    });
  });

  it('are in no event if they occur twice', async () => {
    const logger = new RecordingLogger();
    const app = await application({}, find, logger);
    const events: unknown[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    const answer = await send(app, '/', { headers: ['Host', 'a', 'X-API-Key', key.token, 'X-API-Key', 'other'] });
    expect([answer.status, events]).toEqual([401, [expect.objectContaining({ reason: 'malformed' })]]);
    expect(`${logger.text()}${inspect(events)}${JSON.stringify(answer)}`).not.toContain(key.token);
  });

  it('are in the route report and in the OpenAPI document', async () => {
    const app = await application();
    expect(app.get(RouteReport).routes()[0]).toMatchObject({ schemes: ['ApiKey', 'Basic'] });
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes).toMatchObject({
      apikey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    });
    expect(document.paths['/']?.get?.security).toEqual([{ apikey: [] }, { basic: [] }]);
  });

  it('can be those of a test user', async () => {
    const lookup = jest.fn((hash: string) => (hash === key.hash ? stored : null));
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [apiKey(tokens(lookup)), password] })],
        controllers: [InvoicesController],
      }),
    ).compile();
    const app = module.createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    const user = asUser({ name: 'carol' }, { scheme: 'ApiKey', scopes: ['invoices:write'] });
    const as = (headers: OutgoingHttpHeaders, method = 'GET', path = '/') => send(app, path, { method, headers });
    expect(await as({ ...user }, 'POST')).toMatchObject({ status: 201 });
    // Without a scheme, the user has the first scheme of the route.
    expect((await as({ ...asUser({ name: 'dave' }) })).json()).toEqual({ name: 'dave' });
    expect(await as({ ...user }, 'GET', '/staff')).toMatchObject({ status: 401 });
    const poor = asUser({ name: 'erin' }, { scheme: 'ApiKey', scopes: [] });
    expect(await as({ ...poor }, 'POST')).toMatchObject({ status: 403, challenges: [] });
    expect(lookup).not.toHaveBeenCalled();
    // Real keys are still verified, and a request without a key gets the challenge.
    expect((await as({ 'x-api-key': key.token })).json()).toEqual({ name: 'billing' });
    expect(await as({ 'x-api-key': 'wrong' })).toMatchObject({
      status: 401,
      challenges: [challenge, expect.anything()],
    });
    expect(await as({})).toMatchObject({ status: 401, challenges: [challenge, expect.anything()] });
    await app.close();
  });
});

describe('apiKey()', () => {
  it.each<[options: ApiKeyOptions, message: string]>([
    [{ header: 'X API Key' }, "apiKey(): header must be the name of a field, e.g. 'X-API-Key'"],
    [{ header: '' }, 'apiKey(): header must be the name of a field'],
    [{ header: 'Authorization' }, 'apiKey(): header must not be Authorization, which has another meaning'],
    [{ header: 'cookie' }, 'apiKey(): header must not be cookie, which has another meaning'],
    [{ name: 'API key' }, "apiKey(): name must be a token (RFC 9110 section 5.6.2), e.g. 'refresh'"],
    [{ name: 'bearer' }, 'apiKey(): name must not be bearer, which is another scheme'],
    [{ limits: { perUser: 1 } as never }, 'apiKey(): limits.perUser is for passwords'],
  ])('throws an error at startup for %j', async (options, message) => {
    const schemes = [apiKey(find, options)];
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    await expect(start(adapter(), { imports: [AuthModule.forRoot({ realm: 'a', schemes })] })).rejects.toThrow(message);
  });

  it('throws an error at startup if the verifier is not a function', async () => {
    const schemes = [apiKey(undefined as never)];
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    await expect(start(adapter(), { imports: [AuthModule.forRoot({ realm: 'a', schemes })] })).rejects.toThrow(
      'apiKey(): the verifier must be a function',
    );
  });
});
