import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Failure, type HttpRequest, VerifierUnavailableException } from 'nestjs-http-auth';
import { jwt, type JwtIssuer, type RemoteKeysOptions } from 'nestjs-http-auth/jwt';
import { audience, Issuer, newKey, now, type SigningKey } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
const minutes = 60_000;

let issuer: Issuer;
let log: RecordingLogger;

beforeEach(async () => {
  Logger.overrideLogger((log = new RecordingLogger()));
  // The clock stands still until a test moves it; the network goes on.
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

/** A verifier of the issuer's tokens that says what happens to one. */
function verifier(keys: RemoteKeysOptions = {}, entry: Partial<JwtIssuer> = {}) {
  const verify = jwt({ issuer: issuer.url, audience, keys, ...entry });
  return async (token: string): Promise<string> => {
    try {
      const verdict = await verify({ token }, request);
      if (!(verdict instanceof Failure)) return 'in';
      return String(verdict.details.params?.['error_description']);
    } catch (error) {
      if (!(error instanceof VerifierUnavailableException)) throw error;
      return `unavailable, ${error.retryAfter} s`;
    }
  };
}

/** A token that is good for ten days. */
const lasting = (jti = ''): Promise<string> => issuer.token({ jti, exp: now() + 864_000 });
const unknown = (): Promise<string> => issuer.token({}, newKey('unknown'));
const jwksFetched = (): number => issuer.asked.filter((url) => url === '/jwks').length;

/** Waits for what goes on beside the requests. */
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
  ])('are found by RFC 8414, of an issuer with the path "%s"', async (path, oauth, openid) => {
    const name = issuer.url + path;
    issuer.intercept = ({ url }, response) => {
      if (url === '/jwks') issuer.answer({ url }, response);
      else if (url === oauth) response.end(JSON.stringify({ issuer: name, jwks_uri: `${issuer.url}/jwks` }));
      else response.writeHead(404).end();
    };
    expect(await verifier({}, { issuer: name })(await issuer.token({ iss: name }))).toBe('in');
    expect(issuer.asked.toSorted()).toEqual([oauth, openid, '/jwks'].toSorted());
  });

  it('are where the option says, and no metadata are asked for', async () => {
    expect(await verifier({}, { jwks: `${issuer.url}/jwks` })(await issuer.token())).toBe('in');
    expect(issuer.asked).toEqual(['/jwks']);
  });

  it.each<[what: string, metadata: (url: string) => object]>([
    ['of another issuer', (url) => ({ issuer: 'https://issuer.example', jwks_uri: `${url}/jwks` })],
    ['of the issuer with a slash', (url) => ({ issuer: `${url}/`, jwks_uri: `${url}/jwks` })],
    ['without an issuer', (url) => ({ jwks_uri: `${url}/jwks` })],
    ['without keys', (url) => ({ issuer: url })],
    ['with keys that come over http', (url) => ({ issuer: url, jwks_uri: 'http://192.0.2.1/jwks' })],
    ['with keys that are no URL', (url) => ({ issuer: url, jwks_uri: '/jwks' })],
  ])('are not found by metadata %s', async (_what, metadata) => {
    issuer.intercept = (_, response) => response.end(JSON.stringify(metadata(issuer.url)));
    expect(await verifier()(await issuer.token())).toBe('unavailable, 5 s');
    expect(jwksFetched()).toBe(0);
  });

  it.each(['{}', '{"keys":{}}', '{"keys":[5]}', '[]', '<html>'])('are not %s', async (body) => {
    issuer.intercept = ({ url }, response) => (url === '/jwks' ? response.end(body) : issuer.answer({ url }, response));
    expect(await verifier()(await issuer.token())).toBe('unavailable, 5 s');
  });

  it('are fetched once for all who wait for them, and then not for their tokens', async () => {
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.token({ jti: String(index) })));
    expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set(['in']));
    expect(jwksFetched()).toBe(1);
  });

  it('are shared by audiences of one issuer', async () => {
    const verify = jwt({
      issuers: ({ headers }: HttpRequest) => [{ issuer: issuer.url, audience: headers.host ?? '' }],
    });
    for (const host of ['a', 'b', 'c']) {
      const token = await issuer.token({ aud: host });
      expect(await verify({ token }, { ...request, headers: { host } })).toMatchObject({ principal: { aud: host } });
    }
    expect(jwksFetched()).toBe(1);
  });

  it('are tried again only after their time, while there are none', async () => {
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

  it('are tried again when the issuer says, within its cool-down', async () => {
    issuer.intercept = (_, response) => response.writeHead(503, { 'retry-after': '20' }).end();
    const token = await issuer.token();
    expect(await verifier()(token)).toBe('unavailable, 20 s');
    expect(await verifier({ cooldown: 1000 })(token)).toBe('unavailable, 1 s');
  });

  it('do not keep anyone waiting who has an issuer that does not answer', async () => {
    issuer.intercept = () => undefined;
    expect(await verifier({ timeout: 50 })(await issuer.token())).toBe('unavailable, 5 s');
  });
});

describe('A key that is not known', () => {
  it('is looked for, and found where the issuer has a new one', async () => {
    const verify = verifier();
    expect(await verify(await issuer.token())).toBe('in');
    issuer.keys.push(newKey('second'));
    expect(await verify(await issuer.token())).toBe('in');
    expect(await verify(await issuer.token({}, issuer.keys[0] as SigningKey))).toBe('in');
  });

  it('is looked for once in a while, whatever is made up', async () => {
    const verify = verifier();
    await verify(await issuer.token());
    for (let time = 0; time < 20; time++)
      expect(await verify(await unknown())).toBe('The key of the token is not known');
    expect(jwksFetched()).toBe(2);
    jest.advanceTimersByTime(30_000);
    await Promise.all([await unknown(), await unknown()].map(verify));
    expect(jwksFetched()).toBe(3);
  });

  it('is refused as such by nobody who cannot know: the issuer is down', async () => {
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

describe('Keys that are old', () => {
  it('are fetched anew beside the requests', async () => {
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

  it('are told of in the log once for each outage, which says nothing of the tokens', async () => {
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
        log.text().match(/openid-configuration cannot be asked: it answered 500: the last keys are used/g),
      ).toHaveLength(outage);
    }
    expect(token.split('.').filter((part) => log.text().includes(part))).toEqual([]);
  });

  it('let nobody in any more by one that the issuer has withdrawn, a token that is remembered included', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    expect([await verify(token), await verify(token), await verify(token)]).toEqual(['in', 'in', 'in']);
    issuer.keys = [newKey('second')];
    jest.advanceTimersByTime(10 * minutes);
    await verify(token);
    await until(() => jwksFetched() === 2);
    expect(await verify(token)).toBe('The key of the token is not known');
  });

  it('are not used before the issuer was asked, where nobody came for long', async () => {
    const verify = verifier({ maxAge: 10 * minutes });
    const token = await lasting();
    await verify(token);
    await verify(token);
    issuer.keys = [newKey('second')];
    jest.advanceTimersByTime(20 * minutes);
    expect(await verify(token)).toBe('The key of the token is not known');
  });

  it('are used while the issuer is down, for a day', async () => {
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
