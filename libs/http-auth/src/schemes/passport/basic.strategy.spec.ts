import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { BasicStrategy as PassportHttpBasicStrategy } from 'passport-http';
import type { HttpRequest } from '../../http/request.js';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { admit } from '../admission.js';
import { Failure } from '../failure.js';
import { run } from './strategy.runner.js';
import type { BasicCredentials } from '../basic/basic.credentials.js';
import { BasicStrategy } from './basic.strategy.js';

function request(authorization?: string): HttpRequest {
  return { method: 'GET', url: '/', headers: { authorization } };
}

function field(userPass: string, encoding?: BufferEncoding): string {
  return `Basic ${Buffer.from(userPass, encoding).toString('base64')}`;
}

/** Accepts all credentials, and returns them as the principal. */
const open = new BasicStrategy((credentials) => ({ who: credentials }));
const admitted = (credentials: BasicCredentials) => admit({ who: credentials }, {});

describe('BasicStrategy', () => {
  it('is an instance of the BasicStrategy of passport-http, with the same name', async () => {
    expect(open).toBeInstanceOf(PassportHttpBasicStrategy);
    expect(open.name).toBe('basic');
  });

  it.each(['Basic', 'basic', 'BASIC', 'bAsIc'])('[H-1] reads credentials of the scheme %s', async (scheme) => {
    const authorization = field('user:password').replace('Basic', scheme);
    expect(await run(open, 'Basic', request(authorization))).toEqual(
      admitted({ username: 'user', password: 'password' }),
    );
  });

  it.each([undefined, '', 'NotBasic dTpw', 'BasicX dTpw', 'Bearer dTpw', 'Basic:dTpw', ' Basic dTpw'])(
    'returns a missing Failure for %j',
    async (authorization) => {
      expect(await run(open, 'Basic', request(authorization))).toEqual(new Failure('missing', 'Basic'));
    },
  );

  it.each(['Basic', 'Basic dTpw!', 'Basic dQ==', 'Basic username="u"', 'Basic dTpw, Basic dTpw'])(
    'returns a malformed Failure for %j',
    async (authorization) => {
      expect(await run(open, 'Basic', request(authorization))).toEqual(new Failure('malformed', 'Basic'));
    },
  );

  it('[B-4] does not end a password at its first colon', async () => {
    const strategy = new BasicStrategy(({ password }) => password === 'p');
    expect(await run(strategy, 'Basic', request(field('user:p')))).toEqual(admit(true, {}));
    expect(await run(strategy, 'Basic', request(field('user:p:anything')))).toEqual(new Failure('invalid', 'Basic'));
  });

  it('[B-7] reads ISO-8859-1 only if the challenge has no charset', async () => {
    const latin1 = request(field('test:123£', 'latin1'));
    const strategy = new BasicStrategy((credentials) => ({ who: credentials }), { charset: null });
    expect(await run(strategy, 'Basic', latin1)).toEqual(admitted({ username: 'test', password: '123£' }));
    expect(await run(open, 'Basic', latin1)).toEqual(new Failure('malformed', 'Basic'));
  });

  it('passes the request to the verifier', async () => {
    const strategy = new BasicStrategy((_, { url }) => ({ url }));
    expect(await run(strategy, 'Basic', request(field('a:b')))).toMatchObject({ principal: { url: '/' } });
  });

  it('calls validate() of a subclass', async () => {
    class Strict extends BasicStrategy<string> {
      override async validate({ username }: BasicCredentials) {
        return username === 'alice' && 'Alice';
      }
    }
    const strict = new Strict(() => 'anybody');
    expect(await run(strict, 'Basic', request(field('alice:x')))).toMatchObject({ principal: 'Alice' });
    expect(await run(strict, 'Basic', request(field('bob:x')))).toEqual(new Failure('invalid', 'Basic'));
  });

  it('applies the limits, and does not count an attempt if the verifier throws', async () => {
    const strategy = new BasicStrategy(
      async ({ password }) => {
        if (password === 'down') throw new Error('down');
        return password === 'good';
      },
      { limits: { perUserAndAddress: 1 } },
    );
    const outcome = async (password: string) => run(strategy, 'Basic', request(field(`alice:${password}`)));
    const [down, alsoDown, good, bad] = await Promise.allSettled(['down', 'down', 'good', 'bad'].map(outcome));
    expect([down, alsoDown]).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect([good, bad]).toMatchObject([{ value: { principal: true } }, { value: { reason: 'invalid' } }]);
    for (const password of ['bad', 'good']) {
      expect(await outcome(password)).toMatchObject({ reason: 'limited', status: 429, details: { retryAfter: 900 } });
    }
  });

  it('throws AuthConfigurationError if a limit is invalid', async () => {
    const make = () => new BasicStrategy(() => true, { limits: { perUser: 0 } });
    expect(make).toThrow(AuthConfigurationError);
    expect(make).toThrow(/^basic\(\): limits\.perUser must be a whole number/);
  });

  it("redacts the password and the field in the verifier's error", async () => {
    const authorization = field('alice:wonder land');
    const strategy = new BasicStrategy(({ password }) => {
      throw new Error(`no row for ${password}, of ${authorization}`);
    });
    const thrown: unknown = await run(strategy, 'Basic', request(authorization)).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 500, cause: { message: 'no row for [redacted], of [redacted]' } });
    expect(inspect(thrown, { depth: 10 })).not.toMatch(/wonder land|YWxpY2U6/);
  });
});
