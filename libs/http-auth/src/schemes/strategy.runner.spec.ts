import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BadRequestException, HttpException, ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { Failure } from './failure.js';
import type { Strategy, StrategyActions } from './strategy.js';
import type { Outcome } from './outcome.js';
import { run } from './strategy.runner.js';
import { VerifierError } from './verifier.error.js';

type Act = (this: StrategyActions, request: HttpRequest) => unknown;

const authorization = 'Bearer dG9rZW4~hidden';

function request(url = '/'): HttpRequest {
  return { method: 'GET', url, headers: { authorization } };
}

/** How a strategy of the Bearer scheme ends; what it throws, at once or later, becomes a rejection. */
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

describe.each<[string, (act: Act) => Act]>([
  ['at once', (act) => act],
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
])('A strategy that ends %s', (_name, when) => {
  it('admits a principal, with what it says beside it', async () => {
    const success = when(function () {
      this.success({ name: 'alice' }, { scope: 'read' });
    });
    expect(await outcome(success)).toEqual({ principal: { name: 'alice' }, info: { scope: 'read' } });
  });

  it.each([undefined, null, false, 0, '', Number.NaN])('admits no %p', async (principal) => {
    const success = when(function () {
      this.success(principal);
    });
    expect(await outcome(success)).toEqual(invalid);
  });

  it('opens nothing with pass()', async () => {
    const pass = when(function () {
      this.pass();
    });
    expect(await outcome(pass)).toEqual(invalid);
  });

  it('cannot redirect', async () => {
    const redirect = when(function () {
      this.redirect('https://example.org/login');
    });
    expect(await thrownBy(redirect)).toMatchObject({ message: expect.stringMatching(/Bearer scheme redirects/) });
  });

  it.each([
    ['nothing', [], invalid],
    ['a status', [401], invalid],
    ['a challenge that is no text', [{ message: 'No auth token' }, 401], invalid],
    ['an error', [new Error('No auth token')], invalid],
    ['status 400', [400], new Failure('malformed', 'Bearer', 400)],
    ['a challenge and status 400', ['Bearer', 400], new Failure('malformed', 'Bearer', 400)],
    ['status 403', ['Bearer', 403], invalid],
    ['a failure', [new Failure('missing', 'Bearer'), 401], new Failure('missing', 'Bearer')],
  ])('fails with %s', async (_what, all, failure) => {
    const fail = when(function () {
      this.fail(...(all as [unknown, number]));
    });
    expect(await outcome(fail)).toEqual(failure);
  });

  it.each([new UnauthorizedException(), new UnauthorizedException('Locked'), new HttpException('No', 401)])(
    'refuses with the error %p',
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
    [500, new BadRequestException()],
    [500, Object.assign(new Error('down'), { status: 401 })],
    [503, new ServiceUnavailableException()],
  ])('ends in a VerifierError of status %i with the error %p', async (status, error) => {
    const fault = when(function () {
      this.error(error);
    });
    const thrown = await thrownBy(fault);
    expect(thrown).toBeInstanceOf(VerifierError);
    expect(thrown).toMatchObject({ status, message: 'The verifier of the Bearer scheme threw' });
  });

  it('shows no credential in its error', async () => {
    const fault = when(function ({ headers }) {
      const token = headers.authorization?.split(' ')[1];
      this.error(Object.assign(new Error(`no session ${token}`, { cause: headers.authorization }), { token, headers }));
    });
    const thrown = await thrownBy(fault);
    expect(thrown).toMatchObject({ cause: { message: 'no session [redacted]', cause: { message: '[redacted]' } } });
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('dG9rZW4');
  });

  it('passes a VerifierError on as it is', async () => {
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
      { principal: 'alice', info: undefined },
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
  ])('holds to its first action: %s', async (_what, act, expected) => {
    expect(await outcome(when(act))).toEqual(expected);
  });

  it('cannot take back an error', async () => {
    const fault = when(function () {
      this.error(new Error('down'));
      this.success('alice');
    });
    expect(await thrownBy(fault)).toBeInstanceOf(VerifierError);
  });
});

describe('run', () => {
  it('costs no promise where the strategy ends at once', () => {
    const strategy: Strategy = {
      authenticate() {
        this.success('alice');
      },
    };
    expect(run(strategy, 'Bearer', request())).toEqual({ principal: 'alice', info: undefined });
  });

  it('throws at once where the strategy does', () => {
    const strategy: Strategy = {
      authenticate: () => {
        throw new Error(`no session ${authorization}`);
      },
    };
    expect(() => run(strategy, 'Bearer', request())).toThrow(VerifierError);
  });

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
  ])('judges what authenticate() %s', async (_what, raise) => {
    expect(await outcome(raise(new UnauthorizedException()))).toEqual(invalid);
    expect(await thrownBy(raise(new ServiceUnavailableException()))).toMatchObject({ status: 503 });
    const thrown = await thrownBy(raise(new Error(`no session ${authorization}`)));
    expect(thrown).toMatchObject({ status: 500, cause: { message: 'no session [redacted]' } });
  });

  it('ignores a throw and a rejection behind an action', async () => {
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

  it('keeps the challenge of a strategy that fails with it and status 400', async () => {
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
    ['a realm that cannot be sent', 'Bearer realm="caf\xe9"'],
    ['another scheme', 'Basic realm="api"'],
    ['the credentials in it', 'Bearer realm="api", error_description="no dG9rZW4~hidden"'],
    ['two challenges', 'Bearer realm="api", Bearer realm="other"'],
    ['an open quoted-string', 'Bearer realm="api'],
    ['two realms', 'Bearer realm="api", realm="other"'],
    ['a line break', 'Bearer realm="api"\r\nSet-Cookie: a=b'],
    ['no text', ''],
    ['a message', 'Invalid token'],
  ])('drops a challenge with %s', async (_, text) => {
    const fail: Act = function () {
      this.fail(text);
    };
    expect(await outcome(fail)).toEqual(invalid);
  });

  it('leaves the strategy as it was, and shows it its own members', () => {
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
    expect(run(shared, 'Bearer', request('/a'))).toMatchObject({ principal: 'counting 1 /a' });
    expect(run(shared, 'Bearer', request('/b'))).toMatchObject({ principal: 'counting 1 /b' });
    expect(shared).toEqual(new Counting());
    expect('success' in shared).toBe(false);
  });

  it('keeps requests apart that one strategy judges at a time', async () => {
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
    expect(await Promise.all(runs)).toEqual([
      { principal: '/a', info: undefined },
      invalid,
      { principal: '/b', info: undefined },
    ]);
    expect(strategy.url).toBe('');
  });

  it('runs a strategy on the request itself', () => {
    const asked = request();
    const strategy: Strategy = {
      authenticate(given) {
        this.success({ same: given === asked });
      },
    };
    expect(run(strategy, 'Bearer', asked)).toMatchObject({ principal: { same: true } });
  });
});
