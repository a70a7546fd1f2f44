import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { auth } from 'express-oauth2-jwt-bearer';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { start } from '../../../test/support/application.js';
import { bearerAuthorization, send } from '../../../test/support/client.js';
import { Issuer, now } from '../../../test/support/issuer.js';
import { AppModule as After } from '../after/app.module.js';
import { AppModule as Before, configure } from '../before/app.module.js';

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

const after = (adapter: () => ExpressAdapter | FastifyAdapter) => ({
  application: () => start(adapter(), { imports: [After.forIssuer(issuer.url)] }),
  realm: 'Reports',
});

/** express-oauth2-jwt-bearer is a middleware of Express, and its realm is always `api`. */
const stages: [string, { application: () => Promise<INestApplication>; realm: string }][] = [
  [
    'before the migration',
    {
      application: () => start(new ExpressAdapter(), { imports: [Before] }, (app) => configure(app, issuer.url)),
      realm: 'api',
    },
  ],
  ['after the migration on Express', after(() => new ExpressAdapter())],
  ['after the migration on Fastify', after(() => new FastifyAdapter())],
];

describe.each(stages)('The application %s', (_, { application, realm }) => {
  it('accepts a token of the issuer', async () => {
    const headers = bearerAuthorization(await issuer.token());
    expect((await send(await application(), '/me', { headers })).json()).toEqual({ sub: 'alice' });
  });

  it('refuses a request without a token', async () => {
    const answer = await send(await application(), '/me');
    expect(answer.status).toBe(401);
    // express-oauth2-jwt-bearer offers DPoP as well.
    expect(answer.challenges.map((field) => field.replace(/, DPoP .*/, ''))).toEqual([`Bearer realm="${realm}"`]);
  });

  it.each([
    ['for another audience', { aud: 'https://other.example' }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['that has expired', { exp: now() - 3600 }],
  ])('refuses a token %s', async (_reason, claims) => {
    const headers = bearerAuthorization(await issuer.token(claims));
    const answer = await send(await application(), '/me', { headers });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([expect.stringContaining(`Bearer realm="${realm}", error="invalid_token"`)]);
  });

  it('responds with 403 if the token lacks the scope', async () => {
    const app = await application();
    const write = async (scope: string) =>
      send(app, '/reports', { method: 'POST', headers: bearerAuthorization(await issuer.token({ scope })) });
    expect(await write('reports:read reports:write')).toMatchObject({ status: 201 });
    const refused = await write('reports:read');
    expect(refused.status).toBe(403);
    expect(refused.challenges).toEqual([
      expect.stringMatching(new RegExp(`^Bearer realm="${realm}", error="insufficient_scope".*scope="reports:write"`)),
    ]);
  });
});

describe('The application during the migration', () => {
  it('responds with the challenge of the old middleware without a filter', async () => {
    const module = AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(() => null)], globalGuard: false });
    const app = await start(new ExpressAdapter(), { imports: [Before, module] }, (one) =>
      one.use(auth({ issuerBaseURL: issuer.url, audience: 'https://api.example' })),
    );
    const answer = await send(app, '/me');
    expect(answer.status).toBe(401);
    expect(answer.challenges.join()).toContain('Bearer realm="api"');
    const headers = bearerAuthorization(await issuer.token());
    expect((await send(app, '/me', { headers })).json()).toEqual({ sub: 'alice' });
  });
});
