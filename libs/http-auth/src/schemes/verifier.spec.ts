import { describe, expect, it } from '@jest/globals';
import { ForbiddenException, HttpException, ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import { Failure } from './failure.js';
import type { StrategyActions } from './strategy.js';
import { VerifierError } from './verifier.error.js';
import { conclude, isPromise, isRefusal, isVerifierClass, type Judge, outcomeBy, verifierProblem } from './verifier.js';

/** How a strategy ends by what a verifier says. */
function settled(verify: () => unknown, secrets: string[] = []) {
  const ends: unknown[][] = [];
  const record =
    (name: string) =>
    (...all: unknown[]) =>
      void ends.push([name, ...all]);
  const strategy: StrategyActions = {
    success: record('success'),
    fail: record('fail'),
    error: record('error'),
    pass: record('pass'),
    redirect: record('redirect'),
  };
  const judge: Judge<object> = { scheme: 'Basic', validate: verify, secrets: () => secrets };
  const request = { method: 'GET', url: '/', headers: {} };
  conclude(strategy, () => outcomeBy(judge, {}, request));
  return ends;
}

const refused = [['fail', new Failure('invalid', 'Basic'), 401]];
const raise = (error: unknown) => () => {
  throw error;
};
const reject = (error: unknown) => async () => {
  throw error;
};

describe('A strategy', () => {
  const tick = () => new Promise((resolve) => setImmediate(resolve));

  it('ends at once with a verdict that is there at once', () => {
    expect(settled(() => 'alice')).toEqual([['success', 'alice']]);
  });

  it('ends later with a verdict that comes later', async () => {
    const ends = settled(async () => 'alice');
    expect(ends).toEqual([]);
    await tick();
    expect(ends).toEqual([['success', 'alice']]);
  });

  it.each([null, undefined, false, 0, '', Number.NaN])('admits no %p', async (verdict) => {
    expect(settled(() => verdict)).toEqual(refused);
    const later = settled(async () => verdict);
    await tick();
    expect(later).toEqual(refused);
  });

  it.each([new UnauthorizedException(), new UnauthorizedException('Locked'), new HttpException('No', 401)])(
    'refuses for %p',
    async (error) => {
      expect(settled(raise(error))).toEqual(refused);
      const later = settled(reject(error));
      await tick();
      expect(later).toEqual(refused);
    },
  );

  it.each([
    [500, new Error('down')],
    [500, 'down'],
    [500, undefined],
    [500, new ForbiddenException()],
    [500, Object.assign(new Error('Unauthorized'), { status: 401 })],
    [503, new ServiceUnavailableException()],
    [599, new HttpException('down', 599)],
  ])('ends in an error of status %i for %p', async (status, thrown) => {
    const error = [['error', expect.objectContaining({ name: 'VerifierError', status })]];
    expect(settled(raise(thrown))).toEqual(error);
    const later = settled(reject(thrown));
    await tick();
    expect(later).toEqual(error);
  });

  it('cuts the secrets out of the error', () => {
    const [[, error]] = settled(raise(new Error('no user with password sesame')), ['sesame']) as [[string, unknown]];
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({
      message: 'The verifier of the Basic scheme threw',
      cause: { message: 'no user with password [redacted]' },
    });
  });

  it('ends even where the error itself is broken', async () => {
    const broken = Object.defineProperties(new Error('down'), { message: { value: 1 }, stack: { value: ['frame'] } });
    const later = settled(reject(broken), ['sesame']);
    await tick();
    expect(later).toEqual([['error', expect.any(VerifierError)]]);
  });
});

describe('isRefusal', () => {
  it.each([
    [true, new UnauthorizedException()],
    [true, new HttpException('No', 401)],
    [true, new (class extends UnauthorizedException {})()],
    [false, new ForbiddenException()],
    [false, new Error('Unauthorized')],
    [false, { status: 401 }],
    [false, 401],
    [false, undefined],
  ])('is %p for %p', (refusal, error) => {
    expect(isRefusal(error)).toBe(refusal);
  });
});

describe('isPromise', () => {
  it.each<[boolean, unknown]>([
    [true, Promise.resolve()],
    // A thenable must be awaited as well: verifiers may use a promise library of their own.
    // eslint-disable-next-line unicorn/no-thenable
    [true, { then: () => undefined }],
    // eslint-disable-next-line unicorn/no-thenable
    [false, { then: true }],
    [false, {}],
    [false, 'then'],
    [false, null],
    [false, undefined],
  ])('is %p for %p', (promise, value) => {
    expect(isPromise(value)).toBe(promise);
  });
});

describe('isVerifierClass', () => {
  class Users {
    verify() {
      return null;
    }
  }
  class Inheriting extends Users {}
  class WithoutVerify {}
  function Old() {
    return undefined;
  }
  Old.prototype.verify = () => null;

  it.each([
    ['a class', Users],
    ['a class that inherits verify()', Inheriting],
    ['a class that lacks verify(), which the container will say', WithoutVerify],
    ['a constructor function', Old],
  ])('is true for %s', (_, verifier) => {
    expect(isVerifierClass(verifier as never)).toBe(true);
  });

  it.each([
    ['an arrow function', () => null],
    ['an async arrow function', async () => null],
    [
      'a function',
      function classify() {
        return null;
      },
    ],
    ['a bound method', new Users().verify.bind(new Users())],
    [
      'a method',
      {
        classify() {
          return null;
        },
      }.classify,
    ],
  ])('is false for %s', (_, verifier) => {
    expect(isVerifierClass(verifier)).toBe(false);
  });
});

describe('verifierProblem', () => {
  it('has none with a function or a class', () => {
    expect(verifierProblem('basic()', () => null)).toBeUndefined();
    expect(verifierProblem('basic()', class {})).toBeUndefined();
  });

  it.each([undefined, null, 'users', {}, { verify: () => null }])(
    'names the factory and the mend for %p',
    (verifier) => {
      expect(verifierProblem('basic()', verifier)).toMatch(
        /^basic\(\): .+ must be a function .+ or an injectable class with verify/,
      );
    },
  );
});
