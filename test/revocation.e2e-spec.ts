import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Logger, ServiceUnavailableException } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { AuthModule, bearer, CurrentUser } from 'nestjs-http-auth';
import { introspection, type IntrospectionOptions } from 'nestjs-http-auth/introspection';
import { jwt, type JwtClaims, type JwtOptions, type RevocableVerifier } from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule } from 'nestjs-http-auth/logout';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { Endpoint } from './support/endpoint.js';
import { audience, Issuer, now } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser<JwtClaims>('sub') sub: string) {
    return sub;
  }
}

const revocation = { maxTokenAge: '1h' };

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

/** Returns a token that was issued some seconds ago. */
const issued = (claims: JWTPayload = {}, ago = 10) => issuer.token({ iat: now() - ago, ...claims });

/** Waits until the clock shows a later time. Returns it in seconds, with a fraction. */
async function nextMillisecond(): Promise<number> {
  const before = Date.now();
  while (Date.now() <= before) await new Promise(setImmediate);
  return Date.now() / 1000;
}

describe.each(adapters)('A JWT on %s', (_name, create) => {
  async function application(options: Partial<JwtOptions>, logger = new RecordingLogger()) {
    const verifier = jwt({ issuer: issuer.url, audience, ...options });
    const schemes = [bearer(verifier)];
    const app = await start(
      create(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [ReportsController] },
      undefined,
      { logger },
    );
    const ask = (token: string) => send(app, '/me', { headers: bearerAuthorization(token) });
    const status = async (...tokens: string[]) => Promise.all(tokens.map(async (token) => (await ask(token)).status));
    return { verifier, ask, status, logger };
  }

  const challenge = (description: string) =>
    `Bearer realm="Staging", error="invalid_token", error_description="${description}"`;

  it('is refused as soon as revoked() returns true, also if it is in the cache', async () => {
    const blocked = new Set<unknown>();
    const { ask, status } = await application({ revoked: ({ jti }) => blocked.has(jti) });
    const [one, other] = [await issued({ jti: 'one' }), await issued({ jti: 'other' })];
    expect(await status(one, one, other)).toEqual([200, 200, 200]);
    blocked.add('one');
    const { status: code, challenges } = await ask(one);
    expect([code, challenges]).toEqual([401, [challenge('The token was revoked')]]);
    expect(await status(other)).toEqual([200]);
    blocked.clear();
    expect(await status(one)).toEqual([200]);
  });

  it.each([true, undefined, null, 0, 'false', Promise.resolve(true), Promise.resolve(undefined)])(
    'is refused if revoked() returns anything but false: %s',
    async (result) => {
      const { status } = await application({ revoked: () => result as boolean });
      expect(await status(await issued())).toEqual([401]);
    },
  );

  it('gets a 5xx without details if revoked() throws', async () => {
    const failing = await application({ revoked: () => Promise.reject(new Error('sessions: no connection')) });
    const { status, body } = await failing.ask(await issued());
    expect([status, body]).toEqual([500, expect.not.stringContaining('sessions')]);
    expect(failing.logger.text()).toContain('sessions: no connection');
    const busy = await application({
      revoked: () => {
        throw new ServiceUnavailableException();
      },
    });
    expect(await busy.status(await issued())).toEqual([503]);
  });

  it('is not passed to revoked() if it is not valid', async () => {
    let calls = 0;
    const { status } = await application({ revoked: () => ++calls === 0 });
    expect([await status(await issued({ aud: 'other' })), calls]).toEqual([[401], 0]);
  });

  it.each([{ sub: 'alice' }, { sid: 'one' }, { jti: 'first' }])(
    'is refused from invalidate() on if it has the claim: %o',
    async (tokens) => {
      const { verifier, ask, status } = await application({ revocation, clockTolerance: 0 });
      const [token, other] = await Promise.all([
        issued({ sub: 'alice', sid: 'one', jti: 'first' }),
        issued({ sub: 'bob', sid: 'two', jti: 'second' }),
      ]);
      expect(await status(token, token, other)).toEqual([200, 200, 200]);
      await verifier.invalidate(tokens);
      const { status: code, challenges } = await ask(token);
      expect([code, challenges]).toEqual([401, [challenge('The token was revoked')]]);
      const fresh = await issuer.token({ sub: 'alice', sid: 'one', jti: 'other', iat: await nextMillisecond() });
      expect(await status(other, fresh)).toEqual([200, 200]);
    },
  );

  it.each([{ sub: 'alice' }, { sid: 'one' }, { sub: 'alice', sid: 'one' }, { jti: 'first' }])(
    'is refused from invalidate() on if the clock of the issuer is ahead: %o',
    async (tokens) => {
      const { verifier, status } = await application({ revocation, clockTolerance: '5m' });
      const ahead = await Promise.all(
        [290, 1].map((seconds) => issued({ sub: 'alice', sid: 'one', jti: 'first' }, -seconds)),
      );
      expect(await status(...ahead)).toEqual([200, 200]);
      await verifier.invalidate(tokens);
      expect(await status(...ahead)).toEqual([401, 401]);
    },
  );

  it('is refused from invalidate({ jti }) on, with any iat', async () => {
    const { verifier, status } = await application({ revocation, clockTolerance: 0 });
    await verifier.invalidate({ jti: 'first' });
    const iat = await nextMillisecond();
    const [named, other] = [await issuer.token({ iat, jti: 'first' }), await issuer.token({ iat, jti: 'other' })];
    expect(await status(named, other)).toEqual([401, 200]);
  });

  it.each<[string, JWTPayload, string]>([
    ['without iat', { exp: now() + 300 }, 'A claim of the token is missing or invalid'],
    ['with a sid that is not a string', { iat: now() - 10, sid: 7 }, 'A claim of the token is missing or invalid'],
    [
      'that lives longer than maxTokenAge',
      { iat: now() - 10, exp: now() + 3591 },
      'The lifetime of the token is too long',
    ],
    ['that is issued in the future', { iat: now() + 60 }, 'The token is not valid yet'],
  ])('%s is refused if there is a list of revoked tokens', async (_what, claims, description) => {
    const [with_, without] = [await application({ revocation }), await application({})];
    const token = await issuer.token(claims);
    expect((await with_.ask(token)).challenges).toEqual([challenge(description)]);
    expect(await without.status(token)).toEqual([200]);
  });
});

describe.each(adapters)('A token of introspection() on %s', (_name, create) => {
  it('is refused although the answer of the endpoint is in the cache', async () => {
    const claims = { active: true, sub: 'alice', sid: 'one', iat: now() - 10, exp: now() + 300, aud: audience };
    const endpoint = await Endpoint.start(() => claims);
    const options = { endpoint: endpoint.url, audience, clientId: 'api', clientSecret: 'secret' };
    const application = async (more: Partial<IntrospectionOptions>) => {
      const verifier: RevocableVerifier<unknown> = introspection({ ...options, ...more });
      const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] })];
      const app = await start(create(), { imports, controllers: [ReportsController] });
      const status = async (token: string) => (await send(app, '/me', { headers: bearerAuthorization(token) })).status;
      return { verifier, status };
    };
    let isRevoked = false;
    const one = await application({ revocation });
    const other = await application({ revoked: () => isRevoked });
    expect([await one.status('a'), await other.status('a')]).toEqual([200, 200]);
    await one.verifier.invalidate({ sub: 'alice' });
    isRevoked = true;
    expect([await one.status('a'), await other.status('a')]).toEqual([401, 401]);
    expect(endpoint.asked).toHaveLength(2);
  });
});

describe('invalidate()', () => {
  const options = { issuer: 'https://issuer.example', audience, secret: 'a secret of thirty-two characters' };
  const verify = jwt({ ...options, revocation });

  it.each([
    {},
    { sub: undefined },
    { sub: '' },
    { sid: 5 },
    { iss: 'https://issuer.example' },
    null,
    { jti: 'a', sub: 'b' },
  ])('throws if no tokens are selected: %o', async (tokens) => {
    await expect(verify.invalidate(tokens as never)).rejects.toThrow(/^jwt\(\): invalidate\(\): .+; .+/);
  });

  it('throws if the verifier has no list', async () => {
    await expect(jwt(options).invalidate({ sub: 'alice' })).rejects.toThrow(
      "jwt(): invalidate() needs the option revocation; set revocation: { maxTokenAge: '1h' }, for example",
    );
  });

  it('requires the issuer if there may be several, and rejects an issuer that is not trusted', async () => {
    const other = { ...options, issuer: 'https://other.example' };
    const several = jwt({ issuers: [options, other], revocation });
    const chosen = jwt({ issuers: () => [options], revocation });
    await expect(several.invalidate({ sub: 'alice' })).rejects.toThrow(/iss is missing/);
    await expect(chosen.invalidate({ sub: 'alice' })).rejects.toThrow(/iss is missing/);
    await expect(verify.invalidate({ iss: `${options.issuer}/`, sub: 'alice' })).rejects.toThrow(
      /iss is not an issuer/,
    );
    await expect(chosen.invalidate({ iss: 'any', sub: 'alice' })).resolves.toBeUndefined();
    await expect(verify.invalidate({ iss: options.issuer, sub: 'alice' })).resolves.toBeUndefined();
  });

  it('does not concern the same sub of another issuer', async () => {
    const two = await Issuer.start();
    try {
      const issuers = [issuer, two].map(({ url }) => ({ issuer: url, audience }));
      const verifier = jwt({ issuers, revocation });
      const claims = { iat: now() - 10, sub: 'alice' };
      const [one, other] = [await issuer.token(claims), await two.token(claims)];
      await verifier.invalidate({ iss: issuer.url, sub: 'alice' });
      await expect(verifier({ token: one }, {} as never)).rejects.toThrow('The token was revoked');
      await expect(verifier({ token: other }, {} as never)).resolves.toMatchObject({ principal: { sub: 'alice' } });
    } finally {
      await two.stop();
    }
  });

  it('refuses the session, and the tokens of the user without a session, if it has sub and sid', async () => {
    const verifier = jwt({ issuer: issuer.url, audience, revocation });
    const check = async (claims: JWTPayload) =>
      verifier({ token: await issued({ sub: 'alice', ...claims }) }, {} as never).then(
        () => 'accepted',
        ({ message }: Error) => message,
      );
    await verifier.invalidate({ sub: 'alice', sid: 'one' });
    expect(await check({ sid: 'one' })).toBe('The token was revoked');
    expect(await check({})).toBe('The token was revoked');
    expect(await check({ sid: 'two' })).toBe('accepted');
    expect(await check({ sub: 'bob' })).toBe('accepted');
  });

  it('refuses a token of the same second, unless its iat has a fraction and is later', async () => {
    const verifier = jwt({ issuer: issuer.url, audience, revocation, clockTolerance: 0 });
    const iat = now();
    await verifier.invalidate({ sub: 'alice' });
    const later = await nextMillisecond();
    await expect(verifier({ token: await issuer.token({ iat }) }, {} as never)).rejects.toThrow(
      'The token was revoked',
    );
    await expect(verifier({ token: await issuer.token({ iat: later }) }, {} as never)).resolves.toBeDefined();
  });

  it('refuses all older tokens if the list in memory is full, and says so in the log once', async () => {
    const log = new RecordingLogger();
    Logger.overrideLogger(log);
    const verifier = jwt({ issuer: issuer.url, audience, revocation: { ...revocation, max: 2 } });
    const check = async (sub: string, ago = 10) =>
      verifier({ token: await issued({ sub }, ago) }, {} as never).then(
        () => true,
        () => false,
      );
    await verifier.invalidate({ sub: 'a' });
    await verifier.invalidate({ sub: 'b' });
    expect(await Promise.all(['a', 'b', 'c'].map((sub) => check(sub)))).toEqual([false, false, true]);
    await verifier.invalidate({ sub: 'd' });
    expect(await Promise.all(['a', 'b', 'c'].map((sub) => check(sub)))).toEqual([false, false, false]);
    // The clock of the issuer may be ahead, so these tokens may be older too.
    expect(await check('a', -4)).toBe(false);
    await verifier.invalidate({ sub: 'e' });
    Logger.overrideLogger(false);
    expect(log.text().match(/The list of revoked tokens is full/g)).toHaveLength(1);
  });
});

describe('A missing variable of the environment', () => {
  const variable = process.env['NO_SUCH_VARIABLE'] as string;
  const message = (option: string) =>
    `${option} is undefined; set its value, e.g. the variable of the environment, or leave the option out`;

  it('stops the startup, which names the option', () => {
    expect(() => jwt({ issuer: variable, audience })).toThrow(message('jwt(): issuer'));
    expect(() => jwt({ issuers: [{ issuer: variable, audience }] })).toThrow(message('jwt(): issuers: issuer'));
    expect(() => introspection({ endpoint: variable, audience, clientId: 'a', clientSecret: 'b' })).toThrow(
      message('introspection(): endpoint'),
    );
    const verifier = jwt({ issuer: 'https://issuer.example', audience, revocation });
    expect(() => BackChannelLogoutModule.forRoot({ verifier, clientId: variable })).toThrow(
      message('BackChannelLogoutModule: clientId'),
    );
  });
});

describe('The options of revocation', () => {
  const options = { issuer: 'https://issuer.example', audience, secret: 'a secret of thirty-two characters' };
  const age = 'revocation.maxTokenAge must be the longest lifetime of a token, from 1 second to 31 days';

  it.each<[object, string]>([
    [{ revoked: true }, 'revoked must be a function (claims, request) => true or false'],
    [{ revocation: true }, "revocation must be options; write { maxTokenAge: '1h' }"],
    [{ revocation: {} }, age],
    [{ revocation: { maxTokenAge: 999 } }, age],
    [{ revocation: { maxTokenAge: '32d' } }, age],
    [{ revocation: { maxTokenAge: NaN } }, age],
    [{ revocation: { maxTokenAge: Infinity } }, age],
    [{ revocation: { maxTokenAge: -3_600_000 } }, age],
    [{ revocation: { maxTokenAge: 3_600_000.5 } }, age],
    [{ revocation: { maxTokenAge: '1 fortnight' } }, age],
    [{ revocation: { maxTokenAge: '-1h' } }, age],
    [{ revocation: { maxTokenAge: '3600000' } }, age],
    [{ revocation: { maxTokenAge: undefined } }, 'revocation.maxTokenAge is undefined; set its value'],
    [{ revocation: undefined }, 'revocation is undefined; set its value'],
    [{ clockTolerance: NaN }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ clockTolerance: -1 }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ clockTolerance: 5000.5 }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ clockTolerance: 'soon' }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ clockTolerance: '301s' }, 'clockTolerance must be a duration of at most 5 minutes'],
    [{ audience: undefined }, 'audience is undefined; set its value'],
    [{ revocation: { maxTokenAge: '1h', max: 0 } }, 'revocation.max must be a whole number of at least 1'],
    [{ revocation: { maxTokenAge: '1h', prefix: 'a' } }, 'revocation.prefix is for redis only; remove it'],
    [{ revocation: { maxTokenAge: '1h', redis: {} } }, 'revocation.redis must be a client of ioredis 5 or later'],
  ])('stop the startup if they are invalid: %o', (wrong, message) => {
    expect(() => jwt({ ...options, ...wrong })).toThrow(`jwt(): ${message}`);
    const endpoint = { endpoint: 'https://issuer.example/introspect', audience, clientId: 'a', clientSecret: 'b' };
    expect(() => introspection({ ...endpoint, ...wrong })).toThrow(`introspection(): ${message}`);
  });
});
