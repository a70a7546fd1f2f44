import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
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
    const app = await application({ header: 'X-Token', name: 'Key' });
    expect(await send(app, '/', { headers: { 'x-token': key.token } })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { headers: { authorization: `Key ${key.token}` } })).toMatchObject({ status: 200 });
    const { challenges } = await send(app, '/', { headers: { 'x-api-key': key.token } });
    expect(challenges[0]).toBe('Key realm="Staging", header="X-Token"');
  });

  it('are limited by address if limits are set', async () => {
    const app = await application({ limits: { perAddress: 2 } });
    const statusOf = async (guess: string) => (await send(app, '/', { headers: { 'x-api-key': guess } })).status;
    expect([await statusOf('a'), await statusOf('a'), await statusOf('b'), await statusOf('c')]).toEqual([
      401, 401, 401, 429,
    ]);
  });

  it('are in no log and in no event, also if the verifier throws them', async () => {
    const logger = new RecordingLogger();
    const leak = ({ token: secret }: ApiKeyCredentials) => {
      throw new Error(`no rows for ${secret}`);
    };
    const app = await application({}, leak, logger);
    const events: unknown[] = [];
    app.get(AuthEvents).on('error', (event) => void events.push(event));
    const answer = await send(app, '/', { headers: { 'x-api-key': key.token } });
    expect(answer.status).toBe(500);
    expect(logger.text()).toContain('no rows for [redacted]');
    expect(`${logger.text()}${JSON.stringify(events)}${answer.body}`).not.toContain(key.token);
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
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [apiKey(find), password] })],
        controllers: [InvoicesController],
      }),
    ).compile();
    const app = module.createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    const user = asUser({ name: 'carol' }, { scheme: 'ApiKey', scopes: ['invoices:write'] });
    expect(await send(app, '/', { method: 'POST', headers: { ...user } })).toMatchObject({ status: 201 });
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
