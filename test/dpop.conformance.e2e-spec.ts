import { createHash, createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, bearer, parseChallenges } from 'nestjs-http-auth';
import { dpop } from 'nestjs-http-auth/dpop';
import { jwt } from 'nestjs-http-auth/jwt';
import { dpopKey, dpopProof, type DpopProofOptions } from 'nestjs-http-auth/testing';
import { adapters, rootModule } from './support/application.js';
import { send } from './support/client.js';
import { audience, newKey, now, pemOf, sign } from './support/issuer.js';

// The tests of the conformance suites and of other libraries for DPoP, by their names: the input, and the right response.

@Controller()
class ReportsController {
  @Get('reports') list() {}
}

const url = 'https://api.example/reports';
const signing = newKey('first');
const key = dpopKey();
const other = dpopKey();

/** A request. The rest of the properties are of the proof. */
interface Case extends Partial<DpopProofOptions> {
  /** The claims of the token. */
  readonly of?: Record<string, unknown>;
  readonly scheme?: string;
  /** Changes the proof. */
  readonly change?: (proof: string) => string;
  /** Returns the field lines after `Host`, instead of the usual ones. */
  readonly lines?: (token: string, proof: string) => string[];
  readonly path?: string;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs the proof again by another algorithm, which its header names. */
const resigned = (header: object, signature: (input: string) => Buffer) => (proof: string) => {
  const input = `${encode({ typ: 'dpop+jwt', jwk: key.jwk, ...header })}.${proof.split('.')[1]}`;
  return `${input}.${signature(input).toString('base64url')}`;
};

const hs256 = resigned({ alg: 'HS256' }, (input) => createHmac('sha256', 'secret').update(input).digest());
const none = resigned({ alg: 'none' }, () => Buffer.alloc(0));
const es384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const tampered = (proof: string) => {
  const [header, payload, signature] = proof.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return `${header}.${encode({ ...claims, jti: 'tampered' })}.${signature}`;
};
const privateJwk = key.privateKey.export({ format: 'jwk' });
const without = (name: string): Case => ({ claims: { [name]: undefined } });
const fieldsOf = (token: string, proof: string) => ['Authorization', `DPoP ${token}`, 'DPoP', proof];

const [proofError, tokenError] = ['invalid_dpop_proof', 'invalid_token'] as const;

/** Each with the error of the DPoP challenge; `undefined` if it has none. */
const refusals: [suite: string, what: string, error: string | undefined, input: Case][] = [
  ['FAPI2', 'two DPoP fields', proofError, { lines: (token, proof) => [...fieldsOf(token, proof), 'DPoP', proof] }],
  ['FAPI2', 'a JWT of two parts', proofError, { change: (proof) => proof.split('.', 2).join('.') }],
  ['FAPI2', 'no typ', proofError, { header: { typ: undefined } }],
  ['FAPI2', 'no alg', proofError, { header: { alg: undefined } }],
  ['FAPI2', 'no jwk', proofError, { header: { jwk: undefined } }],
  ['FAPI2', 'no jti', proofError, without('jti')],
  ['FAPI2', 'no htm', proofError, without('htm')],
  ['FAPI2', 'no htu', proofError, without('htu')],
  ['FAPI2', 'no iat', proofError, without('iat')],
  ['FAPI2', 'no ath', proofError, without('ath')],
  ['FAPI2', 'a typ with a suffix', proofError, { header: { typ: 'dpop+jwt1' } }],
  ['FAPI2', 'RS256, which is not listed', proofError, { key: dpopKey('RS256') }],
  ['FAPI2', 'the algorithm none', proofError, { change: none }],
  ['FAPI2', 'a broken signature', proofError, { change: (proof) => `${proof.slice(0, -6)}AAAAAA` }],
  ['FAPI2', 'a private jwk', proofError, { header: { jwk: privateJwk } }],
  ['FAPI2', 'the htm PUT', proofError, { claims: { htm: 'PUT' } }],
  ['FAPI2', 'an htu with a suffix', proofError, { claims: { htu: `${url}/suffix` } }],
  ['FAPI2', 'an iat an hour ahead', proofError, { claims: { iat: now() + 3600 } }],
  ['FAPI2', 'an iat an hour ago', proofError, { claims: { iat: now() - 3600 } }],
  ['FAPI2', 'a wrong ath', proofError, { claims: { ath: createHash('sha256').update('x').digest('base64url') } }],
  ['FAPI2', 'a proof of another key', tokenError, { key: other }],
  ['FAPI2', 'no DPoP field', proofError, { lines: (token) => ['Authorization', `DPoP ${token}`] }],
  ['FAPI2', 'the scheme Bearer', undefined, { scheme: 'Bearer' }],
  ['MCP', 'HS256', proofError, { change: hs256 }],
  ['MCP', 'a changed claim', proofError, { change: tampered }],
  ['MCP', 'an iat more than 5 minutes ago', proofError, { claims: { iat: now() - 301 } }],
  ['MCP', 'an iat more than 5 minutes ahead', proofError, { claims: { iat: now() + 301 } }],
  ['MCP', 'a token with another jkt', tokenError, { of: { cnf: { jkt: other.jkt } } }],
  ['MCP', 'two proofs in one field', proofError, { change: (proof) => `${proof}, ${proof}` }],
  ['Keycloak', 'another path', proofError, { claims: { htu: 'https://api.example/other' } }],
  ['Keycloak', 'an htu that is not a URI', proofError, { claims: { htu: ':::*;' } }],
  ['Auth0', 'a proof without Authorization', undefined, { lines: (_token, proof) => ['DPoP', proof] }],
  ['Auth0', 'no cnf', tokenError, { of: { cnf: undefined } }],
  ['Auth0', 'a cnf that is a string', tokenError, { of: { cnf: key.jkt } }],
  ['Auth0', 'a cnf that is a list', tokenError, { of: { cnf: [{ jkt: key.jkt }] } }],
  ['Auth0', 'a jkt that is a number', tokenError, { of: { cnf: { jkt: 1 } } }],
  ['Auth0', 'a jti that is an object', proofError, { claims: { jti: {} } }],
  ['Auth0', 'an htm that is a number', proofError, { claims: { htm: 1 } }],
  ['Auth0', 'an iat that is a string', proofError, { claims: { iat: String(now()) } }],
  ['Auth0', 'dot segments in htu', proofError, { claims: { htu: 'https://api.example/a/../reports' } }],
  ['Auth0', 'an IDN in htu', proofError, { claims: { htu: 'https://\u00e4pi.example/reports' } }],
  ['Auth0', 'another IPv6 address in htu', proofError, { claims: { htu: 'https://[2001:db8::1]/reports' } }],
  ['Auth0', 'user information in htu', proofError, { claims: { htu: 'https://a:b@api.example/reports' } }],
  ['Auth0', 'a port of six digits in htu', proofError, { claims: { htu: 'https://api.example:100443/reports' } }],
  ['Auth0', 'a certificate that nothing can check', tokenError, { of: { cnf: { jkt: key.jkt, 'x5t#S256': 'A4Dt' } } }],
  ['ours', 'a jti of 5 kB', proofError, { claims: { jti: 'x'.repeat(5000) } }],
  ['ours', 'a jti that is a number', proofError, { claims: { jti: 1 } }],
  ['ours', 'an htm in lower case', proofError, { claims: { htm: 'get' } }],
  ['ours', 'another Host', proofError, { claims: { htu: 'https://evil.example/reports' } }],
  ['ours', 'a jwk with padding', proofError, { header: { jwk: { ...key.jwk, x: `${String(key.jwk['x'])}=` } } }],
  ['ours', 'a jwk with leading zeros', proofError, { header: { jwk: { ...key.jwk, x: `AA${String(key.jwk['x'])}` } } }],
  ['ours', 'a jwk with a newline', proofError, { header: { jwk: { ...key.jwk, x: `${String(key.jwk['x'])}\n` } } }],
  [
    'ours',
    'a long RSA exponent',
    proofError,
    { header: { alg: 'PS256', jwk: { ...dpopKey('PS256').jwk, e: Buffer.alloc(255, 1).toString('base64url') } } },
  ],
  [
    'ours',
    'a P-384 key with the name of P-256',
    proofError,
    {
      change: resigned({ alg: 'ES256', jwk: { ...es384.publicKey.export({ format: 'jwk' }), crv: 'P-256' } }, (input) =>
        signWith('sha384', Buffer.from(input), { key: es384.privateKey, dsaEncoding: 'ieee-p1363' }),
      ),
    },
  ],
  [
    'ours',
    'two Authorization fields',
    undefined,
    { lines: (token, proof) => [...fieldsOf(token, proof), 'Authorization', `DPoP ${token}`] },
  ],
];

const acceptances: [suite: string, what: string, input: Case][] = [
  ['FAPI2', 'the field name DPOP', { lines: (token, proof) => ['authorization', `DPoP ${token}`, 'DPOP', proof] }],
  ['FAPI2', 'an htu with a query and a fragment', { claims: { htu: `${url}?a=1#b` }, path: '/reports?c=2' }],
  ['FAPI2', 'an htu without the query of the request', { path: '/reports?c=2' }],
  ['FAPI2', 'an unknown header parameter and an unknown claim', { header: { a: 1 }, claims: { b: 2 } }],
  ['FAPI2', 'an upper-case scheme and host in htu', { claims: { htu: 'HTTPS://API.EXAMPLE/reports' } }],
  ['FAPI2', 'an htu with :443', { claims: { htu: 'https://api.example:443/reports' } }],
  ['FAPI2', 'the scheme in another case', { scheme: 'dPoP' }],
  ['FAPI2', 'an iat 10 seconds ago', { claims: { iat: now() - 10 } }],
  ['FAPI2', 'an iat 8 seconds ahead', { claims: { iat: now() + 8 } }],
  ['FAPI2', 'nbf and exp in the proof', { claims: { nbf: now(), exp: now() + 60 } }],
  ['Keycloak', 'more members of cnf', { of: { cnf: { jkt: key.jkt, other: true } } }],
  ['Auth0', 'a percent-encoded letter', { claims: { htu: 'https://api.example/%72eports' } }],
  ['ours', 'a target in absolute form', { path: 'http://evil.example/reports' }],
  [
    'ours',
    'another Host with the right htu',
    {
      lines: (token, proof) => ['X-Forwarded-Host', 'evil.example', ...fieldsOf(token, proof)],
    },
  ],
];

describe.each(adapters)('DPoP on %s', (_name, adapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const tokens = jwt({ issuer: 'https://issuer.example', audience, key: pemOf(signing) });
    const schemes = [dpop(tokens, { origin: 'https://api.example' }), bearer(tokens)];
    const root = rootModule({
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes })],
      controllers: [ReportsController],
    });
    app = await NestFactory.create(root, adapter(), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  const ask = async ({ of = {}, scheme = 'DPoP', change = (one) => one, lines, path = '/reports', ...proof }: Case) => {
    const token = await sign(signing, { cnf: { jkt: key.jkt }, ...of });
    const text = change(dpopProof({ key, url, token, ...proof }));
    const headers = lines?.(token, text) ?? ['Authorization', `${scheme} ${token}`, 'DPoP', text];
    const answer = await send(app, path, { headers: ['Host', 'evil.example', ...headers] });
    const challenge = parseChallenges(answer.challenges)?.find((one) => one.scheme === 'DPoP');
    return { ...answer, error: challenge?.params?.['error'], algs: challenge?.params?.['algs'] };
  };

  it.each(refusals)('refuses a test of %s: %s', async (_suite, _what, error, input) => {
    const answer = await ask(input);
    expect([answer.status, answer.error, typeof answer.algs]).toEqual([401, error, 'string']);
    expect(answer.challenges[0]).toMatch(/^DPoP /);
  });

  it.each(acceptances)('accepts a test of %s: %s', async (_suite, _what, input) => {
    expect((await ask(input)).status).toBe(200);
  });

  it.each(['FAPI2', 'Keycloak'])('refuses a test of %s: the second use of a proof', async () => {
    const claims = { jti: `once ${Math.random()}` };
    expect([(await ask({ claims })).status, (await ask({ claims })).status]).toEqual([200, 401]);
  });
});
