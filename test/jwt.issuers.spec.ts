import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import {
  AuthConfigurationError,
  type HttpRequest,
  RefusedException,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { introspection } from 'nestjs-http-auth/introspection';
import {
  auth0,
  betterAuth,
  cognito,
  entraId,
  google,
  jwt,
  type JwtIssuer,
  type JwtOptions,
  keycloak,
  okta,
} from 'nestjs-http-auth/jwt';
import { audience, Issuer, jwkOf, newKey, now, sign } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';
import { Vendor } from './support/vendor.js';

const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const key = newKey('only');
const jwks = { keys: [jwkOf(key)] };
const base = { issuer: 'https://issuer.example', audience, jwks };

let log: RecordingLogger;
let vendor: Vendor | undefined;

beforeEach(() => Logger.overrideLogger((log = new RecordingLogger())));
afterEach(async () => {
  await vendor?.stop();
  vendor = undefined;
});

/** Returns `in`, the reason of a refusal, or the message and the cause if the keys cannot be fetched. */
async function outcomeOf(verified: Promise<unknown>): Promise<string> {
  try {
    await verified;
    return 'in';
  } catch (error) {
    if (error instanceof RefusedException) return error.message;
    if (!(error instanceof VerifierUnavailableException)) throw error;
    return `unavailable: ${error.message}`;
  }
}

async function resultOf(
  options: JwtOptions,
  claims: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return outcomeOf(jwt(options)({ token: await sign(key, claims, header) }, request));
}

/** Returns the message of the error that a function throws at startup. */
function problemOf(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    if (error instanceof AuthConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('An http issuer', () => {
  const url = 'http://keycloak:8080/realms/a';
  const documents = {
    [`${url}/.well-known/openid-configuration`]: { issuer: url, jwks_uri: `${url}/certs` },
    [`${url}/certs`]: jwks,
  };

  it.each<[what: string, issuer: JwtIssuer]>([
    ['issuer', { issuer: url, audience }],
    ['issuer', { issuer: url, audience, jwks }],
    ['jwks', { ...base, jwks: 'http://keycloak:8080/certs' }],
    ['metadataUrl', { issuer: base.issuer, audience, metadataUrl: 'http://keycloak:8080/metadata' }],
  ])('stops startup without allowInsecureHttp: %s', (what, issuer) => {
    expect(problemOf(() => jwt(issuer))).toBe(
      `jwt(): ${what} must be https; http is only for loopback addresses, or with allowInsecureHttp: true in a network that you trust`,
    );
    expect(problemOf(() => jwt({ ...issuer, allowInsecureHttp: false }))).toContain('must be https');
    expect(problemOf(() => jwt({ ...issuer, allowInsecureHttp: true }))).toBe('');
  });

  it('[D9] has its tokens accepted with allowInsecureHttp', async () => {
    vendor = await Vendor.start(documents);
    const { fetch } = vendor;
    expect(await resultOf({ issuer: url, audience, allowInsecureHttp: true, fetch }, { iss: url })).toBe('in');
  });

  it('has a warning at startup that names the risk', () => {
    jwt({ issuer: url, audience, allowInsecureHttp: true });
    expect(log.text()).toMatch(/allowInsecureHttp is set for http:\/\/keycloak:8080\/realms\/a.*forge tokens/);
  });

  it('has no warning without the option', () => {
    jwt(base);
    jwt({ issuer: 'http://localhost:8080', audience });
    expect(log.text()).toBe('');
  });

  it.each([
    [false, /^unavailable: The metadata of https:\/\/issuer.example: jwks_uri must be https/],
    [true, /^in$/],
  ])(
    'may have http keys in the metadata of an https issuer if allowInsecureHttp is %s',
    async (allowInsecureHttp, result) => {
      const { issuer } = base;
      vendor = await Vendor.start({
        [`${issuer}/.well-known/openid-configuration`]: { issuer, jwks_uri: 'http://keys.example/' },
        'http://keys.example/': jwks,
      });
      expect(await resultOf({ issuer, audience, allowInsecureHttp, fetch: vendor.fetch })).toMatch(result);
    },
  );

  it.each(['ftp://keycloak/', 'http://user:secret@keycloak/', 'http://keycloak/#a', 'keycloak'])(
    'stops startup with allowInsecureHttp if its URL is %s',
    (issuer) => {
      expect(problemOf(() => jwt({ issuer, audience, allowInsecureHttp: true }))).toMatch(/^jwt\(\): issuer must/);
    },
  );

  it('stops startup if the option is not a boolean', () => {
    expect(problemOf(() => jwt({ ...base, allowInsecureHttp: 'false' as never }))).toBe(
      'jwt(): allowInsecureHttp must be true or false',
    );
  });
});

describe('An http introspection endpoint', () => {
  const options = { endpoint: 'http://keycloak:8080/introspect', clientId: 'api', clientSecret: 's', audience: null };

  it('stops startup without allowInsecureHttp', () => {
    expect(problemOf(() => introspection(options))).toContain('introspection(): endpoint must be https');
    expect(problemOf(() => introspection({ ...options, allowInsecureHttp: 1 as never }))).toContain(
      'must be true or false',
    );
  });

  it('is used with allowInsecureHttp, with the option headers, and has a warning', async () => {
    vendor = await Vendor.start({ [options.endpoint]: { active: true, sub: 'alice' } });
    const headers = { 'X-Gateway': 'g' };
    const verify = introspection({ ...options, allowInsecureHttp: true, headers, fetch: vendor.fetch });
    expect(await outcomeOf(verify({ token: 't' }, request))).toBe('in');
    expect(vendor.asked[0]?.headers).toMatchObject({
      'x-gateway': 'g',
      authorization: expect.stringMatching(/^Basic /),
    });
    expect(log.text()).toMatch(/http:\/\/keycloak:8080\/introspect.*secret of this client/);
  });

  it.each(['Authorization', 'content-type', 'Accept'])('cannot get the field %s from the application', (name) => {
    const secure = { ...options, endpoint: 'https://login.example/introspect' };
    expect(problemOf(() => introspection({ ...secure, headers: { [name]: 'secret' } }))).toBe(
      `introspection(): headers must not have ${name}; the library sets this field`,
    );
  });
});

describe('The option metadataUrl', () => {
  const metadataUrl = 'https://internal.example/metadata?appid=1';
  const { issuer } = base;

  it('is requested instead of the well-known URLs', async () => {
    vendor = await Vendor.start({
      [metadataUrl]: { issuer, jwks_uri: 'https://internal.example/keys' },
      'https://internal.example/keys': jwks,
    });
    expect(await resultOf({ issuer, audience, metadataUrl, fetch: vendor.fetch })).toBe('in');
    expect(vendor.asked.map(({ url }) => url)).toEqual([metadataUrl, 'https://internal.example/keys']);
  });

  it('does not allow metadata of another issuer', async () => {
    vendor = await Vendor.start({
      [metadataUrl]: { issuer: 'https://internal.example', jwks_uri: 'https://internal.example/keys' },
    });
    expect(await resultOf({ issuer, audience, metadataUrl, fetch: vendor.fetch })).toBe(
      'unavailable: The metadata of https://issuer.example: issuer is "https://internal.example"; it must equal the option issuer exactly',
    );
  });

  it('stops startup together with keys, or if it is not a URL', () => {
    expect(problemOf(() => jwt({ ...base, metadataUrl }))).toContain(
      'metadataUrl, jwks, key and secret exclude each other',
    );
    expect(problemOf(() => jwt({ issuer, audience, metadataUrl: '/metadata' }))).toBe(
      'jwt(): metadataUrl must be an absolute URL',
    );
  });
});

describe('The option headers', () => {
  const { issuer } = base;
  const headers = { Authorization: 'Bearer gateway', 'X-Tenant': 'a' };
  const start = (jwksUri: string) =>
    Vendor.start({ [`${issuer}/.well-known/openid-configuration`]: { issuer, jwks_uri: jwksUri }, [jwksUri]: jwks });

  it.each([
    ['are sent to the keys on the same origin', `${issuer}/keys`, { authorization: 'Bearer gateway', 'x-tenant': 'a' }],
    ['are not sent to another origin that the metadata names', 'https://keys.example/', {}],
    ['are not sent to another port', `${issuer}:8443/keys`, {}],
  ])('%s', async (_what, jwksUri, expected) => {
    vendor = await start(jwksUri);
    expect(await resultOf({ issuer, audience, headers, fetch: vendor.fetch })).toBe('in');
    const sent = new Map(
      vendor.asked.map(({ url, headers: { authorization, 'x-tenant': tenant } }) => [
        url,
        { authorization, 'x-tenant': tenant },
      ]),
    );
    expect(sent.get(`${issuer}/.well-known/openid-configuration`)).toEqual({
      authorization: 'Bearer gateway',
      'x-tenant': 'a',
    });
    expect(sent.get(jwksUri)).toEqual({ authorization: undefined, 'x-tenant': undefined, ...expected });
  });

  it('are sent to the URL of the option jwks', async () => {
    vendor = await Vendor.start({ 'https://keys.example/': jwks });
    expect(await resultOf({ ...base, jwks: 'https://keys.example/', headers, fetch: vendor.fetch })).toBe('in');
    expect(vendor.asked[0]?.headers).toMatchObject({ authorization: 'Bearer gateway' });
  });

  it('of one issuer are not sent to another issuer', async () => {
    const other = 'https://other.example/keys';
    vendor = await Vendor.start({ 'https://keys.example/': jwks, [other]: jwks });
    const issuers = [
      { ...base, jwks: 'https://keys.example/', headers },
      { issuer: 'https://other.example', audience, jwks: other },
    ];
    const verify = jwt({ issuers, fetch: vendor.fetch });
    await verify.fetchKeys();
    expect(vendor.asked.find(({ url }) => url === other)?.headers).not.toHaveProperty('authorization');
  });

  it.each<[headers: unknown, problem: string]>([
    [{ 'a b': 'secret' }, 'headers: "a b" is not a valid field'],
    [{ a: 'secret\r\nb: c' }, 'headers: "a" is not a valid field'],
    [{ a: 5 }, 'headers: "a" is not a valid field'],
    [{ Accept: 'secret' }, 'headers must not have Accept; the library sets this field'],
    [['a'], 'headers must be an object of field names and values'],
    [null, 'headers must be an object of field names and values'],
  ])('stops startup without its values in the message: %j', (wrong, problem) => {
    expect(problemOf(() => jwt({ issuer, audience, headers: wrong as never }))).toBe(`jwt(): ${problem}`);
  });

  it('stops startup if no request is sent', () => {
    expect(problemOf(() => jwt({ ...base, headers }))).toContain('remove headers');
  });
});

describe('The option fetch', () => {
  it('stops startup if it is not a function', () => {
    expect(problemOf(() => jwt({ ...base, fetch: {} as never }))).toBe('jwt(): fetch must be a function like fetch()');
  });

  it('causes a 503 if it throws, and the error stays in the log', async () => {
    const fetch = () => Promise.reject(new Error('secret'));
    expect(await resultOf({ issuer: base.issuer, audience, fetch })).toMatch(
      /^unavailable: The request to https.* failed$/,
    );
  });
});

const ID_TOKEN = 'The token is an ID token, not an access token';

describe('An ID token', () => {
  it.each<[claims: JWTPayload, header: object, result: string]>([
    [{ nonce: 'n' }, {}, ID_TOKEN],
    [{ at_hash: 'h' }, {}, ID_TOKEN],
    [{ c_hash: 'h' }, {}, ID_TOKEN],
    [{ s_hash: 'h' }, {}, ID_TOKEN],
    [{ nonce: null }, {}, ID_TOKEN],
    [{ typ: 'ID', scope: 'openid' }, {}, ID_TOKEN],
    [{ token_use: 'id', scope: 'openid' }, {}, ID_TOKEN],
    [{ typ: 'ID' }, { typ: 'at+jwt' }, ID_TOKEN],
    // Access tokens of authentik, and of Keycloak 24 and before.
    [{ nonce: 'n', at_hash: 'h', scope: 'openid' }, {}, 'in'],
    [{ nonce: 'n', scp: ['openid'] }, {}, 'in'],
    [{ nonce: 'n' }, { typ: 'at+jwt' }, 'in'],
    [{ nonce: 'n' }, { typ: 'application/AT+JWT' }, 'in'],
    [{ nonce: 'n' }, { typ: 'JWT' }, ID_TOKEN],
    [{ auth_time: 1, acr: '1', azp: 'spa', typ: 'Bearer', token_use: 'access' }, {}, 'in'],
  ])('is refused as an access token: %j with the header %j is %s', async (claims, header, result) => {
    expect(await resultOf(base, claims, header)).toBe(result);
  });

  const profiled = { ...base, profile: 'id_token' } as const;
  const whole = { iat: now(), nonce: 'n', at_hash: 'h' };

  it.each<[claims: JWTPayload, header: object, result: string]>([
    [whole, {}, 'in'],
    [whole, { typ: 'JWT' }, 'in'],
    [{ ...whole, typ: 'ID' }, {}, 'in'],
    [whole, { typ: 'at+jwt' }, 'The token is of another type'],
    [{ ...whole, sub: undefined }, {}, 'A claim of the token is missing or invalid'],
    [{ ...whole, iat: undefined }, {}, 'A claim of the token is missing or invalid'],
    [{ ...whole, aud: 'other' }, {}, 'The token is not for this audience'],
  ])('is accepted if profile is id_token: %j with the header %j is %s', async (claims, header, result) => {
    expect(await resultOf(profiled, claims, header)).toBe(result);
  });

  it('needs an audience', () => {
    expect(problemOf(() => jwt({ ...profiled, audience: null }))).toContain(
      'audience must be given if profile is id_token',
    );
    expect(problemOf(() => jwt({ ...base, profile: 'id' as never }))).toContain("profile must be 'at+jwt', 'id_token'");
  });
});

const CLIENT = 'The client of the token is missing, or not allowed';

describe('The option clients', () => {
  it.each<[clients: JwtIssuer['clients'], claims: JWTPayload, result: string]>([
    ['a', { client_id: 'a' }, 'in'],
    [['a', 'b'], { azp: 'b' }, 'in'],
    [['a'], { cid: 'a' }, 'in'],
    [['a'], { appid: 'a' }, 'in'],
    [['a'], { client_id: 'a', azp: 'b' }, CLIENT],
    [['a'], { azp: 'b' }, CLIENT],
    [['a'], {}, CLIENT],
    [['a'], { azp: ['a'] }, CLIENT],
    [['a'], { azp: null }, CLIENT],
    [true, { azp: 'any' }, 'in'],
    [true, {}, CLIENT],
    [true, { azp: '' }, CLIENT],
    [true, { azp: 5 }, CLIENT],
  ])('%j with %j is %s', async (clients, claims, result) => {
    expect(await resultOf({ ...base, ...(clients !== undefined && { clients }) }, claims)).toBe(result);
  });

  it.each([[[]], [''], [['a', '']], [false], [null], [5]])('stops startup if it is %j', (clients) => {
    expect(problemOf(() => jwt({ ...base, clients: clients as never }))).toMatch(/^jwt\(\): clients must be/);
  });
});

const CLAIM = 'A claim of the token is missing or invalid';

describe('The option require', () => {
  it.each<[require: NonNullable<JwtIssuer['require']>, claims: JWTPayload, result: string]>([
    [{}, {}, 'in'],
    [{ a: 'x' }, { a: 'x' }, 'in'],
    [{ a: ['x', 'y'], b: true, c: 1 }, { a: 'y', b: true, c: 1 }, 'in'],
    [{ a: 'x' }, {}, CLAIM],
    [{ a: 'x' }, { a: 'X' }, CLAIM],
    [{ a: 'x' }, { a: ['x'] }, CLAIM],
    [{ a: true }, { a: 'true' }, CLAIM],
    [{ a: 1 }, { a: '1' }, CLAIM],
    [{ a: 'x', b: 'y' }, { a: 'x' }, CLAIM],
    [{ toString: 'x' }, {}, CLAIM],
  ])('%j with %j is %s', async (require, claims, result) => {
    expect(await resultOf({ ...base, require }, claims)).toBe(result);
  });

  it.each<[require: unknown]>([['a'], [null], [[]]])('stops startup if it is %j', (require) => {
    expect(problemOf(() => jwt({ ...base, require: require as never }))).toMatch(/^jwt\(\): require must be an object/);
  });

  it.each([[[]], [null], [{}], [undefined], [NaN]])('stops startup if a value is %j', (a) => {
    expect(problemOf(() => jwt({ ...base, require: { a } as never }))).toMatch(/^jwt\(\): require\.a must be a string/);
  });

  it('distinguishes two issuers of a function that differ only in it', async () => {
    const verify = jwt({ issuers: ({ url }: HttpRequest) => [{ ...base, require: { a: url ?? '' } }] });
    const credentials = { token: await sign(key, { a: '/1' }) };
    expect(await outcomeOf(verify(credentials, { ...request, url: '/1' }))).toBe('in');
    expect(await outcomeOf(verify(credentials, { ...request, url: '/2' }))).toBe(CLAIM);
  });
});

describe('An issuer with {tenantid}', () => {
  it.each([
    ['https://login.example/{tenantid}', 'set metadataUrl or jwks, or use entraId()'],
    ['https://login.example/{tenantid}/{tenantid}', 'must contain {tenantid} only once'],
  ])('stops startup: %s', (issuer, problem) => {
    expect(problemOf(() => jwt({ issuer, audience }))).toContain(problem);
  });

  it('may have keys as an option', async () => {
    const tid = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
    const options = { ...base, issuer: 'urn:{tenantid}' };
    expect(await resultOf(options, { iss: `urn:${tid}`, tid })).toBe('in');
    expect(await resultOf(options, { iss: `urn:${tid}`, tid: tid.toUpperCase() })).toBe(
      'The issuer of the token is not trusted',
    );
  });
});

describe('A preset', () => {
  it.each<[message: string, use: () => unknown]>([
    ['keycloak(): url must be a URL without a query', () => keycloak({ url: 'login.example', realm: 'a', audience })],
    [
      'keycloak(): realm must be the name of the realm',
      () => keycloak({ url: 'https://login.example', realm: '', audience }),
    ],
    [
      'keycloak(): internalUrl must be a URL',
      () => keycloak({ url: 'https://login.example', realm: 'a', audience, internalUrl: 'keycloak:8080' }),
    ],
    [
      'auth0(): domain must be a host name in lower case',
      () => auth0({ domain: 'https://example.auth0.com', audience }),
    ],
    ['auth0(): domain must be a host name', () => auth0({ domain: 'example.auth0.com/', audience })],
    ['auth0(): needs options', () => auth0(undefined as never)],
    ['okta(): server must be a part of a path', () => okta({ domain: 'example.okta.com', server: 'a/b', audience })],
    ['okta(): server must be a part of a path', () => okta({ domain: 'example.okta.com', server: '..', audience })],
    [
      'cognito(): userPoolId must be the ID of the user pool',
      () => cognito({ userPoolId: 'eu-west-1', clients: true }),
    ],
    ['cognito(): userPoolId must be', () => cognito({ userPoolId: 'evil.example/_a', clients: true })],
    ['cognito(): clients is missing', () => cognito({ userPoolId: 'eu-west-1_a' } as never)],
    [
      'entraId(): tenant must be a tenant ID',
      () => entraId({ tenant: 'contoso.onmicrosoft.com', version: 2, audience }),
    ],
    ['entraId(): tenant must be a tenant ID', () => entraId({ tenant: 'organizations', version: 2, audience })],
    ['entraId(): tenant must be a tenant ID', () => entraId({ tenant: [], version: 2, audience })],
    ['entraId(): tenant must be a tenant ID', () => entraId({ tenant: ['common'], version: 2, audience })],
    ['entraId(): version must be 1 or 2', () => entraId({ tenant: 'common', audience } as never)],
    ['google(): emails must list the accounts', () => google({ audience } as never)],
    ['google(): emails must list the accounts', () => google({ audience, emails: [] })],
    ['betterAuth(): url must have no path', () => betterAuth({ url: 'https://app.example/api/auth' })],
    ['betterAuth(): basePath must be a path', () => betterAuth({ url: 'https://app.example', basePath: 'auth' })],
  ])('stops startup: %s', (message, use) => {
    expect(problemOf(use)).toContain(message);
  });

  it('accepts every Google account only if the application says so', () => {
    expect(google({ audience, emails: null })).not.toHaveProperty('require');
  });
});

describe('The verifier of jwt()', () => {
  let issuer: Issuer;
  const down = () => {
    issuer.intercept = (_, response) => response.writeHead(500).end();
  };

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'clearTimeout', 'setImmediate'] });
    issuer = await Issuer.start();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await issuer.stop();
  });

  it('tells the state of the keys before and after the first request', async () => {
    const verify = jwt({ issuer: issuer.url, audience });
    const state = { issuer: issuer.url, keys: 0, ready: false, age: undefined, error: undefined };
    expect(verify.issuers()).toEqual([state]);
    await verify({ token: await issuer.token() }, request);
    expect(verify.issuers()).toEqual([{ ...state, keys: 1, ready: true, age: 0 }]);
    jest.advanceTimersByTime(60_000);
    expect(verify.issuers()).toEqual([{ ...state, keys: 1, ready: true, age: 60_000 }]);
  });

  it('tells the state of keys that are options', () => {
    const verify = jwt({ issuers: [base, { issuer: 'cron', audience, secret: 's'.repeat(32) }] });
    const state = { keys: 1, ready: true, age: undefined, error: undefined };
    expect(verify.issuers()).toEqual([
      { issuer: base.issuer, ...state },
      { issuer: 'cron', ...state },
    ]);
  });

  it('tells each issuer of a function once', async () => {
    const verify = jwt({
      issuers: ({ headers }: HttpRequest) => [{ issuer: issuer.url, audience: headers.host ?? '' }],
    });
    expect(verify.issuers()).toEqual([]);
    for (const host of ['a', 'b']) {
      await verify({ token: await issuer.token({ aud: host }) }, { ...request, headers: { host } });
    }
    expect(verify.issuers()).toEqual([expect.objectContaining({ issuer: issuer.url, keys: 1, ready: true })]);
  });

  it('fetches the keys before the first request', async () => {
    const verify = jwt({ issuer: issuer.url, audience });
    await verify.fetchKeys();
    const asked = issuer.asked.length;
    await verify.fetchKeys();
    await verify({ token: await issuer.token() }, request);
    expect(issuer.asked).toHaveLength(asked);
  });

  it('reports a failure, and does not repeat the request immediately', async () => {
    down();
    const verify = jwt({ issuer: issuer.url, audience });
    expect(await outcomeOf(verify.fetchKeys())).toMatch(/^unavailable: The request to http.* failed$/);
    const asked = issuer.asked.length;
    expect(await outcomeOf(verify.fetchKeys())).toMatch(/^unavailable/);
    expect(issuer.asked).toHaveLength(asked);
    expect(verify.issuers()).toEqual([
      {
        issuer: issuer.url,
        keys: 0,
        ready: false,
        age: undefined,
        error: expect.stringMatching(/failed: it responded with 500/),
      },
    ]);
    issuer.intercept = undefined;
    jest.advanceTimersByTime(5000);
    await verify.fetchKeys();
    expect(verify.issuers()).toMatchObject([{ ready: true, error: undefined }]);
  });

  it('stays ready during an outage of at most a day', async () => {
    const verify = jwt({ issuer: issuer.url, audience });
    await verify.fetchKeys();
    down();
    jest.advanceTimersByTime(3_600_000);
    await outcomeOf(verify.fetchKeys());
    expect(await outcomeOf(verify.fetchKeys())).toBe('in');
    expect(verify.issuers()).toMatchObject([{ ready: true, age: 3_600_000, error: expect.stringContaining('500') }]);
    jest.advanceTimersByTime(86_400_000);
    expect(await outcomeOf(verify.fetchKeys())).toMatch(/^unavailable/);
    expect(verify.issuers()).toMatchObject([{ ready: false }]);
  });

  /** Waits for work that no request waits for. */
  async function until(done: () => boolean): Promise<void> {
    for (let time = 0; time < 400 && !done(); time++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(done()).toBe(true);
  }

  it('fetches the keys at startup if keys.warmUp is true', async () => {
    const verify = jwt({ issuer: issuer.url, audience, keys: { warmUp: true } });
    await until(() => verify.issuers()[0]?.ready === true);
    expect(log.text()).toBe('');
  });

  it('warns at startup if the issuer of keys.warmUp is down, and works later', async () => {
    down();
    const verify = jwt({ issuer: issuer.url, audience, keys: { warmUp: true } });
    await until(() => log.text() !== '');
    expect(log.text()).toMatch(/The keys of http.* cannot be fetched: .*500; requests fetch them again/);
    issuer.intercept = undefined;
    jest.advanceTimersByTime(5000);
    expect(await outcomeOf(verify({ token: await issuer.token() }, request))).toBe('in');
  });

  it('does not fetch keys at startup by default', async () => {
    jwt({ issuer: issuer.url, audience });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(issuer.asked).toEqual([]);
  });

  it('does not keep the process alive for keys.warmUp', () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    jwt({ issuer: issuer.url, audience, keys: { warmUp: true } });
    expect(timers()).toBe(before);
  });

  it('does not fetch keys of the issuers of a function, which belong to tenants', async () => {
    const verify = jwt({ issuers: () => [{ issuer: issuer.url, audience }] });
    await verify({ token: await issuer.token() }, request);
    down();
    jest.advanceTimersByTime(90_000_000);
    expect(verify.issuers()).toMatchObject([{ ready: false }]);
    const asked = issuer.asked.length;
    await verify.fetchKeys();
    expect(issuer.asked).toHaveLength(asked);
  });

  it('stops startup if keys.warmUp has no effect', () => {
    expect(problemOf(() => jwt({ issuers: () => [base], keys: { warmUp: true } }))).toContain(
      'keys.warmUp has no effect',
    );
  });

  it('stops startup if keys.warmUp is not a boolean', () => {
    expect(problemOf(() => jwt({ ...base, keys: { warmUp: 'yes' as never } }))).toBe(
      'jwt(): keys.warmUp must be true or false',
    );
  });
});
