import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SignJWT } from 'jose';
import { type HttpRequest, RefusedException, VerifierUnavailableException } from 'nestjs-http-auth';
import { jwt, type JwtIssuer, type RemoteKeysOptions } from 'nestjs-http-auth/jwt';
import { audience, Issuer, jwkOf, newKey, now, type SigningKey } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const minutes = 60_000;

let issuer: Issuer;
let log: RecordingLogger;

beforeEach(async () => {
  Logger.overrideLogger((log = new RecordingLogger()));
  // The clock stands still until a test moves it. Timers of the network run.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'clearTimeout', 'setImmediate'] });
  issuer = await Issuer.start();
});

afterEach(async () => {
  jest.useRealTimers();
  await issuer.stop();
});

const down = (): void => {
  issuer.intercept = (_, response) => response.writeHead(500).end();
};
const up = (): void => {
  issuer.intercept = undefined;
};

/** Returns a function that describes the result for a token: `in`, the reason of the refusal, or `unavailable`. */
function verifier(keys: RemoteKeysOptions = {}, entry: Partial<JwtIssuer> = {}) {
  const verify = jwt({ issuer: issuer.url, audience, keys, ...entry });
  return async (token: string): Promise<string> => {
    try {
      await verify({ token }, request);
      return 'in';
    } catch (error) {
      if (error instanceof RefusedException) return error.message;
      if (!(error instanceof VerifierUnavailableException)) throw error;
      return `unavailable, ${error.retryAfter} s`;
    }
  };
}

/** A token that is valid for ten days. */
const lasting = (jti = ''): Promise<string> => issuer.token({ jti, exp: now() + 864_000 });
const unknown = (): Promise<string> => issuer.token({}, newKey('unknown'));
const jwksFetched = (): number => issuer.asked.filter((url) => url === '/jwks').length;

/** Waits for work that no request waits for. */
async function until(done: () => boolean): Promise<void> {
  for (let time = 0; time < 400 && !done(); time++) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('The keys of an issuer', () => {
  it('are found by its OpenID metadata', async () => {
    expect(await verifier()(await issuer.token())).toBe('in');
    expect(issuer.asked).toContain('/jwks');
  });

  it.each([
    ['', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'],
    ['/', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'],
    ['/realms/a', '/.well-known/oauth-authorization-server/realms/a', '/realms/a/.well-known/openid-configuration'],
  ])('are found by RFC 8414 if the path of the issuer is "%s"', async (path, oauth, openid) => {
    const name = issuer.url + path;
    issuer.intercept = ({ url }, response) => {
      if (url === '/jwks') issuer.answer({ url }, response);
      else if (url === oauth) response.end(JSON.stringify({ issuer: name, jwks_uri: `${issuer.url}/jwks` }));
      else response.writeHead(404).end();
    };
    expect(await verifier({}, { issuer: name })(await issuer.token({ iss: name }))).toBe('in');
    expect(issuer.asked.toSorted()).toEqual([oauth, openid, '/jwks'].toSorted());
  });

  it('are fetched from the URL in the option, without the metadata', async () => {
    expect(await verifier({}, { jwks: `${issuer.url}/jwks` })(await issuer.token())).toBe('in');
    expect(issuer.asked).toEqual(['/jwks']);
  });

  it.each<[what: string, metadata: (url: string) => object]>([
    ['of another issuer', (url) => ({ issuer: 'https://issuer.example', jwks_uri: `${url}/jwks` })],
    ['of the issuer with a slash', (url) => ({ issuer: `${url}/`, jwks_uri: `${url}/jwks` })],
    ['without an issuer', (url) => ({ jwks_uri: `${url}/jwks` })],
    ['without keys', (url) => ({ issuer: url })],
    ['with an http URL of the keys', (url) => ({ issuer: url, jwks_uri: 'http://192.0.2.1/jwks' })],
    ['with a URL of the keys that is not absolute', (url) => ({ issuer: url, jwks_uri: '/jwks' })],
  ])('are not found by metadata %s', async (_what, metadata) => {
    issuer.intercept = (_, response) => response.end(JSON.stringify(metadata(issuer.url)));
    expect(await verifier()(await issuer.token())).toBe('unavailable, 5 s');
    expect(jwksFetched()).toBe(0);
  });

  it.each(['{}', '{"keys":{}}', '{"keys":[5]}', '[]', '<html>'])('cannot be read if the answer is %s', async (body) => {
    issuer.intercept = ({ url }, response) => (url === '/jwks' ? response.end(body) : issuer.answer({ url }, response));
    expect(await verifier()(await issuer.token())).toBe('unavailable, 5 s');
  });

  it('are fetched once for all tokens that wait for them', async () => {
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.token({ jti: String(index) })));
    expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set(['in']));
    expect(jwksFetched()).toBe(1);
  });

  it('are shared by all audiences of an issuer', async () => {
    const verify = jwt({
      issuers: ({ headers }: HttpRequest) => [{ issuer: issuer.url, audience: headers.host ?? '' }],
    });
    for (const host of ['a', 'b', 'c']) {
      const token = await issuer.token({ aud: host });
      expect(await verify({ token }, { ...request, headers: { host } })).toMatchObject({ principal: { aud: host } });
    }
    expect(jwksFetched()).toBe(1);
  });

  it('are requested again only after a pause if the first request failed', async () => {
    down();
    const verify = verifier();
    const token = await issuer.token();
    expect(await verify(token)).toBe('unavailable, 5 s');
    const asked = issuer.asked.length;
    jest.advanceTimersByTime(3000);
    expect(await verify(token)).toBe('unavailable, 2 s');
    expect(issuer.asked).toHaveLength(asked);
    up();
    jest.advanceTimersByTime(2000);
    expect(await verify(token)).toBe('in');
  });

  it('are requested again after Retry-After of the issuer, at most after the cooldown', async () => {
    issuer.intercept = (_, response) => response.writeHead(503, { 'retry-after': '20' }).end();
    const token = await issuer.token();
    expect(await verifier()(token)).toBe('unavailable, 20 s');
    expect(await verifier({ cooldown: 1000 })(token)).toBe('unavailable, 1 s');
  });

  it('cause a 503 after the timeout if the issuer does not answer', async () => {
    issuer.intercept = () => undefined;
    expect(await verifier({ timeout: 50 })(await issuer.token())).toBe('unavailable, 5 s');
  });
});

describe('An unknown key', () => {
  it('is fetched if the issuer has published it since', async () => {
    const verify = verifier();
    expect(await verify(await issuer.token())).toBe('in');
    issuer.keys.push(newKey('second'));
    expect(await verify(await issuer.token())).toBe('in');
    expect(await verify(await issuer.token({}, issuer.keys[0] as SigningKey))).toBe('in');
  });

  it('is fetched once per cooldown, also for many forged tokens', async () => {
    const verify = verifier();
    await verify(await issuer.token());
    for (let time = 0; time < 20; time++)
      expect(await verify(await unknown())).toBe('The key of the token is not known');
    expect(jwksFetched()).toBe(2);
    jest.advanceTimersByTime(30_000);
    await Promise.all([await unknown(), await unknown()].map(verify));
    expect(jwksFetched()).toBe(3);
  });

  it('causes a 503 instead of a refusal if the issuer is down', async () => {
    const verify = verifier();
    const good = await issuer.token();
    await verify(good);
    down();
    expect(await verify(await unknown())).toBe('unavailable, 5 s');
    const asked = issuer.asked.length;
    expect(await verify(await unknown())).toBe('unavailable, 5 s');
    expect(issuer.asked).toHaveLength(asked);
    expect(await verify(good)).toBe('in');
    up();
    jest.advanceTimersByTime(5000);
    expect(await verify(await unknown())).toBe('The key of the token is not known');
  });
});

describe('A key that cannot verify signatures', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const valid = newKey('valid', 'RS256');
  const { privateKey } = newKey('leaked', 'RS256');

  const publish = (...keys: unknown[]): void => {
    issuer.intercept = ({ url }, response) =>
      url === '/jwks' ? response.end(JSON.stringify({ keys })) : issuer.answer({ url }, response);
  };
  const unnamed = (alg: string, key: KeyObject | Uint8Array): Promise<string> =>
    new SignJWT({ iss: issuer.url, aud: audience, sub: 'alice', exp: now() + 300 })
      .setProtectedHeader({ alg })
      .sign(key);

  it.each<[what: string, key: unknown]>([
    ['RSA with 1024 bits', { ...weak, kid: 'invalid' }],
    ['RSA without a modulus', { kty: 'RSA', e: 'AQAB', kid: 'invalid' }],
    ['RSA with members that are not strings', { kty: 'RSA', e: 1, n: {}, kid: 'invalid' }],
    ['a point that is not on its curve', { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ', kid: 'invalid' }],
    ['a curve that no algorithm uses', { kty: 'EC', crv: 'secp256k1', x: 'AQ', y: 'AQ', kid: 'invalid' }],
    ['a secret', { kty: 'oct', k: Buffer.alloc(32, 's').toString('base64url'), kid: 'invalid' }],
    ['a private key', { ...privateKey.export({ format: 'jwk' }), kid: 'invalid' }],
    ['an unknown type', { kty: 'new', kid: 'invalid' }],
    ['no type', { kid: 'invalid' }],
    ['a kid that is not a string', { kty: 'RSA', kid: {} }],
    ['null', null],
  ])('does not disturb the other keys: %s', async (_what, key) => {
    publish(key, jwkOf(valid));
    const verify = verifier();
    expect(await verify(await unnamed('RS256', valid.privateKey))).toBe('in');
    expect(await verify(await issuer.token({}, valid))).toBe('in');
    expect(await verify(await unnamed('RS256', privateKey))).toBe('The signature of the token cannot be verified');
    expect(await verify(await unnamed('HS256', Buffer.alloc(32, 's')))).toBe(
      'The algorithm of the token is not allowed',
    );
    expect(await verify(await issuer.token({}, { ...valid, kid: 'invalid' }))).toBe(
      'The key of the token is not known',
    );
    expect(log.text().match(/is ignored, because/g)).toHaveLength(1);
    expect(log.text()).toMatch(/The key "invalid" of the issuer|A key without kid|A key of the issuer/);
  });

  it.each<[what: string, keys: unknown[]]>([
    ['the only one', [{ ...weak, kid: 'invalid' }]],
    ['one of two that are both invalid', [{ ...weak, kid: 'invalid' }, { kty: 'RSA' }]],
  ])('refuses every token if it is %s', async (_what, keys) => {
    publish(...keys);
    const verify = verifier();
    for (const token of [
      await unnamed('RS256', valid.privateKey),
      await issuer.token({}, { ...valid, kid: 'invalid' }),
    ]) {
      expect(await verify(token)).toBe('The key of the token is not known');
    }
  });

  it('is logged once, also if the other keys change', async () => {
    publish({ ...weak, kid: 'invalid' }, jwkOf(valid));
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await issuer.token({ exp: now() + 864_000 }, valid);
    await verify(token);
    for (const kid of ['a', 'b']) {
      publish({ ...weak, kid: 'invalid' }, jwkOf(valid), jwkOf(newKey(kid)));
      const fetched = jwksFetched();
      jest.advanceTimersByTime(10 * minutes);
      await verify(token);
      await until(() => jwksFetched() > fetched);
    }
    expect(log.text().match(/The key "invalid" of the issuer is ignored/g)).toHaveLength(1);
  });

  it.each(['enc', 'other'])('is not logged if its use is %s', async (use) => {
    publish({ ...weak, kid: 'invalid', use }, jwkOf(valid));
    expect(await verifier()(await issuer.token({}, valid))).toBe('in');
    expect(log.text()).not.toContain('is ignored');
  });
});

describe('Old keys', () => {
  it('are fetched again, and requests do not wait', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    await verify(token);
    jest.advanceTimersByTime(10 * minutes - 1);
    await verify(token);
    expect(jwksFetched()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await verify(token)).toBe('in');
    await until(() => jwksFetched() === 2);
  });

  it('are logged once for each outage, without the tokens', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    await verify(token);
    for (let outage = 1; outage <= 2; outage++) {
      down();
      for (let time = 0; time < 3; time++) {
        const asked = issuer.asked.length;
        jest.advanceTimersByTime(10 * minutes);
        await verify(token);
        await until(() => issuer.asked.length >= asked + 2);
      }
      up();
      jest.advanceTimersByTime(10 * minutes);
      await verify(token);
      await until(() => jwksFetched() === 1 + outage);
      expect(
        log.text().match(/openid-configuration failed: it responded with 500; the last keys stay in use/g),
      ).toHaveLength(outage);
    }
    expect(token.split('.').filter((part) => log.text().includes(part))).toEqual([]);
  });

  it('do not verify a token any more if the issuer has withdrawn them, also if the token is in the cache', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    expect([await verify(token), await verify(token), await verify(token)]).toEqual(['in', 'in', 'in']);
    issuer.keys = [newKey('second')];
    jest.advanceTimersByTime(10 * minutes);
    await verify(token);
    await until(() => jwksFetched() === 2);
    expect(await verify(token)).toBe('The key of the token is not known');
  });

  it('are fetched before a token of the first fetch is accepted again, if no request came for long', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    // The keys were not loaded before this check, so the token has no version, and is not in the cache.
    await verify(token);
    issuer.keys = [newKey('second')];
    jest.advanceTimersByTime(20 * minutes);
    expect(await verify(token)).toBe('The key of the token is not known');
  });

  it('are fetched before a cached token is accepted, if no request came for long', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    await verify(token);
    await verify(token);
    issuer.keys = [newKey('second')];
    jest.advanceTimersByTime(20 * minutes);
    expect(await verify(token)).toBe('The key of the token is not known');
  });

  it('stay in use for a day while the issuer is down', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    await verify(token);
    down();
    for (let hour = 0; hour < 23; hour++) {
      jest.advanceTimersByTime(60 * minutes);
      expect([await verify(token), await verify(await lasting(String(hour)))]).toEqual(['in', 'in']);
    }
    jest.advanceTimersByTime(60 * minutes);
    expect([await verify(token), await verify(token)]).toEqual(['unavailable, 5 s', 'unavailable, 5 s']);
    up();
    jest.advanceTimersByTime(5000);
    expect(await verify(token)).toBe('in');
  });
});
