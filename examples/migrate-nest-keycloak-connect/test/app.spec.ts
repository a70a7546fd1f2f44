import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { start } from '../../../test/support/application.js';
import { bearerAuthorization } from '../../../test/support/client.js';
import { Issuer, jwkOf, newKey, now } from '../../../test/support/issuer.js';
import { AppModule } from '../after/app.module.js';
import { startOld } from './old.process.js';

let keycloak: Issuer;
let before: Awaited<ReturnType<typeof startOld>>;
let during: Awaited<ReturnType<typeof startOld>>;

beforeAll(async () => {
  keycloak = await Issuer.start();
  keycloak.keys = [newKey('first', 'RS256')];
  const issuer = `${keycloak.url}/realms/staff`;
  const certs = '/realms/staff/protocol/openid-connect/certs';
  const answers: Readonly<Record<string, () => object>> = {
    '/realms/staff/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${keycloak.url}${certs}` }),
    [certs]: () => ({ keys: keycloak.keys.map(jwkOf) }),
  };
  keycloak.intercept = ({ url = '' }, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.statusCode = answers[url] === undefined ? 404 : 200;
    response.end(JSON.stringify(answers[url]?.() ?? {}));
  };
  before = await startOld('before', keycloak.url);
  during = await startOld('during', keycloak.url);
});

afterAll(async () => {
  await before?.stop();
  await during?.stop();
  await keycloak.stop();
});

const after = (adapter: ExpressAdapter | FastifyAdapter) => async () =>
  (await start(adapter, { imports: [AppModule.forServer(keycloak.url)] })).getUrl();

/** Returns an access token as Keycloak issues it. */
const tokenOf = (claims: object = {}) =>
  keycloak.token({
    iss: `${keycloak.url}/realms/staff`,
    aud: ['reports', 'account'],
    azp: 'web',
    typ: 'Bearer',
    iat: now(),
    preferred_username: 'alice',
    realm_access: { roles: ['staff'] },
    ...claims,
  });

const bearer = 'Bearer realm="Reports"';
const invalid = `${bearer}, error="invalid_token"`;

/** The answers that change. The others must be equal. nest-keycloak-connect does not check the audience. */
const stages = [
  {
    stage: 'before the migration',
    application: async () => before.url,
    missing: null,
    account: null,
    wrong: null,
    otherAudience: 200,
  },
  {
    stage: 'during the migration',
    application: async () => during.url,
    missing: bearer,
    account: bearer,
    wrong: expect.stringContaining(invalid),
    otherAudience: 401,
  },
  ...['Express', 'Fastify'].map((name) => ({
    stage: `after the migration on ${name}`,
    application: () => after(name === 'Express' ? new ExpressAdapter() : new FastifyAdapter())(),
    missing: bearer,
    account: bearer,
    wrong: expect.stringContaining(invalid),
    otherAudience: 401,
  })),
];

describe.each(stages)('The application $stage', ({ application, missing, account, wrong, otherAudience }) => {
  const ask = async (path: string, token?: string, method = 'GET') => {
    const headers = token === undefined ? {} : bearerAuthorization(token);
    const response = await fetch(`${await application()}${path}`, { method, headers });
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: await response.json(),
    };
  };

  it('accepts a token of the realm', async () => {
    expect((await ask('/reports', await tokenOf())).body).toEqual({ reader: 'alice' });
    expect((await ask('/account', await tokenOf())).body).toEqual({ name: 'alice' });
  });

  it('leaves public routes open', async () => {
    expect(await ask('/reports/health')).toMatchObject({ status: 200 });
  });

  it('refuses a request without a token', async () => {
    expect(await ask('/reports')).toMatchObject({ status: 401, challenge: missing });
    expect(await ask('/account')).toMatchObject({ status: 401, challenge: account });
  });

  it.each([
    ['of another realm', { iss: 'https://login.example/realms/other' }],
    ['that has expired', { exp: now() - 60 }],
    ['that is an ID token', { typ: 'ID' }],
  ])('refuses a token %s', async (_reason, claims) => {
    expect(await ask('/reports', await tokenOf(claims))).toMatchObject({ status: 401, challenge: wrong });
  });

  it('requires the role of the realm', async () => {
    expect(await ask('/reports', await tokenOf(), 'DELETE')).toMatchObject({ status: 403 });
    const admin = await tokenOf({ realm_access: { roles: ['staff', 'admin'] } });
    expect(await ask('/reports', admin, 'DELETE')).toMatchObject({ status: 200 });
  });

  it('checks the audience, but not before the migration', async () => {
    expect((await ask('/reports', await tokenOf({ aud: 'account' }))).status).toBe(otherAudience);
  });
});
