import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, Scopes } from 'nestjs-http-auth';
import {
  type ClientOptions,
  introspection,
  type IntrospectionClaims,
  type IntrospectionOptions,
} from 'nestjs-http-auth/introspection';
import { adapters, start } from './support/application.js';
import { api, AuthorizationServer } from './support/authorization-server.js';
import { bearerAuthorization, send } from './support/client.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser() claims: IntrospectionClaims) {
    return claims;
  }
  @Scopes('reports:read') @Get('reports') read() {
    return [];
  }
  @Scopes('reports:write') @Post('reports') write() {
    return {};
  }
}

/** The application as a client. */
const reports = { clientId: api.id, clientSecret: api.secret };
const resource = 'https://api.example/opaque';
const challenge = 'Bearer realm="Staging"';
const inactive = `${challenge}, error="invalid_token", error_description="The token is not active"`;

let server: AuthorizationServer;

// Another process starts slowly.
jest.setTimeout(60_000);

beforeAll(async () => {
  server = await AuthorizationServer.start();
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(() => server.stop());

/** Registers a client with a public key. */
async function register(alg: string, publicKey: KeyObject): Promise<{ clientId: string }> {
  const answer = await fetch(`${server.issuer}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [publicKey.export({ format: 'jwk' })] },
      grant_types: [],
      response_types: [],
      redirect_uris: [],
    }),
  });
  const { client_id: clientId } = (await answer.json()) as { client_id: string };
  return { clientId };
}

describe.each(adapters)('introspection() with a real authorization server, on %s', (_, adapter) => {
  const application = (options: Partial<IntrospectionOptions> = {}, client: ClientOptions = reports) => {
    const endpoint = `${server.issuer}/token/introspection`;
    const verifier = introspection({
      endpoint,
      issuer: server.issuer,
      audience: resource,
      ...client,
      ...options,
    });
    return start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] })],
      controllers: [ReportsController],
    });
  };

  const get = (app: INestApplication, token: string, path = '/me') =>
    send(app, path, { headers: bearerAuthorization(token) });

  it('accepts an opaque token if it has the required scope', async () => {
    const app = await application();
    const token = await server.token({ resource, scope: 'reports:read' });
    expect(token).not.toContain('.');
    expect((await get(app, token)).json()).toMatchObject({
      active: true,
      iss: server.issuer,
      aud: resource,
      client_id: 'service',
      scope: 'reports:read',
      token_type: 'Bearer',
    });
    expect(await get(app, token, '/reports')).toMatchObject({ status: 200 });
    expect(await send(app, '/reports', { method: 'POST', headers: bearerAuthorization(token) })).toMatchObject({
      status: 403,
      challenges: [`${challenge}, error="insufficient_scope", scope="reports:write"`],
    });
  });

  it('refuses unknown tokens, and tokens for other audiences', async () => {
    const app = await application();
    const jwt = await server.token({ resource: 'https://api.example' });
    for (const token of ['unknown', jwt]) {
      expect(await get(app, token)).toMatchObject({ status: 401, challenges: [inactive] });
    }
    const other = await server.token({ resource: 'https://other.example/opaque' });
    expect(await get(app, other)).toMatchObject({
      status: 401,
      challenges: [`${challenge}, error="invalid_token", error_description="The token is not for this audience"`],
    });
  });

  it.each(['client_secret_basic', 'client_secret_post'] as const)(
    'responds with 503 if the secret is wrong: %s',
    async (method) => {
      const token = await server.token({ resource });
      const app = await application({ clientAuthentication: method, clientSecret: 'wrong' });
      expect(await get(app, token)).toMatchObject({ status: 503, challenges: [] });
    },
  );

  it.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ])('[I-2] authenticates with a key: %s', async (alg, { publicKey, privateKey }) => {
    const app = await application({}, { ...(await register(alg, publicKey)), privateKey: { key: privateKey } });
    expect(await get(app, await server.token({ resource }))).toMatchObject({ status: 200 });
    expect(await get(app, 'unknown')).toMatchObject({ status: 401, challenges: [inactive] });
  });

  it('[I-5] refuses a revoked token after its ttl in the cache', async () => {
    const app = await application({ cache: { ttl: 60_000 } });
    const token = await server.token({ resource });
    expect(await get(app, token)).toMatchObject({ status: 200 });
    await server.revoke(token);
    expect(await get(app, token)).toMatchObject({ status: 200 });
    const later = Date.now() + 60_001;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    expect(await get(app, token)).toMatchObject({ status: 401, challenges: [inactive] });
  });

  it('refuses a revoked token immediately if the cache is disabled', async () => {
    const app = await application({ cache: false });
    const token = await server.token({ resource });
    expect(await get(app, token)).toMatchObject({ status: 200 });
    await server.revoke(token);
    expect(await get(app, token)).toMatchObject({ status: 401, challenges: [inactive] });
  });

  it('[I-4] accepts cached tokens while the server is down, and recovers with it', async () => {
    const app = await application();
    const known = await server.token({ resource });
    expect(await get(app, known)).toMatchObject({ status: 200 });

    // Clients send a valid token and invalid tokens while the server is killed and started again.
    const answers: { kind: string; status: number; retryAfter: string | undefined }[] = [];
    const over = new AbortController();
    const load = ['known', 'bad'].map(async (kind) => {
      for (let number = 0; !over.signal.aborted; number++) {
        const { status, headers } = await get(app, kind === 'known' ? known : `bad${number}`);
        answers.push({ kind, status, retryAfter: headers['retry-after'] });
        await setTimeout(5);
      }
    });
    const until = async (kind: string, status: number) => {
      const from = answers.length;
      while (!answers.slice(from).some((answer) => answer.kind === kind && answer.status === status))
        await setTimeout(5);
    };
    await until('bad', 401);
    await server.stop();
    await until('bad', 503);
    await until('known', 200);
    await server.start();
    await until('bad', 401);
    over.abort();
    await Promise.all(load);

    const statuses = (kind: string) => new Set(answers.filter((one) => one.kind === kind).map(({ status }) => status));
    expect(statuses('known')).toEqual(new Set([200]));
    expect(statuses('bad')).toEqual(new Set([401, 503]));
    for (const { status, retryAfter } of answers) expect(retryAfter).toBe(status === 503 ? '5' : undefined);
    expect(await get(app, await server.token({ resource }))).toMatchObject({ status: 200 });
    expect(await get(app, 'unknown')).toMatchObject({ status: 401, challenges: [inactive] });
  });
});
