import { inspect } from 'node:util';
import * as internals from '../common/promise.js';
import { describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import fc from 'fast-check';
import { of } from 'rxjs';
import { Admission, admit } from './admission.js';
import { decide } from './decide.js';
import { Failure } from './failure.js';
import { RefusedException } from './refused.exception.js';
import { VerifierUnavailableException } from './unavailable.exception.js';
import { VerifierError } from './verifier.error.js';

const attempt = { scheme: 'Basic', secrets: () => ['sesame'] };
const outcomeOf = (value: unknown) => decide(attempt, () => value);
const outcomeOfThrown = (error: unknown) =>
  decide(attempt, () => {
    throw error;
  });
const thrownBy = (outcome: Promise<unknown>) =>
  outcome.then(
    (value) => expect(value).toBe('an error'),
    (error: unknown) => error,
  );

const invalid = new Failure('invalid', 'Basic');
const expired = new Failure('invalid', 'Bearer', 401, { params: { error_description: 'The token has expired' } });
const nobody = [null, undefined, false, 0, '', Number.NaN];

describe('decide', () => {
  it.each(['alice', { name: 'alice' }, true, 1, ['alice'], { principal: 'alice', info: {} }])(
    'returns an admission for the principal %p',
    async (principal) => {
      expect(await outcomeOf(principal)).toEqual(admit(principal, {}));
      expect(await outcomeOf(Promise.resolve(principal))).toEqual(admit(principal, {}));
      // Promise libraries return thenables that are not a `Promise`.
      // eslint-disable-next-line unicorn/no-thenable
      expect(await outcomeOf({ then: (resolve: (value: unknown) => void) => resolve(principal) })).toEqual(
        admit(principal, {}),
      );
    },
  );

  it.each(nobody)('returns a failure for the principal %p, also inside admit()', async (principal) => {
    expect(await outcomeOf(principal)).toEqual(invalid);
    expect(await outcomeOf(Promise.resolve(principal))).toEqual(invalid);
    expect(await outcomeOf(admit(principal, { scopes: ['a'] }))).toEqual(invalid);
    expect(await outcomeOf(admit(admit(principal, {}), { acr: 'mfa' }))).toEqual(invalid);
  });

  it('returns a failure if the principal is a failure, at any depth', async () => {
    for (const value of [
      expired,
      admit(expired, {}),
      admit(admit(expired, {}), { acr: 'mfa' }),
      Object.assign({ a: 1 }, expired),
    ]) {
      expect(await outcomeOf(value)).toEqual(new Failure('invalid', 'Basic', 401, expired.details));
      expect(await outcomeOf(Promise.resolve(value))).toEqual(new Failure('invalid', 'Basic', 401, expired.details));
    }
    expect(await outcomeOfThrown(expired)).toEqual(new Failure('invalid', 'Basic', 401, expired.details));
  });

  it('unwraps nested admissions, and prefers the outer info to the inner info', async () => {
    const inner = admit({ name: 'alice' }, { scopes: ['a'], acr: 'pwd', authTime: 1 });
    expect(await outcomeOf(admit(inner, { acr: 'mfa' }))).toEqual(
      admit({ name: 'alice' }, { scopes: ['a'], acr: 'mfa', authTime: 1 }),
    );
    expect(await outcomeOf(admit(inner, { acr: undefined }))).toEqual(inner);
  });

  it('returns a failure if the credentials have ended, at any depth', async () => {
    const ended = new Failure('invalid', 'Basic', 401, { message: 'The credentials have expired', stale: true });
    const past = { expiresAt: new Date(Date.now() - 1) };
    const future = { expiresAt: new Date(Date.now() + 60_000) };
    expect(await outcomeOf(admit('alice', past))).toEqual(ended);
    expect(await outcomeOf(admit(admit('alice', past), future))).toEqual(ended);
    expect(await outcomeOf(admit(admit('alice', future), past))).toEqual(ended);
    expect(await outcomeOf(admit('alice', future))).toEqual(admit('alice', future));
  });

  it.each([[Date.now() + 60_000], ['2100-01-01'], [new Date(NaN)], [null]])(
    'throws a VerifierError if expiresAt is %p',
    async (expiresAt) => {
      await expect(outcomeOf(admit('alice', { expiresAt } as never))).rejects.toMatchObject({
        cause: new TypeError('expiresAt of admit() is not a valid Date; pass a Date, or leave it out'),
      });
    },
  );

  it.each([undefined, null, 'text', 1])(
    'returns an admission with empty info if a Passport strategy passes the info %p',
    async (info) => {
      expect(await outcomeOf(new Admission('alice', info as never))).toEqual(admit('alice', {}));
    },
  );

  it('recognizes the failures and admissions of another copy of the package', async () => {
    const brand = (name: string) => ({ [Symbol.for(`nestjs-http-auth:${name}`)]: true });
    const failure = { ...brand('Failure'), reason: 'invalid', scheme: 'Bearer', status: 401, details: {} };
    const admission = { ...brand('Admission'), principal: 'alice', info: { scopes: ['a'] } };
    expect(failure).toBeInstanceOf(Failure);
    expect(admission).toBeInstanceOf(Admission);
    expect(await outcomeOf(failure)).toEqual(invalid);
    expect(await outcomeOf(admission)).toEqual(admit('alice', { scopes: ['a'] }));
  });

  it('returns a failure with status 401 if its own status is not allowed', async () => {
    for (const status of [200, 204, 302, 500, undefined, '401']) {
      expect(await outcomeOf(new Failure('invalid', 'Basic', status as never))).toEqual(invalid);
    }
  });

  it.each([
    ['an UnauthorizedException', new UnauthorizedException()],
    ['a RefusedException', RefusedException.of(invalid)],
    ['an HttpException with 401', new HttpException('Unauthorized', 401)],
    ['a subclass of UnauthorizedException', new (class extends UnauthorizedException {})()],
  ])('returns a failure for %s, thrown or returned', async (_name, error) => {
    expect(await outcomeOfThrown(error)).toEqual(invalid);
    expect(await outcomeOf(error)).toEqual(invalid);
    expect(await outcomeOf(Promise.reject(error))).toEqual(invalid);
  });

  it('keeps the details of a RefusedException', async () => {
    expect(await outcomeOfThrown(RefusedException.of(expired))).toMatchObject({
      scheme: 'Basic',
      details: expired.details,
    });
  });

  it('keeps the message of an UnauthorizedException for the body, with the credentials redacted', async () => {
    expect(await outcomeOfThrown(new UnauthorizedException('the password sesame is old'))).toEqual(
      new Failure('invalid', 'Basic', 401, {
        message: 'the password [redacted] is old',
        body: { message: 'the password [redacted] is old', error: 'Unauthorized', statusCode: 401 },
      }),
    );
    expect(await outcomeOfThrown(new UnauthorizedException({ code: 'LOCKED', hint: ['sesame'] }))).toMatchObject({
      details: { body: { code: 'LOCKED', hint: ['[redacted]'] } },
    });
  });

  it('returns a failure for an AggregateError only if all of its errors are rejections of credentials', async () => {
    const refusals = [RefusedException.of(expired), new UnauthorizedException()];
    expect(await outcomeOfThrown(new AggregateError(refusals))).toMatchObject({
      reason: 'invalid',
      details: expired.details,
    });
    const [first, second] = refusals;
    expect(await outcomeOf(Promise.any([Promise.reject(first), Promise.reject(second)]))).toBeInstanceOf(Failure);
    const down = new VerifierUnavailableException('down', 30);
    expect(await thrownBy(outcomeOfThrown(new AggregateError([...refusals, down])))).toMatchObject({
      status: 503,
      retryAfter: 30,
    });
    for (const errors of [[...refusals, new Error('down')], []]) {
      expect(await thrownBy(outcomeOfThrown(new AggregateError(errors)))).toBeInstanceOf(VerifierError);
    }
  });

  it.each([new BadRequestException(), new ForbiddenException('suspended'), new HttpException('slow down', 429)])(
    'throws the same exception if a verifier throws %p',
    async (error) => {
      expect(await thrownBy(outcomeOfThrown(error))).toBe(error);
    },
  );

  it('redacts the credentials in a 4xx exception', async () => {
    const error = new ForbiddenException({ hint: 'sesame', at: new Date(0) }, { cause: new Error('sesame') });
    const thrown = await thrownBy(outcomeOfThrown(error));
    expect(thrown).toBe(error);
    expect(error.getResponse()).toEqual({ hint: '[redacted]', at: new Date(0) });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('sesame');
  });

  it.each([
    [500, new Error('down')],
    [500, 'down'],
    [500, undefined],
    [500, Object.assign(new Error('Unauthorized'), { status: 401 })],
    [500, admit('alice', {})],
    [503, new ServiceUnavailableException()],
    [599, new HttpException('down', 599)],
    [500, new HttpException('moved', 302)],
  ])('throws a VerifierError with status %i for the thrown value %p', async (status, error) => {
    const thrown = await thrownBy(outcomeOfThrown(error));
    expect(thrown).toBeInstanceOf(VerifierError);
    expect(thrown).toMatchObject({ status });
  });

  it.each([
    ['an Error', new Error('wrong')],
    ['a DOMException', new DOMException('wrong')],
    ['a 4xx exception', new ForbiddenException()],
    ['a 5xx exception', new ServiceUnavailableException()],
  ])('throws a VerifierError if the verifier returns %s', async (_name, error) => {
    for (const value of [error, Promise.resolve(error), admit(error, {})]) {
      expect(await thrownBy(outcomeOf(value))).toBeInstanceOf(VerifierError);
    }
  });

  it('throws a VerifierError if admit() receives a promise, and handles its rejection', async () => {
    for (const principal of [Promise.resolve('alice'), Promise.reject(new Error('late'))]) {
      const thrown = await thrownBy(outcomeOf(admit(principal, {})));
      expect(thrown).toMatchObject({ name: 'VerifierError', cause: { message: expect.stringContaining('await it') } });
    }
  });

  it.each([
    ['an Observable', of(null)],
    ['a function', () => null],
    ['a symbol', Symbol('alice')],
    ['an async generator', (async function* () {})()],
    ['a boxed boolean', Object(false)],
    ['an empty list, as of a query', []],
    ['an empty Map', new Map()],
    ['an empty Set', new Set()],
    ['the response of fetch()', new Response(null, { status: 401 })],
    ['the global object', globalThis],
    ['a module', internals],
  ])('throws a VerifierError if the verifier returns %s', async (_name, value) => {
    for (const one of [value, admit(value, {})]) expect(await thrownBy(outcomeOf(one))).toBeInstanceOf(VerifierError);
  });

  it.each([
    ['is frozen', Object.freeze(new ForbiddenException('sesame'))],
    [
      'has a getter that throws',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('sesame');
        },
      }),
    ],
    ['has a strange status', new HttpException('sesame', 450.5)],
    ['has no list of errors', Object.assign(new AggregateError([]), { errors: undefined })],
  ])('throws a VerifierError with status 500 if the error %s', async (_name, error) => {
    const thrown = await thrownBy(outcomeOfThrown(error));
    expect(thrown).toBeInstanceOf(VerifierError);
    expect(thrown).toMatchObject({ status: 500 });
    expect(inspect(thrown, { depth: 10 })).not.toContain('sesame');
  });

  it('redacts the credentials in an error of a verifier', async () => {
    const thrown = await thrownBy(outcomeOfThrown(new Error('no user with password sesame')));
    expect(thrown).toMatchObject({
      message: 'The verifier of the Basic scheme threw',
      cause: { message: 'no user with password [redacted]' },
    });
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('sesame');
  });

  it('throws a VerifierError if the message and the stack of an error are not strings', async () => {
    const broken = Object.defineProperties(new Error('down'), { message: { value: 1 }, stack: { value: ['frame'] } });
    expect(await thrownBy(outcomeOfThrown(broken))).toBeInstanceOf(VerifierError);
  });

  it('throws the same error if a verifier throws a VerifierError', async () => {
    const error = new VerifierError('Basic', new Error('down'), []);
    expect(await thrownBy(outcomeOfThrown(error))).toBe(error);
  });

  it('returns an equal outcome if the verifier returns an outcome', async () => {
    const outcomes = [admit({ name: 'alice' }, { scopes: ['a'] }), new Failure('insufficient', 'Basic', 403)];
    for (const outcome of outcomes) expect(await outcomeOf(outcome)).toEqual(outcome);
  });

  it('returns an admission only if the innermost value is a principal', async () => {
    const leaf = fc.oneof(
      fc
        .constantFrom(...nobody, expired, new Error('x'), new ForbiddenException(), new UnauthorizedException())
        .map((value) => ({
          value: value as unknown,
          admitted: false,
        })),
      fc.constantFrom('alice', { name: 'alice' }, 1).map((value) => ({ value: value as unknown, admitted: true })),
    );
    const wrapped = fc.tuple(leaf, fc.nat(3)).map(([{ value, admitted }, depth]) => {
      let wrappedValue = value;
      for (let level = 0; level < depth; level++) wrappedValue = admit(wrappedValue, {});
      return { value: wrappedValue, admitted };
    });
    await fc.assert(
      fc.asyncProperty(wrapped, async ({ value, admitted }) => {
        const outcome = await outcomeOf(value).catch((error: unknown) => error);
        expect(outcome instanceof Admission).toBe(admitted);
      }),
    );
  });
});
