import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import * as dpopPackage from 'dpop';
import { type AuthInfo, AuthModule, CurrentAuth, CurrentUser } from 'nestjs-http-auth';
import { dpop, type DpopOptions } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt, type JwtClaims, oidcProvider } from 'nestjs-http-auth/jwt';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { adapters, rootModule } from './support/application.js';
import { api, AuthorizationServer } from './support/authorization-server.js';
import { freePort } from './support/free-port.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser<JwtClaims>('client_id') client: string, @CurrentAuth() { confirmation }: AuthInfo) {
    return { client, jkt: typeof confirmation?.jkt };
  }
  @Post('me') create() {}
}

const audience = 'https://api.example';

// The process of the authorization server starts slowly.
jest.setTimeout(60_000);

let server: AuthorizationServer;
const running: INestApplication[] = [];

beforeAll(async () => {
  server = await AuthorizationServer.start();
});

afterEach(() => Promise.all(running.splice(0).map((app) => app.close())));

afterAll(() => server.stop());

type Setup = [name: string, nonces: DpopOptions['nonces'], adapter: () => AbstractHttpAdapter];

const setups = adapters.flatMap(([name, adapter]): Setup[] => [
  [`${name} without nonces`, false, adapter],
  [`${name} with nonces`, { secret: 'a secret of thirty-two characters' }, adapter],
]);

const expected = { client: 'service', jkt: 'string' };

describe.each(setups)('A client of an application on %s', (_name, nonces, adapter) => {
  /** Starts an application, and returns its URL. */
  const start = async (by: 'jwt' | 'introspection' = 'jwt', options: DpopOptions = {}) => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const verifier =
      by === 'jwt'
        ? jwt(oidcProvider({ issuer: server.issuer, audience }))
        : introspection({
            endpoint: `${server.issuer}/token/introspection`,
            clientId: api.id,
            clientSecret: api.secret,
            audience: `${audience}/opaque`,
          });
    const root = rootModule({
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          schemes: [dpop(verifier, { origin, ...(nonces && { nonces }), ...options })],
        }),
      ],
      controllers: [ReportsController],
    });
    const app = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    running.push(app);
    await app.listen(port, '127.0.0.1');
    return new URL(`${origin}/me`);
  };

  const parameters = { resource: audience, scope: 'reports:read' };

  const authorizationServer = (): oauth.AuthorizationServer => ({
    issuer: server.issuer,
    token_endpoint: `${server.issuer}/token`,
  });
  const client: oauth.Client = { client_id: 'service' };
  const insecure = { [oauth.allowInsecureRequests]: true } as const;

  /** Gets a token that is bound to a key. */
  const tokenFor = async (keys: oauth.CryptoKeyPair, more: object = {}) => {
    const DPoP = oauth.DPoP(client, keys);
    const response = await oauth.clientCredentialsGrantRequest(
      authorizationServer(),
      client,
      oauth.ClientSecretBasic('service-secret'),
      new URLSearchParams({ ...parameters, ...more }),
      { DPoP, ...insecure },
    );
    const { access_token: token, token_type: type } = await oauth.processClientCredentialsResponse(
      authorizationServer(),
      client,
      response,
    );
    expect(type).toBe('dpop');
    return token;
  };

  it.each(['ES256', 'Ed25519', 'PS256'])('oauth4webapi gets a token and a response, with %s', async (alg) => {
    const url = await start();
    const keys = await oauth.generateKeyPair(alg);
    const token = await tokenFor(keys);
    const DPoP = oauth.DPoP(client, keys);
    const ask = (method = 'GET') =>
      oauth.protectedResourceRequest(token, method, url, new Headers(), null, { DPoP, ...insecure });
    // It learns the nonce from the challenge, and its caller sends the request again.
    const first = await ask().catch(async (error: unknown) =>
      oauth.isDPoPNonceError(error) ? ask() : Promise.reject(error),
    );
    expect([first.status, await first.json()]).toEqual([200, expected]);
    for (const method of ['POST', 'GET', 'GET']) expect((await ask(method)).ok).toBe(true);
  });

  it('oauth4webapi gets a response for an opaque token', async () => {
    const url = await start('introspection');
    const keys = await oauth.generateKeyPair('ES256');
    const token = await tokenFor(keys, { resource: `${audience}/opaque` });
    const DPoP = oauth.DPoP(client, keys);
    const ask = () => oauth.protectedResourceRequest(token, 'GET', url, new Headers(), null, { DPoP, ...insecure });
    const response = await ask().catch(ask);
    expect(await response.json()).toEqual(expected);
  });

  it('oauth4webapi reads the error of a token that is bound to another key', async () => {
    const url = await start();
    const token = await tokenFor(await oauth.generateKeyPair('ES256'));
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const ask = () => oauth.protectedResourceRequest(token, 'GET', url, new Headers(), null, { DPoP, ...insecure });
    const error = await ask()
      .catch(() => ask())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    const { cause } = error as oauth.WWWAuthenticateChallengeError;
    expect(cause).toMatchObject([
      { scheme: 'dpop', parameters: { error: 'invalid_token', realm: 'Reports', algs: expect.any(String) } },
    ]);
  });

  it('openid-client gets a token and a response, and sends the request again by itself', async () => {
    const url = await start();
    const config = await openid.discovery(new URL(server.issuer), 'service', 'service-secret', undefined, {
      execute: [openid.allowInsecureRequests],
    });
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair());
    const { access_token: token } = await openid.clientCredentialsGrant(config, parameters, { DPoP });
    for (const method of ['GET', 'POST', 'GET']) {
      const response = await openid.fetchProtectedResource(config, token, url, method, null, new Headers(), { DPoP });
      expect(response.ok).toBe(true);
    }
  });

  it('the package dpop makes proofs that are accepted, with a query in htu as well', async () => {
    const url = await start('jwt', { algorithms: ['ES256', 'RS256', 'PS256', 'Ed25519'] });
    for (const alg of ['ES256', 'RS256', 'PS256', 'Ed25519'] as const) {
      const keys = await dpopPackage.generateKeyPair(alg);
      const token = await tokenFor(keys);
      const target = `${url.href}?a=1`;
      const ask = async (nonce?: string) => {
        const proof = await dpopPackage.generateProof(keys, target, 'GET', nonce, token);
        return fetch(target, { headers: { authorization: `DPoP ${token}`, dpop: proof } });
      };
      let response = await ask();
      expect(response.status).toBe(nonces === false ? 200 : 401);
      if (nonces !== false) response = await ask(response.headers.get('dpop-nonce') ?? '');
      expect([alg, response.status]).toEqual([alg, 200]);
    }
  });
});
