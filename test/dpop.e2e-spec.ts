import { createHash, generateKeyPairSync } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { All, Controller, Get, type INestApplication, Injectable, Post, Req, Sse } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  admit,
  anyOf,
  apiKey,
  AuthEvents,
  type AuthInfo,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  cookie,
  CurrentAuth,
  CurrentUser,
  OptionalAuth,
  parseChallenges,
  protect,
  type HttpRequest,
  type RefusedEvent,
  Scopes,
  type SchemeDefinition,
  type VerifierContext,
  type VerifierFunction,
} from 'nestjs-http-auth';
import { dpop, type DpopCredentials, type DpopOptions } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { asUser, dpopKey, dpopProof, type DpopProofOptions, withTestUsers } from 'nestjs-http-auth/testing';
import { type IssuedTicket, ticket, Tickets, TicketsModule } from 'nestjs-http-auth/tickets';
import { tokens } from 'nestjs-http-auth/tokens';
import { of } from 'rxjs';
import { adapters, start } from './support/application.js';
import { type Answer, type Ask, send } from './support/client.js';
import { Endpoint } from './support/endpoint.js';
import { audience, newKey, now, pemOf, sign } from './support/issuer.js';

const origin = 'https://api.example';
const issuer = 'https://issuer.example';
const signing = newKey('first');
const key = dpopKey();
const other = dpopKey();
const verifier = jwt({ issuer, audience, key: pemOf(signing) });
const secret = 'a secret of thirty-two characters';
const nonces = { secret, ttl: '10m' } as const;

/** A token that is bound to the key of the tests. */
const tokenOf = (claims: object = {}) => sign(signing, { cnf: { jkt: key.jkt }, ...claims });

@Controller()
class ReportsController {
  @Get('reports') list(@CurrentUser('sub') sub: string, @CurrentAuth() { scheme, confirmation }: AuthInfo) {
    return { sub, scheme, confirmation };
  }
  @Post('reports') create() {}
  @Scopes('reports:write') @Get('scoped') scoped() {}
  @OptionalAuth() @Get('optional') optional(@CurrentUser() user: unknown) {
    return { user: user ?? null };
  }
  @All('mcp') all() {}
}

type Options = Partial<AuthModuleOptions>;

const startWith = (adapter: AbstractHttpAdapter, schemes: readonly SchemeDefinition[], options: Options = {}) =>
  start(
    adapter,
    {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes, ...options })],
      controllers: [ReportsController],
    },
    (app) => app.enableCors(),
  );

interface Proof extends Partial<DpopProofOptions> {
  scheme?: string;
  path?: string;
}

/** Returns the fields of a request with a token and a proof. */
function fieldsOf(token: string, { scheme = 'DPoP', path = '/reports', ...proof }: Proof = {}) {
  return {
    authorization: `${scheme} ${token}`,
    dpop: dpopProof({ key, url: origin + path, token, ...proof }),
  };
}

/** Sends a request with a token and a proof. */
async function ask(
  app: INestApplication,
  proof: Proof = {},
  { path = '/reports', ...rest }: Ask & { path?: string } = {},
) {
  const token = proof.token ?? (await tokenOf());
  return send(app, path, { ...rest, headers: { ...fieldsOf(token, { path, ...proof }), ...(rest.headers as object) } });
}

/** Returns the error of the DPoP challenge. */
function errorOf(answer: Answer): string | undefined {
  const challenges = parseChallenges(answer.challenges) ?? [];
  return challenges.find(({ scheme }) => scheme === 'DPoP')?.params?.['error'];
}

const refused = (error: string, description: string) => ({
  status: 401,
  challenges: [
    `DPoP realm="Reports", error="${error}", error_description="${description}", algs="ES256 Ed25519 EdDSA PS256"`,
  ],
});

const badProof = (description: string) => refused('invalid_dpop_proof', description);

afterEach(() => void jest.restoreAllMocks());

/** Moves the clock of the application forward. */
function later(milliseconds: number) {
  const moved = Date.now() + milliseconds - performance.now();
  jest.spyOn(Date, 'now').mockImplementation(() => moved + performance.now());
}

describe.each(adapters)('DPoP on %s', (_name, adapter) => {
  const application = (options: DpopOptions = {}, more: Options = {}) =>
    startWith(adapter(), [dpop(verifier, { origin, ...options })], more);

  it('accepts a bound token with a proof, and tells the application the key', async () => {
    const answer = await ask(await application());
    expect([answer.status, answer.json()]).toEqual([
      200,
      { sub: 'alice', scheme: 'DPoP', confirmation: { jkt: key.jkt } },
    ]);
  });

  it.each(['ES256', 'Ed25519', 'EdDSA', 'PS256'] as const)('[DPOP-5] accepts proofs with %s', async (alg) => {
    const own = dpopKey(alg);
    const token = await tokenOf({ cnf: { jkt: own.jkt } });
    expect(await ask(await application(), { key: own, token })).toMatchObject({ status: 200 });
  });

  it('[DPOP-5] accepts RS256 only if the option algorithms lists it', async () => {
    const own = dpopKey('RS256');
    const token = await tokenOf({ cnf: { jkt: own.jkt } });
    expect(await ask(await application(), { key: own, token })).toMatchObject(
      badProof('The algorithm of the DPoP proof is not allowed'),
    );
    expect(await ask(await application({ algorithms: ['RS256'] }), { key: own, token })).toMatchObject({ status: 200 });
  });

  it.each(['DPoP', 'dpop', 'DPOP', 'DPoP  '])('[DPOP-1] accepts the scheme %j', async (scheme) => {
    expect(await ask(await application(), { scheme: scheme.trimEnd() })).toMatchObject({ status: 200 });
  });

  it.each(['DPoP', 'DPoP a b', 'DPoP a=b', 'DPoP "a"', 'DPoP a,'])(
    '[DPOP-1] responds with 400 invalid_request to %j',
    async (authorization) => {
      const answer = await send(await application(), '/reports', {
        headers: { authorization, dpop: dpopProof({ key, url: `${origin}/reports`, token: 'a' }) },
      });
      expect([answer.status, errorOf(answer)]).toEqual([400, 'invalid_request']);
    },
  );

  it('[DPOP-1] responds with 400 if a form has a second token', async () => {
    const answer = await ask(
      await application(),
      { method: 'POST' },
      {
        method: 'POST',
        body: 'access_token=abc',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    );
    expect([answer.status, errorOf(answer)]).toEqual([400, 'invalid_request']);
  });

  it('[DPOP-2] refuses a request with several DPoP fields, or with two proofs in one', async () => {
    const app = await application();
    const token = await tokenOf();
    const { authorization, dpop: proof } = fieldsOf(token);
    const second = fieldsOf(token).dpop;
    const lines = ['Host', 'a', 'Authorization', authorization, 'DPoP', proof, 'dpop', second];
    expect(await send(app, '/reports', { headers: lines })).toMatchObject(
      badProof('The request has several DPoP fields'),
    );
    const joined = { authorization, dpop: `${proof}, ${second}` };
    expect(await send(app, '/reports', { headers: joined })).toMatchObject(
      badProof('The DPoP proof is not a valid JWS'),
    );
    expect(await send(app, '/reports', { headers: { authorization, DPOP: proof } })).toMatchObject({ status: 200 });
  });

  it('[DPOP-2] refuses a request without a proof', async () => {
    const headers = { authorization: `DPoP ${await tokenOf()}` };
    expect(await send(await application(), '/reports', { headers })).toMatchObject(
      badProof('The DPoP proof is missing'),
    );
  });

  it.each<[what: string, change: (proof: string) => string]>([
    ['has two parts', (proof) => proof.split('.').slice(0, 2).join('.')],
    ['has four parts', (proof) => `${proof}.a`],
    ['has padding', (proof) => `${proof}==`],
    ['has a space', (proof) => proof.replace('.', ' .')],
    ['is not canonical base64url', (proof) => `${proof.slice(0, -1)}${proof.endsWith('B') ? 'C' : 'B'}`],
    ['is empty', () => ''],
    ['is not JSON', (proof) => `e30x${proof}`],
    ['is longer than 8 KiB', (proof) => `${'a'.repeat(8192)}${proof}`],
    ['is in double quotes', (proof) => `"${proof}"`],
  ])('[DPOP-3] refuses a proof that %s', async (_what, change) => {
    const { authorization, dpop: proof } = fieldsOf(await tokenOf());
    const answer = await send(await application(), '/reports', { headers: { authorization, dpop: change(proof) } });
    expect(answer).toMatchObject(badProof('The DPoP proof is not a valid JWS'));
  });

  it.each([undefined, null, 'jwt', 'DPOP+JWT', 'dpop+jwt ', 'application/dpop+jwt', 'dpop+jwt+suffix', ['dpop+jwt']])(
    '[DPOP-4] refuses the type %j',
    async (typ) => {
      expect(await ask(await application(), { header: { typ } })).toMatchObject(
        badProof('The type of the DPoP proof is not dpop+jwt'),
      );
    },
  );

  it.each([undefined, null, 'none', 'None', 'HS256', 'HS512', 'RS256', 'ES256K', 'es256', '', 1, ['ES256']])(
    '[DPOP-5] refuses the algorithm %j',
    async (alg) => {
      expect(await ask(await application(), { header: { alg } })).toMatchObject(
        badProof('The algorithm of the DPoP proof is not allowed'),
      );
    },
  );

  it('[DPOP-5] cannot allow none or an algorithm with a shared secret', async () => {
    for (const alg of ['none', 'HS256']) {
      await expect(application({ algorithms: [alg] })).rejects.toMatchObject({ code: 'ERR_AUTH_SCHEME_OPTION' });
    }
    await expect(application({ algorithms: [] })).rejects.toThrow('dpop(): algorithms must list at least one of');
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    '[DPOP-6] refuses a key with the private member %s',
    async (member) => {
      const jwk = { ...key.jwk, [member]: 'AAAA' };
      expect(await ask(await application(), { header: { jwk } })).toMatchObject(
        badProof('The key of the DPoP proof is not a public key for its algorithm'),
      );
    },
  );

  it.each<[what: string, jwk: unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is a string', JSON.stringify(key.jwk)],
    ['is a list', [key.jwk]],
    ['is symmetric', { kty: 'oct', k: 'AAAA' }],
    ['is private', key.privateKey.export({ format: 'jwk' })],
    ['is for another algorithm', dpopKey('Ed25519').jwk],
    ['has another curve', { ...key.jwk, crv: 'P-384' }],
    ['has a padded coordinate', { ...key.jwk, x: `${String(key.jwk['x'])}=` }],
    ['has a coordinate with leading zeros', { ...key.jwk, x: `AAAA${String(key.jwk['x'])}` }],
    ['has a coordinate with a newline', { ...key.jwk, x: `${String(key.jwk['x'])}\n` }],
    ['has a coordinate that is a number', { ...key.jwk, x: 1 }],
    ['has no y', { ...key.jwk, y: undefined }],
  ])('[DPOP-6] [DPOP-7] refuses a key that %s', async (_what, jwk) => {
    expect(await ask(await application(), { header: { jwk } })).toMatchObject(
      badProof('The key of the DPoP proof is not a public key for its algorithm'),
    );
  });

  it.each<[what: string, change: (jwk: Record<string, unknown>) => object]>([
    ['1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })],
    ['more than 4096 bits', (jwk) => ({ ...jwk, n: Buffer.alloc(520, 255).toString('base64url') })],
    ['an exponent of 2040 bits', (jwk) => ({ ...jwk, e: Buffer.alloc(255, 255).toString('base64url') })],
    ['the exponent 3', (jwk) => ({ ...jwk, e: 'Aw' })],
    ['an exponent with leading zeros', (jwk) => ({ ...jwk, e: 'AAEAAQ' })],
    ['a modulus with leading zeros', (jwk) => ({ ...jwk, n: `AAAA${String(jwk['n'])}` })],
  ])('[DPOP-7] refuses an RSA key with %s', async (_what, change) => {
    const rsa = dpopKey('PS256');
    const answer = await ask(await application(), { key: rsa, header: { jwk: change({ ...rsa.jwk }) } });
    expect(answer).toMatchObject(badProof('The key of the DPoP proof is not a public key for its algorithm'));
  });

  it('[DPOP-7] refuses a signature of another key, a broken one, and a key that is not on its curve', async () => {
    const app = await application();
    const invalid = badProof('The signature of the DPoP proof cannot be verified');
    expect(await ask(app, { key: { ...key, privateKey: other.privateKey } })).toMatchObject(invalid);
    const token = await tokenOf();
    const { authorization, dpop: proof } = fieldsOf(token);
    const broken = proof.slice(0, proof.lastIndexOf('.') + 1) + Buffer.alloc(64).toString('base64url');
    const short = `${proof.slice(0, proof.lastIndexOf('.') + 1)}AAAA`;
    for (const one of [broken, short, proof.slice(0, proof.lastIndexOf('.') + 1)]) {
      expect(await send(app, '/reports', { headers: { authorization, dpop: one } })).toMatchObject(invalid);
    }
    const off = { ...key.jwk, y: Buffer.alloc(32, 1).toString('base64url') };
    const canonical = JSON.stringify({ crv: 'P-256', kty: 'EC', x: off['x' as never], y: off.y });
    const jkt = createHash('sha256').update(canonical).digest('base64url');
    expect(await ask(app, { header: { jwk: off }, token: await tokenOf({ cnf: { jkt } }) })).toMatchObject(invalid);
  });

  it('[DPOP-8] refuses critical extensions, and ignores other members and claims', async () => {
    const app = await application();
    expect(await ask(app, { header: { crit: ['b64'], b64: true } })).toMatchObject(
      badProof('The DPoP proof is not a valid JWS'),
    );
    const far = { nbf: now() + 3600, exp: now() - 3600, unknown: { a: 1 } };
    expect(await ask(app, { header: { unknown: 1, kid: 'x' }, claims: far })).toMatchObject({ status: 200 });
  });

  it.each<[claim: string, ...values: unknown[]]>([
    ['jti', undefined, null, '', 1, {}, 'x'.repeat(257), 'x'.repeat(10_000 / 4)],
    ['htm', undefined, null, '', 1, ['GET']],
    ['htu', undefined, null, '', 1, ['https://api.example/reports']],
    ['iat', undefined, null, '1', String(now()), [now()]],
    ['ath', undefined, null, 1, {}],
  ])('[DPOP-9] refuses a proof whose %s is missing or of another type', async (claim, ...values) => {
    const app = await application();
    for (const value of values) {
      expect(await ask(app, { claims: { [claim]: value } })).toMatchObject(
        badProof(`The claim ${claim} of the DPoP proof is missing or invalid`),
      );
    }
    expect(await ask(app, { claims: { jti: 'x'.repeat(256) } })).toMatchObject({ status: 200 });
  });

  it.each(['get', 'PUT', 'GET ', 'HEAD'])('[DPOP-10] refuses a proof for the method %j', async (htm) => {
    expect(await ask(await application(), { claims: { htm } })).toMatchObject(
      badProof('The DPoP proof is for another method'),
    );
  });

  it('[DPOP-10] refuses a proof if a middleware changes the method after a protected path has accepted it', async () => {
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verifier, { origin })] })],
        controllers: [ReportsController],
      },
      (one) => {
        protect(one, '/reports');
        one.use((request: { method: string; headers: OutgoingHttpHeaders }, _response: unknown, next: () => void) => {
          request.method = String(request.headers['x-method'] ?? request.method);
          next();
        });
      },
    );
    expect(await ask(app)).toMatchObject({ status: 200 });
    expect(await ask(app, {}, { headers: { 'x-method': 'POST' } })).toMatchObject(
      badProof('The DPoP proof is for another method'),
    );
  });

  it('[DPOP-10] accepts a proof for another method on a request with this method', async () => {
    const app = await application();
    expect(await ask(app, { method: 'POST' }, { method: 'POST' })).toMatchObject({ status: 201 });
    expect(await ask(app, { method: 'HEAD' }, { method: 'HEAD' })).toMatchObject({ status: 200 });
  });

  it.each([
    `${origin}/reports?a=1`,
    `${origin}/reports#a`,
    `${origin}/reports?a=1#b?c`,
    'HTTPS://API.EXAMPLE/reports',
    'https://api.example:443/reports',
    'https://api.example:/reports',
    'https://api.example/report%73',
  ])('[DPOP-11] [DPOP-12] accepts the URI %s', async (htu) => {
    const app = await application();
    expect(await ask(app, { claims: { htu } })).toMatchObject({ status: 200 });
    expect(await ask(app, { claims: { htu } }, { path: '/reports?b=2' })).toMatchObject({ status: 200 });
  });

  it.each([
    `${origin}/reports/`,
    `${origin}/Reports`,
    `${origin}/reports/x`,
    `${origin}/reportsx`,
    `${origin}//reports`,
    `${origin}/a/../reports`,
    `${origin}/./reports`,
    `${origin}/%2e/reports`,
    `${origin}\\reports`,
    origin,
    'http://api.example/reports',
    'https://api.example:8443/reports',
    'https://api.example:0443/reports',
    'https://api.example:443443/reports',
    'https://api.example./reports',
    'https://user@api.example/reports',
    'https://api.example@evil.example/reports',
    'https://[::1]/reports',
    'https://äpi.example/reports',
    'https://ap%69.example/reports',
    ' https://api.example/reports',
    'https://api.example/reports\n',
    'https:///reports',
    '//api.example/reports',
    '/reports',
    ':::*;',
    '%',
    `${origin}/reports%`,
    `${origin}/reports%zz`,
    `${origin}/%00reports`,
  ])('[DPOP-11] [DPOP-12] refuses the URI %j', async (htu) => {
    expect(await ask(await application(), { claims: { htu } })).toMatchObject(
      badProof('The DPoP proof is for another URI'),
    );
  });

  /** An application that requires a proof for every path, and then responds with 404 if it does not have the path. */
  const everywhere = () =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verifier, { origin })] })],
        controllers: [ReportsController],
      },
      (app) => protect(app),
    );

  it.each([
    ['/x~y', `${origin}/x%7Ey`],
    ['/x%7ey', `${origin}/x~y`],
    ['/%c3%a9', `${origin}/%C3%A9`],
    ['/a|b', `${origin}/a|b`],
    ['/', origin],
    ['/?a', `${origin}/`],
  ])('[DPOP-12] takes the path %s for the same as in %s', async (path, htu) => {
    const app = await everywhere();
    expect(await ask(app, { claims: { htu } }, { path })).toMatchObject({ status: 404 });
    expect(await ask(app, { claims: { htu: `${origin}/other` } }, { path })).toMatchObject({ status: 401 });
  });

  it('[DPOP-12] distinguishes /mcp from /mcp/', async () => {
    const app = await application();
    expect(errorOf(await ask(app, { claims: { htu: `${origin}/mcp/` } }, { path: '/mcp' }))).toBe('invalid_dpop_proof');
    expect(await ask(app, { claims: { htu: `${origin}/mcp` } }, { path: '/mcp' })).toMatchObject({ status: 200 });
  });

  it('[DPOP-13] ignores Host and the fields of proxies', async () => {
    const app = await application();
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
    };
    const evil = { htu: 'https://evil.example/reports' };
    expect(await ask(app, { claims: evil }, { headers })).toMatchObject(badProof('The DPoP proof is for another URI'));
    expect(await ask(app, {}, { headers })).toMatchObject({ status: 200 });
  });

  it('[DPOP-13] does not take a host from the request target', async () => {
    const app = await everywhere();
    const statusOf = async (path: string, htu: string) => (await ask(app, { claims: { htu } }, { path })).status;
    const evil = 'https://evil.example/reports';
    expect(await statusOf('//evil.example/reports', evil)).not.toBe(404);
    expect(await statusOf(evil, evil)).toBe(401);
    expect(await statusOf('http://evil.example/reports', `${origin}/reports`)).toBe(200);
    expect(await statusOf('//evil.example/reports', `${origin}/reports`)).not.toBe(200);
  });

  it.each(['/a/../reports', '/./reports', '/%2e%2e/reports', '/a/%2E./reports'])(
    '[DPOP-13] does not accept a proof for the target %s, which has dot segments',
    async (path) => {
      const app = await everywhere();
      for (const htu of [`${origin}/reports`, origin + path]) {
        expect([400, 401]).toContain((await ask(app, { claims: { htu } }, { path })).status);
      }
    },
  );

  it('[DPOP-13] accepts each origin of a list, the prefix that a proxy removes, and the origin of the resource', async () => {
    const several = await application({ origin: [origin, 'http://Localhost:3000', 'https://x.example/api/'] });
    const uris = [`${origin}/reports`, 'http://localhost:3000/reports', 'https://x.example/api/reports'];
    for (const htu of uris) expect(await ask(several, { claims: { htu } })).toMatchObject({ status: 200 });
    expect(await ask(several, { claims: { htu: 'https://x.example/reports' } })).toMatchObject({ status: 401 });

    const resource = { url: 'https://r.example/base', path: '/', authorizationServers: [issuer] };
    const app = await startWith(adapter(), [dpop(verifier)], { resource });
    expect(await ask(app, { claims: { htu: 'https://r.example/reports' } })).toMatchObject({ status: 200 });
    expect(await ask(app)).toMatchObject({ status: 401 });
  });

  it('[DPOP-13] does not start without an origin', async () => {
    await expect(startWith(adapter(), [dpop(verifier)])).rejects.toThrow(
      "dpop(): origin is missing; name the origin of the application for its clients, e.g. 'https://api.example', or set resource of AuthModule",
    );
  });

  it('[DPOP-15] does not start with maxAge and nonces, because the nonce tells the age', async () => {
    await expect(application({ nonces, maxAge: '10s' })).rejects.toThrow(
      'dpop(): maxAge has no effect with nonces, because the nonce tells the age of a proof; set nonces.ttl instead',
    );
  });

  it('[DPOP-14] accepts proofs of the last minute, with a tolerance of 10 seconds', async () => {
    const app = await application();
    for (const seconds of [-65, -10, 8]) {
      expect(await ask(app, { claims: { iat: now() + seconds } })).toMatchObject({ status: 200 });
    }
    for (const seconds of [-75, -3600, -1e9, -1e300]) {
      expect(await ask(app, { claims: { iat: now() + seconds } })).toMatchObject(
        badProof('The DPoP proof has expired'),
      );
    }
    for (const seconds of [15, 61, 301, 3600, 1e300]) {
      expect(await ask(app, { claims: { iat: now() + seconds } })).toMatchObject(
        badProof('The DPoP proof is not valid yet'),
      );
    }
    expect(await ask(app, { claims: { iat: now() + 0.5 } })).toMatchObject({ status: 200 });
  });

  it('[DPOP-14] has options for the age and the clocks', async () => {
    const app = await application({ maxAge: '5m', clockTolerance: 0 });
    expect(await ask(app, { claims: { iat: now() - 290 } })).toMatchObject({ status: 200 });
    expect(await ask(app, { claims: { iat: now() - 310 } })).toMatchObject({ status: 401 });
    expect(await ask(app, { claims: { iat: now() + 5 } })).toMatchObject({ status: 401 });
  });

  describe('with nonces', () => {
    const withNonces = () => application({ nonces });

    const nonceOf = (answer: Answer) => answer.headers['dpop-nonce'] as string;

    it('[DPOP-15] asks for a nonce, and accepts a proof with it', async () => {
      const app = await withNonces();
      const answer = await ask(app);
      expect(answer).toMatchObject(refused('use_dpop_nonce', 'The DPoP proof needs a nonce of this server'));
      expect(await ask(app, { nonce: nonceOf(answer) })).toMatchObject({ status: 200 });
    });

    it.each(['', 'x', 'AAAA', 'A'.repeat(30), 1, {}, null])('[DPOP-15] refuses the nonce %j', async (nonce) => {
      const answer = await ask(await withNonces(), { claims: { nonce } });
      expect([errorOf(answer), typeof nonceOf(answer)]).toEqual(['use_dpop_nonce', 'string']);
    });

    it('[DPOP-16] sends one field of NQCHAR with each challenge', async () => {
      const app = await withNonces();
      const answers = [await send(app, '/reports'), await ask(app), await ask(app, { header: { typ: 'x' } })];
      for (const answer of answers) {
        expect([answer.status, nonceOf(answer)]).toEqual([401, expect.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/)]);
      }
      expect(errorOf(answers[0] as Answer)).toBeUndefined();
    });

    it('[DPOP-17] sends a new nonce with a success only in the second half of its life', async () => {
      const app = await withNonces();
      const nonce = nonceOf(await ask(app));
      const fresh = await ask(app, { nonce });
      expect([fresh.status, nonceOf(fresh), fresh.headers['cache-control']]).toEqual([
        200,
        undefined,
        'private, no-cache',
      ]);
      later(301_000);
      const old = await ask(app, { nonce });
      expect([old.status, typeof nonceOf(old)]).toEqual([200, 'string']);
      expect(nonceOf(old)).not.toBe(nonce);
      expect(await ask(app, { nonce: nonceOf(old) })).toMatchObject({ status: 200 });
      expect(old.headers['cache-control']).toBe('no-store');
      later(301_000);
      expect(errorOf(await ask(app, { nonce, token: await tokenOf({ exp: now() + 1000 }) }))).toBe('use_dpop_nonce');
    });

    it('[DPOP-18] sends a nonce with Cache-Control: no-store', async () => {
      expect((await ask(await withNonces())).headers['cache-control']).toBe('no-store');
    });

    it('[DPOP-19] takes the age from the nonce, not from iat', async () => {
      const app = await withNonces();
      const nonce = nonceOf(await ask(app));
      for (const iat of [0, now() - 3600, now() + 3600]) {
        expect(await ask(app, { nonce, claims: { iat } })).toMatchObject({ status: 200 });
      }
      expect(await ask(app, { nonce, claims: { iat: 'x' } })).toMatchObject({ status: 401 });
    });

    it('[DPOP-15] accepts the nonce of an instance with the same secret or the previous one, and of no other', async () => {
      const rotated = await application({ nonces: { secret: ['another secret of more than 32 characters', secret] } });
      const same = await withNonces();
      const stranger = await application({ nonces: { secret: 'another secret of more than 32 characters' } });
      const nonce = nonceOf(await ask(same));
      expect(await ask(rotated, { nonce })).toMatchObject({ status: 200 });
      expect(await ask(await withNonces(), { nonce })).toMatchObject({ status: 200 });
      expect(errorOf(await ask(stranger, { nonce }))).toBe('use_dpop_nonce');
      expect(errorOf(await ask(same, { nonce: nonceOf(await ask(rotated)) }))).toBe('use_dpop_nonce');
    });

    it('[DPOP-20] refuses a proof that was used, and asks for a nonce if the memory is full', async () => {
      const app = await application({ nonces, replay: { max: 1 } });
      const nonce = nonceOf(await ask(app));
      const headers = fieldsOf(await tokenOf(), { nonce });
      expect(await send(app, '/reports', { headers })).toMatchObject({ status: 200 });
      expect(await send(app, '/reports', { headers })).toMatchObject(badProof('The DPoP proof was used before'));
      // Later, it would be unknown if a second proof with this nonce was used.
      expect(errorOf(await ask(app, { nonce }))).toBe('use_dpop_nonce');
      later(1000);
      const fresh = nonceOf(await ask(app));
      expect(await ask(app, { nonce: fresh })).toMatchObject({ status: 200 });
      expect(errorOf(await send(app, '/reports', { headers }))).toBe('use_dpop_nonce');
    });
  });

  it('[DPOP-16] does not send a nonce without the option nonces', async () => {
    const app = await application();
    expect((await ask(app, { header: { typ: 'x' } })).headers['dpop-nonce']).toBeUndefined();
    expect((await send(app, '/reports')).headers['dpop-nonce']).toBeUndefined();
  });

  it('[DPOP-20] refuses a proof that was used, also with another spelling of its signature', async () => {
    const app = await application();
    const { authorization, dpop: proof } = fieldsOf(await tokenOf());
    expect(await send(app, '/reports', { headers: { authorization, dpop: proof } })).toMatchObject({ status: 200 });
    for (const one of [proof, respelt(proof)]) {
      expect(await send(app, '/reports', { headers: { authorization, dpop: one } })).toMatchObject(
        badProof('The DPoP proof was used before'),
      );
    }
  });

  it('[DPOP-20] accepts the same jti of another key, for another method and for another URI', async () => {
    const app = await application();
    const claims = { jti: 'one' };
    const foreign = await tokenOf({ cnf: { jkt: other.jkt } });
    const statuses = [
      await ask(app, { claims }),
      await ask(app, { claims }),
      await ask(app, { claims: { ...claims, iat: now() - 3 } }),
      await ask(app, { claims, key: other, token: foreign }),
      await ask(app, { claims, method: 'POST' }, { method: 'POST' }),
      await ask(app, { claims }, { path: '/mcp' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 401, 401, 200, 201, 200]);
  });

  it('[DPOP-20] accepts one of several requests that use a proof at the same time', async () => {
    const app = await application();
    const headers = fieldsOf(await tokenOf());
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(app, '/reports', { headers })));
    const accepted = answers.filter(({ status }) => status === 200);
    expect([accepted.length, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([200, 401])]);
  });

  it('[DPOP-20] does not use up a proof that is refused for another reason', async () => {
    let isOpen = false;
    const verify: VerifierFunction<DpopCredentials> = async (credentials, request, context) => {
      const { principal } = await verifier(credentials, request, context);
      return isOpen ? principal : null;
    };
    const app = await startWith(adapter(), [dpop(verify, { origin })]);
    const headers = fieldsOf(await tokenOf());
    expect(await send(app, '/reports', { headers })).toMatchObject({ status: 401 });
    isOpen = true;
    expect(await send(app, '/reports', { headers })).toMatchObject({ status: 200 });
  });

  it('[DPOP-20] refuses older proofs if the memory is full, and accepts newer ones', async () => {
    const app = await application({ replay: { max: 1 } });
    const headers = fieldsOf(await tokenOf(), { claims: { iat: now() - 20 } });
    expect(await send(app, '/reports', { headers })).toMatchObject({ status: 200 });
    expect(await ask(app)).toMatchObject({ status: 200 });
    expect(await send(app, '/reports', { headers })).toMatchObject(badProof('The DPoP proof has expired'));
    expect(await ask(app, { claims: { iat: now() - 30 } })).toMatchObject({ status: 401 });
  });

  it('[DPOP-20] verifies a proof once if a protected path and a route check the same request', async () => {
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verifier, { origin })] })],
        controllers: [ReportsController],
      },
      (one) => protect(one, '/reports'),
    );
    expect(await ask(app)).toMatchObject({ status: 200 });
  });

  it('[DPOP-21] refuses a proof for another token', async () => {
    const ath = createHash('sha256').update('another').digest('base64url');
    const app = await application();
    for (const wrong of [ath, '', `${ath}=`]) {
      expect(await ask(app, { claims: { ath: wrong } })).toMatchObject(
        badProof('The DPoP proof is for another access token'),
      );
    }
  });

  it('[DPOP-22] refuses a token of another key', async () => {
    const answer = await ask(await application(), { key: other });
    expect(answer).toMatchObject(refused('invalid_token', 'The token is bound to another key'));
  });

  it.each([{}, null, 'x', [], { jkt: 1 }, { jkt: null }, { jkt: [key.jkt] }, { JKT: key.jkt }, { jwk: key.jwk }])(
    '[DPOP-22] refuses a token whose cnf is %j',
    async (cnf) => {
      const answer = await ask(await application(), { token: await tokenOf({ cnf }) });
      expect([answer.status, errorOf(answer)]).toEqual([401, 'invalid_token']);
    },
  );

  it('[DPOP-22] [DPOP-23] checks the binding of an introspection response, and keeps it in the cache', async () => {
    let claims: object = { cnf: { jkt: key.jkt }, token_type: 'DPoP' };
    const endpoint = await Endpoint.start(() => ({ active: true, aud: audience, sub: 'alice', ...claims }));
    const byEndpoint = () => introspection({ endpoint: endpoint.url, clientId: 'a', clientSecret: 'b', audience });
    const shared = byEndpoint();
    const app = await startWith(adapter(), [dpop(shared, { origin }), bearer(shared)]);
    expect(await ask(app, { token: 'opaque' })).toMatchObject({ status: 200 });
    expect(await ask(app, { token: 'opaque' })).toMatchObject({ status: 200 });
    expect(endpoint.asked.length).toBe(1);
    expect(await ask(app, { token: 'opaque', key: other })).toMatchObject({ status: 401 });
    expect(await send(app, '/reports', { headers: { authorization: 'Bearer opaque' } })).toMatchObject({ status: 401 });
    for (const wrong of [{ token_type: 'Bearer' }, { cnf: null }, { cnf: undefined }, { cnf: { jkt: other.jkt } }]) {
      claims = { cnf: { jkt: key.jkt }, token_type: 'DPoP', ...wrong };
      const fresh = await startWith(adapter(), [dpop(byEndpoint(), { origin })]);
      const answer = await ask(fresh, { token: 'opaque' });
      expect([wrong, answer.status, errorOf(answer)]).toEqual([wrong, 401, 'invalid_token']);
    }
  });

  describe('with other schemes', () => {
    const sentBy: [name: string, scheme: SchemeDefinition, headers: (token: string) => OutgoingHttpHeaders][] = [
      ['bearer()', bearer(verifier), (token) => ({ authorization: `Bearer ${token}` })],
      [
        'bearer(anyOf())',
        bearer(
          anyOf(
            verifier,
            tokens(() => null),
          ),
        ),
        (token) => ({ authorization: `Bearer ${token}` }),
      ],
      ...(
        [
          ['anyOf()', anyOf(verifier, () => ({ name: 'anybody' }))],
          ['a catch block', (c, r, x) => verifier(c, r, x).catch(() => ({ name: 'anybody' }))],
        ] satisfies [what: string, verify: VerifierFunction<DpopCredentials>][]
      ).map(([what, verify]): (typeof sentBy)[number] => [
        `bearer() if ${what} accepts everything that jwt() refuses`,
        bearer(verify),
        (token) => ({ authorization: `Bearer ${token}` }),
      ]),
      ['apiKey()', apiKey(verifier), (token) => ({ 'x-api-key': token })],
      ['cookie()', cookie(verifier, { name: 'sid' }), (token) => ({ cookie: `sid=${token}` })],
    ];

    it.each(sentBy)(
      '[DPOP-24] refuses a bound token for %s, also if it is in the cache',
      async (_what, scheme, headersOf) => {
        const app = await startWith(adapter(), [dpop(verifier, { origin }), scheme]);
        const token = await tokenOf();
        expect(await send(app, '/reports', { headers: headersOf(token) })).toMatchObject({ status: 401 });
        expect(await ask(app, { token })).toMatchObject({ status: 200 });
        expect(await send(app, '/reports', { headers: headersOf(token) })).toMatchObject({ status: 401 });
        expect(
          await send(app, '/reports', { headers: { ...headersOf(token), dpop: fieldsOf(token).dpop } }),
        ).toMatchObject({
          status: 401,
        });
        const free = await tokenOf({ cnf: undefined });
        expect(await send(app, '/reports', { headers: headersOf(free) })).toMatchObject({ status: 200 });
      },
    );

    it('[DPOP-24] refuses a bound token in a form', async () => {
      const app = await startWith(adapter(), [dpop(verifier, { origin }), bearer(verifier, { formEncodedBody: true })]);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = `access_token=${await tokenOf()}`;
      expect(await send(app, '/reports', { method: 'POST', headers, body })).toMatchObject({ status: 401 });
    });

    it.each<[what: string, verify: VerifierFunction<DpopCredentials>]>([
      ['returns admit() with a confirmation', () => admit('alice', { confirmation: { jkt: key.jkt } })],
      ['returns it inside of another admit()', () => admit(admit('a', { confirmation: {} }) as never, { scopes: [] })],
    ])('[DPOP-24] refuses in every other scheme what a verifier %s', async (_what, verify) => {
      const all = [
        bearer(verify),
        apiKey(verify),
        cookie(verify, { name: 'sid' }),
        basic(() => verify({ token: '' }, {} as never, {} as never) as never),
      ];
      const app = await startWith(adapter(), all);
      for (const headers of [
        { authorization: 'Bearer a' },
        { 'x-api-key': 'a' },
        { cookie: 'sid=a' },
        { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
      ]) {
        expect(await send(app, '/reports', { headers })).toMatchObject({ status: 401 });
      }
    });

    it('[DPOP-24] refuses bound credentials in a scheme of the application that does not check proofs', async () => {
      const own = (confirms?: boolean): SchemeDefinition => ({
        name: 'Own',
        problem: () => undefined,
        bind: () => ({
          name: 'Own',
          ...(confirms !== undefined && { confirms }),
          authenticate: async () => admit('alice', { confirmation: { jkt: 'x' } }),
          challenge: (realm) => ({ scheme: 'Own', params: { realm } }),
        }),
      });
      const headers = { authorization: 'Own a' };
      expect(await send(await startWith(adapter(), [own()]), '/reports', { headers })).toMatchObject({ status: 401 });
      expect(await send(await startWith(adapter(), [own(true)]), '/reports', { headers })).toMatchObject({
        status: 200,
      });
    });

    it('[DPOP-29] names the error only in the challenge of the scheme that was used', async () => {
      const app = await startWith(adapter(), [dpop(verifier, { origin }), bearer(verifier)]);
      const algs = 'algs="ES256 Ed25519 EdDSA PS256"';
      expect((await send(app, '/reports')).challenges).toEqual([
        `DPoP realm="Reports", ${algs}`,
        'Bearer realm="Reports"',
      ]);
      expect(
        (await send(app, '/reports', { headers: { authorization: `Bearer ${await tokenOf()}` } })).challenges,
      ).toEqual([
        `DPoP realm="Reports", ${algs}`,
        'Bearer realm="Reports", error="invalid_token", error_description="The token is bound to a key, and cannot be used as a bearer token"',
      ]);
      expect((await ask(app, { header: { typ: 'x' } })).challenges).toEqual([
        `DPoP realm="Reports", error="invalid_dpop_proof", error_description="The type of the DPoP proof is not dpop+jwt", ${algs}`,
        'Bearer realm="Reports"',
      ]);
      expect((await send(app, '/reports', { headers: { dpop: fieldsOf('a').dpop } })).challenges).toEqual([
        `DPoP realm="Reports", ${algs}`,
        'Bearer realm="Reports"',
      ]);
    });
  });

  it('[DPOP-25] refuses a token that is not bound', async () => {
    const answer = await ask(await application(), { token: await tokenOf({ cnf: undefined }) });
    expect(answer).toMatchObject(refused('invalid_token', 'The token is not bound to a key of DPoP'));
  });

  describe('[DPOP-26] checks the binding although the verifier of the application', () => {
    @Injectable()
    class Sessions {
      async verify(credentials: DpopCredentials, request: never, context: VerifierContext) {
        return { name: String((await verifier(credentials, request, context)).principal.sub) };
      }
    }

    const verifiers: [what: string, verify: VerifierFunction<DpopCredentials> | typeof Sessions][] = [
      ['returns a plain principal', async (c, r, x) => ({ name: (await verifier(c, r, x)).principal.sub })],
      ['returns its own admit()', async (c, r, x) => admit((await verifier(c, r, x)).principal, { scopes: [] })],
      ['is a class', Sessions],
      [
        'is anyOf()',
        anyOf(
          tokens<string>(() => null),
          verifier,
        ),
      ],
      ['returns true', async (c, r, x) => Boolean(await verifier(c, r, x))],
      [
        'claims another key',
        async (c, r, x) => admit((await verifier(c, r, x)).principal, { confirmation: { jkt: other.jkt } }),
      ],
    ];

    it.each(verifiers)('%s', async (what, verify) => {
      const app = await start(adapter(), {
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verify as never, { origin })] })],
        controllers: [ReportsController],
        providers: [Sessions],
      });
      expect((await ask(app)).status).toBe(what === 'claims another key' ? 401 : 200);
      expect(await ask(app, { key: other })).toMatchObject({ status: 401 });
      expect(await ask(app, { token: await tokenOf({ cnf: undefined }) })).toMatchObject({ status: 401 });
    });

    it('has an option principal that returns its own admit()', async () => {
      const own = jwt({
        issuer,
        audience,
        key: pemOf(signing),
        principal: ({ sub }) => admit({ sub }, { scopes: [] }),
      });
      const app = await startWith(adapter(), [dpop(own, { origin })]);
      expect(await ask(app)).toMatchObject({ status: 200 });
      expect(await ask(app, { key: other })).toMatchObject({ status: 401 });
    });

    it('has an option claims with a schema, or roles', async () => {
      const own = jwt({ issuer, audience, key: pemOf(signing), roles: 'groups', claims: { sub: 'alice' } });
      const app = await startWith(adapter(), [dpop(own, { origin })]);
      expect(await ask(app)).toMatchObject({ status: 200 });
      expect(await ask(app, { key: other })).toMatchObject({ status: 401 });
    });

    it('calls jwt() without the context, which refuses bound tokens', async () => {
      const app = await startWith(adapter(), [dpop(async (c, r) => (await verifier(c, r)).principal, { origin })]);
      const bound = 'The token is bound to a key, and cannot be used as a bearer token';
      expect(await ask(app)).toMatchObject(refused('invalid_token', bound));
    });
  });

  it('[DPOP-26] checks a confirmation that a verifier of the application returns', async () => {
    const sessions = new Map([['session', { user: 'alice', jkt: key.jkt }]]);
    const verify: VerifierFunction<DpopCredentials> = ({ token }) => {
      const session = sessions.get(token);
      return session && admit({ sub: session.user }, { confirmation: { jkt: session.jkt } });
    };
    const app = await startWith(adapter(), [dpop(verify, { origin })]);
    expect((await ask(app, { token: 'session' })).json()).toMatchObject({ sub: 'alice' });
    expect(await ask(app, { token: 'session', key: other })).toMatchObject({ status: 401 });
    expect(await ask(app, { token: 'other' })).toMatchObject({ status: 401 });
  });

  it('[DPOP-27] has invalid_token for a token that is refused, and its description', async () => {
    const app = await application();
    expect(await ask(app, { token: await tokenOf({ exp: now() - 60 }) })).toMatchObject(
      refused('invalid_token', 'The token has expired'),
    );
    expect(await ask(app, { token: 'opaque' })).toMatchObject(refused('invalid_token', 'The token is not a valid JWT'));
  });

  it('[DPOP-27] responds with 5xx if the verifier fails, and with its own 4xx', async () => {
    const failing = await startWith(adapter(), [
      dpop(
        () => {
          throw new Error('database');
        },
        { origin },
      ),
    ]);
    expect(await ask(failing)).toMatchObject({ status: 500, challenges: [] });
  });

  it('[DPOP-28] names the algorithms in each challenge', async () => {
    const app = await application({ algorithms: ['ES256', 'ES384'] });
    for (const answer of [await send(app, '/reports'), await ask(app, { header: { typ: 'x' } })]) {
      expect(parseChallenges(answer.challenges)?.[0]?.params).toMatchObject({ algs: 'ES256 ES384' });
    }
    const scoped = await ask(app, {}, { path: '/scoped' });
    expect([scoped.status, parseChallenges(scoped.challenges)?.[0]?.params]).toEqual([
      403,
      { realm: 'Reports', scope: 'reports:write', error: 'insufficient_scope', algs: 'ES256 ES384' },
    ]);
  });

  it('[DPOP-30] does not start in a proxy', async () => {
    await expect(application({}, { proxy: true })).rejects.toThrow(
      'dpop(): DPoP does not exist for proxies (RFC 9449 section 7.1); remove dpop() or proxy: true',
    );
  });

  it('[DPOP-31] exposes its fields to scripts of other origins', async () => {
    const app = await application({ nonces: { secret, ttl: '10s' } });
    const headers = { origin: 'https://app.example' };
    const asked = await send(app, '/reports', { headers });
    expect(asked.headers['access-control-expose-headers']).toBe('WWW-Authenticate, DPoP-Nonce');
    const nonce = asked.headers['dpop-nonce'] as string;
    later(6000);
    const answer = await ask(app, { nonce }, { headers });
    expect([answer.status, answer.headers['access-control-expose-headers']]).toEqual([200, 'DPoP-Nonce']);
    const preflight = await send(app, '/reports', {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,dpop',
      },
    });
    expect([preflight.status, preflight.challenges]).toEqual([204, []]);
  });

  it('[DPOP-32] [DPOP-33] describes itself in the metadata of the resource', async () => {
    const resource = { url: origin, authorizationServers: [issuer] };
    const metadata = async (schemes: readonly SchemeDefinition[]) => {
      const app = await startWith(adapter(), schemes, { resource });
      const answer = await send(app, '/reports');
      expect(answer.challenges[0]).toContain(
        'resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
      );
      return (await send(app, '/.well-known/oauth-protected-resource')).json();
    };
    const algorithms = { dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'PS256'] };
    expect(await metadata([dpop(verifier), basic(() => null)])).toMatchObject({
      ...algorithms,
      dpop_bound_access_tokens_required: true,
    });
    const both = await metadata([dpop(verifier), bearer(verifier)]);
    expect(both).toMatchObject(algorithms);
    expect(both).not.toHaveProperty('dpop_bound_access_tokens_required');
    expect(await metadata([bearer(verifier)])).not.toHaveProperty('dpop_signing_alg_values_supported');
  });

  it('[DPOP-34] ignores unknown members of cnf, and refuses a binding to a certificate that it cannot check', async () => {
    const app = await application();
    const keycloak = { jkt: key.jkt, 'kc:unknown': { a: 1 } };
    expect(await ask(app, { token: await tokenOf({ cnf: keycloak }) })).toMatchObject({ status: 200 });
    for (const thumbprint of ['A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0', null]) {
      const token = await tokenOf({ cnf: { jkt: key.jkt, 'x5t#S256': thumbprint } });
      expect(await ask(app, { token })).toMatchObject(
        refused('invalid_token', 'The token is bound to a client certificate as well'),
      );
    }
  });

  it('[DPOP-35] accepts only SHA-256 for the key and for the token', async () => {
    const app = await application();
    const token = await tokenOf();
    const ath = createHash('sha512').update(token).digest('base64url');
    expect(await ask(app, { token, claims: { ath } })).toMatchObject({ status: 401 });
    const jkt = createHash('sha512').update('x').digest('base64url');
    expect(await ask(app, { token: await tokenOf({ cnf: { jkt } }) })).toMatchObject({ status: 401 });
  });

  it('responds on an optional route as without credentials, unless the credentials are refused', async () => {
    const app = await application();
    const path = '/optional';
    expect((await send(app, path)).json()).toEqual({ user: null });
    expect((await ask(app, {}, { path })).json()).toMatchObject({ user: { sub: 'alice' } });
    expect(await ask(app, { key: other }, { path })).toMatchObject({ status: 401 });
  });

  it('does not verify a signature, and does not call the verifier, for a proof that is refused before', async () => {
    const verify = jest.fn(() => null);
    const app = await startWith(adapter(), [dpop(verify, { origin })]);
    await ask(app, { claims: { htm: 'PUT' } });
    expect(verify).not.toHaveBeenCalled();
    await ask(app);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('accepts a ticket of a client with a bound token, because a ticket is another credential', async () => {
    @Controller()
    class StreamController {
      constructor(private readonly tickets: Tickets) {}
      @Post('tickets') issue(@Req() request: HttpRequest) {
        return this.tickets.issue(request, { path: '/events' });
      }
      @Sse('events') events(@CurrentAuth() auth: AuthInfo) {
        return of({ data: auth });
      }
    }
    const app = await start(adapter(), {
      imports: [
        AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verifier, { origin }), ticket()] }),
        TicketsModule,
      ],
      controllers: [StreamController],
    });
    const issued = await ask(app, { method: 'POST' }, { method: 'POST', path: '/tickets' });
    const { ticket: text } = issued.json() as IssuedTicket;
    const answer = await send(app, `/events?ticket=${text}`, { headers: { accept: 'text/event-stream' } });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('"scheme":"Ticket"');
    expect(answer.body).not.toContain('jkt');
  });

  it('checks the target as the client sent it, also if a middleware rewrites it', async () => {
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [dpop(verifier, { origin })] })],
        controllers: [ReportsController],
      },
      (one) =>
        one.use((request: { url: string }, _response: unknown, next: () => void) => {
          request.url = request.url.replace(/^\/v1/, '');
          next();
        }),
    );
    const statusOf = async (htu: string) => (await ask(app, { claims: { htu } }, { path: '/v1/reports' })).status;
    const sent = await statusOf(`${origin}/v1/reports`);
    // Fastify chooses the route before its middleware runs.
    expect(sent).toBe(adapter().getType() === 'express' ? 200 : 404);
    expect(await statusOf(`${origin}/reports`)).not.toBe(200);
  });

  it('limits the failed attempts of an address if limits are set', async () => {
    const app = await application({ limits: { perAddress: 2 } });
    const statuses = [];
    for (const token of ['a', 'b', 'c']) statuses.push((await ask(app, { token })).status);
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('is an HTTP scheme in an OpenAPI document, with a 400', async () => {
    const app = await application();
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes).toEqual({ dpop: { type: 'http', scheme: 'dpop' } });
    const operation = document.paths['/reports']?.get;
    expect(operation?.security).toEqual([{ dpop: [] }]);
    expect(operation?.responses['400']).toMatchObject({
      description: 'Bad Request: the DPoP credentials are malformed',
    });
  });

  it('reports refusals as events, with the reason', async () => {
    const app = await application();
    const events: RefusedEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    await ask(app, { header: { typ: 'x' } });
    await ask(app, { key: other });
    expect(events.map(({ scheme, reason, message }) => [scheme, reason, message])).toEqual([
      ['DPoP', 'invalid', 'The type of the DPoP proof is not dpop+jwt'],
      ['DPoP', 'invalid', 'The token is bound to another key'],
    ]);
  });

  it('has no proof in an error of the verifier', async () => {
    let proof = '';
    const logged: unknown[] = [];
    const failing = dpop(
      (_credentials, { headers }) => {
        proof = String(headers['dpop']);
        throw new Error(`failed for ${proof}`);
      },
      { origin },
    );
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [failing] })], controllers: [ReportsController] },
      undefined,
      { logger: { log() {}, warn() {}, error: (...all: unknown[]) => void logged.push(...all) } },
    );
    expect(await ask(app)).toMatchObject({ status: 500 });
    const text = logged.map((one) =>
      one instanceof Error ? `${one.stack} ${(one.cause as Error).stack}` : String(one),
    );
    expect(text.join()).toContain('failed for [redacted]');
    expect(text.join()).not.toContain(proof);
  });

  it('is a scheme for asUser()', async () => {
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [basic(() => null), dpop(verifier, { origin })] })],
        controllers: [ReportsController],
      }),
    ).compile();
    const app = module.createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    try {
      const info = { scheme: 'DPoP', confirmation: { jkt: 'x' } };
      const answer = await send(app, '/reports', { headers: asUser({ sub: 'bob' }, info) });
      expect(answer.json()).toEqual({ sub: 'bob', ...info });
    } finally {
      await app.close();
    }
  });
});

/** Returns the same ECDSA signature in its other form: (r, n - s) is valid if (r, s) is. */
function respelt(proof: string): string {
  const end = proof.lastIndexOf('.') + 1;
  const bytes = Buffer.from(proof.slice(end), 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const negated = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return proof.slice(0, end) + Buffer.concat([bytes.subarray(0, 32), negated]).toString('base64url');
}
