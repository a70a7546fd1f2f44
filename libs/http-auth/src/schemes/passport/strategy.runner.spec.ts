import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BadRequestException, HttpException, ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import type { HttpRequest } from '../../http/request.js';
import { admit } from '../admission.js';
import { Failure } from '../failure.js';
import type { Strategy, StrategyActions } from './strategy.js';
import type { Outcome } from '../outcome.js';
import { run } from './strategy.runner.js';
import { VerifierError } from '../verifier.error.js';

type Act = (this: StrategyActions, request: HttpRequest) => unknown;

const authorization = 'Bearer dG9rZW4~hidden';

function request(url = '/'): HttpRequest {
  return { method: 'GET', url, headers: { authorization, cookie: 'a=1; sid=0123456', 'x-api-key': 'abcdefg' } };
}

/** Runs a strategy of the Bearer scheme. */
async function outcome(authenticate: Act): Promise<Outcome> {
  return run({ authenticate }, 'Bearer', request());
}

async function thrownBy(authenticate: Act): Promise<unknown> {
  return outcome(authenticate).then(
    () => expect(authenticate).toBe('a strategy that ends in a throw'),
    (error: unknown) => error,
  );
}

const invalid = new Failure('invalid', 'Bearer');
const because = (message: string) => new Failure('invalid', 'Bearer', 401, { message });

describe.each<[string, (act: Act) => Act]>([
  ['synchronously', (act) => act],
  [
    'in a callback',
    (act) =>
      function (req) {
        setImmediate(() => act.call(this, req));
      },
  ],
  [
    'in an async authenticate()',
    (act) =>
      async function (req) {
        await Promise.resolve();
        act.call(this, req);
      },
  ],
])('A strategy that acts %s', (_name, when) => {
  it('keeps expiresAt of the info only if it is a Date', async () => {
    const ending = (expiresAt: unknown) =>
      outcome(
        when(function () {
          this.success('alice', { scope: 'read', expiresAt });
        }),
      );
    const tomorrow = new Date(Date.now() + 86_400_000);
    expect(await ending(tomorrow)).toEqual(admit('alice', { scope: 'read', expiresAt: tomorrow } as object));
    expect(await ending(3600)).toEqual(admit('alice', { scope: 'read' } as object));
  });

  it('returns an admission if it calls success() with a principal and info', async () => {
    const success = when(function () {
      this.success({ name: 'alice' }, { scope: 'read' });
    });
    expect(await outcome(success)).toEqual(admit({ name: 'alice' }, { scope: 'read' } as object));
  });

  it.each([undefined, null, false, 0, '', Number.NaN])(
    'returns a failure if it calls success() with %p',
    async (principal) => {
      const success = when(function () {
        this.success(principal);
      });
      expect(await outcome(success)).toEqual(invalid);
    },
  );

  it('returns a failure if it calls pass()', async () => {
    const pass = when(function () {
      this.pass();
    });
    expect(await outcome(pass)).toEqual(invalid);
  });

  it('throws an error if it calls redirect()', async () => {
    const redirect = when(function () {
      this.redirect('https://example.org/login');
    });
    expect(await thrownBy(redirect)).toMatchObject({
      cause: { message: expect.stringMatching(/Bearer scheme redirects/) },
    });
  });

  it.each([
    ['no argument', [], invalid],
    ['a status', [401], invalid],
    ['an object with a message', [{ message: 'No auth token' }, 401], because('No auth token')],
    ['an error', [new Error('No auth token')], because('No auth token')],
    ['an error that contains the token', [new Error('no dG9rZW4~hidden')], because('no [redacted]')],
    ['an error that contains a cookie', [new Error('no session 0123456')], because('no session [redacted]')],
    ['an error that contains the value of a field', [new Error('no key abcdefg')], because('no key [redacted]')],
    ['an error with a line break', [new Error('a\r\nb')], because('a  b')],
    ['status 400', [400], new Failure('malformed', 'Bearer', 400)],
    ['a message and status 400', ['Broken', 400], new Failure('malformed', 'Bearer', 400, { message: 'Broken' })],
    ['status 403', ['Broken', 403], because('Broken')],
    ['a Failure', [new Failure('missing', 'Bearer'), 401], new Failure('missing', 'Bearer')],
  ])('returns a failure if it calls fail() with %s', async (_what, all, failure) => {
    const fail = when(function () {
      this.fail(...(all as [unknown, number]));
    });
    expect(await outcome(fail)).toEqual(failure);
  });

  it.each([new UnauthorizedException(), new HttpException('Unauthorized', 401)])(
    'returns a failure if it calls error() with %p',
    async (error) => {
      const refuse = when(function () {
        this.error(error);
      });
      expect(await outcome(refuse)).toEqual(invalid);
    },
  );

  it.each([
    [500, new Error('down')],
    [500, 'down'],
    [500, undefined],
    [500, Object.assign(new Error('down'), { status: 401 })],
    [503, new ServiceUnavailableException()],
  ])('throws a VerifierError with status %i if it calls error() with %p', async (status, error) => {
    const fault = when(function () {
      this.error(error);
    });
    const thrown = await thrownBy(fault);
    expect(thrown).toBeInstanceOf(VerifierError);
    expect(thrown).toMatchObject({ status, message: 'The verifier of the Bearer scheme threw' });
  });

  it('throws an error with the credentials redacted', async () => {
    const fault = when(function ({ headers }) {
      const token = headers.authorization?.split(' ')[1];
      this.error(Object.assign(new Error(`no session ${token}`, { cause: headers.authorization }), { token, headers }));
    });
    const thrown = await thrownBy(fault);
    expect(thrown).toMatchObject({ cause: { message: 'no session [redacted]', cause: { message: '[redacted]' } } });
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('dG9rZW4');
  });

  it('throws the same exception if it calls error() with a 4xx', async () => {
    const error = new BadRequestException('no');
    const fault = when(function () {
      this.error(error);
    });
    expect(await thrownBy(fault)).toBe(error);
  });

  it('throws the same error if it calls error() with a VerifierError', async () => {
    const error = new VerifierError('Bearer', new Error('down'), []);
    const fault = when(function () {
      this.error(error);
    });
    expect(await thrownBy(fault)).toBe(error);
  });

  it.each<[string, Act, unknown]>([
    [
      'success',
      function () {
        this.success('alice');
        this.fail(401);
        this.error(new Error('late'));
        this.pass();
      },
      admit('alice', {}),
    ],
    [
      'failure',
      function () {
        this.fail(400);
        this.success('alice');
        this.error(new Error('late'));
      },
      new Failure('malformed', 'Bearer', 400),
    ],
    [
      'pass()',
      function () {
        this.pass();
        this.success('alice');
      },
      invalid,
    ],
  ])('ignores all actions after the first one: %s', async (_what, act, expected) => {
    expect(await outcome(when(act))).toEqual(expected);
  });

  it('throws the error if it calls success() after error()', async () => {
    const fault = when(function () {
      this.error(new Error('down'));
      this.success('alice');
    });
    expect(await thrownBy(fault)).toBeInstanceOf(VerifierError);
  });
});

describe('run', () => {
  it.each<[string, (error: unknown) => Act]>([
    [
      'throws',
      (error) => () => {
        throw error;
      },
    ],
    [
      'rejects',
      (error) => async () => {
        throw error;
      },
    ],
  ])('handles an error that authenticate() %s like error()', async (_what, raise) => {
    expect(await outcome(raise(new UnauthorizedException()))).toEqual(invalid);
    expect(await thrownBy(raise(new ServiceUnavailableException()))).toMatchObject({ status: 503 });
    const thrown = await thrownBy(raise(new Error(`no session ${authorization}`)));
    expect(thrown).toMatchObject({ status: 500, cause: { message: 'no session [redacted]' } });
  });

  it('ignores an error that authenticate() throws after an action', async () => {
    const thrower: Act = function () {
      this.success('alice');
      throw new Error('late');
    };
    const rejecter: Act = async function () {
      this.success('alice');
      throw new Error('late');
    };
    expect(await outcome(thrower)).toMatchObject({ principal: 'alice' });
    expect(await outcome(rejecter)).toMatchObject({ principal: 'alice' });
  });

  it.each([
    ['Bearer realm="api"', { scheme: 'Bearer', params: { realm: 'api' } }],
    ['bearer realm=api, error="invalid_token"', { scheme: 'bearer', params: { realm: 'api', error: 'invalid_token' } }],
  ])('[H-1] keeps the challenge of a strategy that fails with %s', async (text, challenge) => {
    const fail: Act = function () {
      this.fail(text);
    };
    expect(await outcome(fail)).toEqual(new Failure('invalid', 'Bearer', 401, { challenge }));
  });

  it('keeps the challenge of a strategy that fails with status 400', async () => {
    const fail: Act = function () {
      this.fail('Bearer realm="api", error="invalid_request"', 400);
    };
    const challenge = { scheme: 'Bearer', params: { realm: 'api', error: 'invalid_request' } };
    expect(await outcome(fail)).toEqual(new Failure('malformed', 'Bearer', 400, { challenge }));
  });

  it.each([
    ['no realm', 'Bearer error="invalid_token"'],
    ['no params', 'Bearer'],
    ['a token68', 'Bearer abc'],
    ['an empty realm', 'Bearer realm=""'],
    ['a realm outside ASCII', 'Bearer realm="caf\xe9"'],
    ['another scheme', 'Basic realm="api"'],
    ['the credentials in it', 'Bearer realm="api", error_description="no dG9rZW4~hidden"'],
    ['two challenges', 'Bearer realm="api", Bearer realm="other"'],
    ['an open quoted-string', 'Bearer realm="api'],
    ['two realms', 'Bearer realm="api", realm="other"'],
    ['a line break', 'Bearer realm="api"\r\nSet-Cookie: a=b'],
    ['an empty string', ''],
    ['a message', 'Invalid token'],
  ])('drops a challenge with %s', async (_, text) => {
    const fail: Act = function () {
      this.fail(text);
    };
    expect(await outcome(fail)).toMatchObject({ reason: 'invalid', details: {} });
    expect(((await outcome(fail)) as Failure).details.challenge).toBeUndefined();
    expect(inspect(await outcome(fail))).not.toContain('dG9rZW4');
  });

  it('does not change the strategy, and lets it use its own members', async () => {
    class Counting implements Strategy {
      readonly name = 'counting';
      calls = 0;

      authenticate(this: Counting & StrategyActions, { url }: HttpRequest) {
        this.calls++;
        this.success(`${this.name} ${this.calls} ${this.describe(url)}`);
      }

      describe(url: string) {
        return url;
      }
    }
    const shared = new Counting();
    expect(await run(shared, 'Bearer', request('/a'))).toMatchObject({ principal: 'counting 1 /a' });
    expect(await run(shared, 'Bearer', request('/b'))).toMatchObject({ principal: 'counting 1 /b' });
    expect(shared).toEqual(new Counting());
    expect('success' in shared).toBe(false);
  });

  it('keeps requests apart that one strategy handles at the same time', async () => {
    const waiting: (() => void)[] = [];
    class Slow implements Strategy {
      url = '';

      authenticate(this: Slow & StrategyActions, { url }: HttpRequest) {
        this.url = url;
        waiting.push(() => (url === '/refused' ? this.fail(401) : this.success(this.url)));
      }
    }
    const strategy = new Slow();
    const runs = ['/a', '/refused', '/b'].map(async (url) => run(strategy, 'Bearer', request(url)));
    for (const end of waiting.toReversed()) end();
    expect(await Promise.all(runs)).toEqual([admit('/a', {}), invalid, admit('/b', {})]);
    expect(strategy.url).toBe('');
  });

  it('passes the same request object to the strategy', async () => {
    const asked = request();
    const strategy: Strategy = {
      authenticate(given) {
        this.success({ same: given === asked });
      },
    };
    expect(await run(strategy, 'Bearer', asked)).toMatchObject({ principal: { same: true } });
  });
});
