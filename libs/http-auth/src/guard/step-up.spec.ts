import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { formatChallenge } from '../http/challenge.js';
import { isSteppedUp, stepUpParams, stepUpProblem } from './step-up.js';

const now = 1_800_000_000;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'], now: now * 1000 + 999 });
});
afterEach(() => {
  jest.useRealTimers();
});

const ago = (seconds: unknown) => ({ principal: { name: 'alice' }, info: { authTime: seconds } });

describe('An authentication', () => {
  it('is recent up to its age, to the second', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(2e6), (maxAge, age) => {
        expect(isSteppedUp({ maxAge }, ago(now - age))).toBe(age <= maxAge);
      }),
    );
  });

  it('[U-3] is recent at the age of 0 in the same second only', () => {
    expect(isSteppedUp({ maxAge: 0 }, ago(now))).toBe(true);
    expect(isSteppedUp({ maxAge: 0 }, ago(now - 1))).toBe(false);
  });

  it.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -Infinity, `${now}`, new Date(), {}, now * 1000])(
    'of the time %p is never recent',
    (time) => {
      expect(isSteppedUp({ maxAge: 1e9 }, ago(time))).toBe(false);
    },
  );

  it('may have been a minute ahead of our clock, and no more', () => {
    expect(isSteppedUp({ maxAge: 0 }, ago(now + 60))).toBe(true);
    expect(isSteppedUp({ maxAge: 0 }, ago(now + 61))).toBe(false);
  });

  it('[U-2] is of one of the classes, whichever', () => {
    const acr = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    fc.assert(
      fc.property(fc.uniqueArray(acr, { minLength: 1, maxLength: 4 }), fc.option(acr), (acrValues, value) => {
        const known = value ?? acrValues.at(-1);
        expect(isSteppedUp({ acrValues }, { principal: { acr: known } })).toBe(acrValues.includes(known as string));
        expect(isSteppedUp({ acrValues }, { principal: {} })).toBe(false);
        expect(isSteppedUp({ acrValues }, { principal: { acr: acrValues } })).toBe(false);
      }),
    );
  });

  it('[U-6] is told by claims and by what the verifier says, which goes first', () => {
    const claims = { acr: 'mfa', auth_time: now - 30 };
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 60 }, { principal: claims })).toBe(true);
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 60 }, { principal: {}, info: claims })).toBe(true);
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 10 }, { principal: claims })).toBe(false);
    expect(isSteppedUp({ acrValues: ['mfa'] }, { principal: claims, info: { acr: 'pwd' } })).toBe(false);
    expect(isSteppedUp({ maxAge: 60 }, { principal: claims, info: { authTime: now - 61 } })).toBe(false);
    expect(isSteppedUp({ maxAge: 60, acrValues: ['mfa'] }, { principal: { acr: 'mfa' } })).toBe(false);
  });

  it('is unknown of a principal that says nothing of it, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (principal, info) => {
        expect(isSteppedUp({ maxAge: 60 }, { principal, info })).toBe(false);
        expect(isSteppedUp({ acrValues: ['mfa'] }, { principal, info })).toBe(false);
      }),
    );
  });
});

describe('What is asked of an authentication', () => {
  it('[U-1][U-2][U-3][U-4] stands in the challenge: the error, the classes in their order, and the age', () => {
    const text = (options: Parameters<typeof stepUpParams>[0]) =>
      formatChallenge({ scheme: 'DPoP', params: stepUpParams(options) });
    const error = 'DPoP error="insufficient_user_authentication"';
    expect(text({ acrValues: ['hwk', 'mfa'], maxAge: 300 })).toBe(`${error}, acr_values="hwk mfa", max_age="300"`);
    expect(text({ acrValues: ['mfa'] })).toBe(`${error}, acr_values="mfa"`);
    expect(text({ maxAge: 0 })).toBe(`${error}, max_age="0"`);
  });

  it.each([
    [{}, 'step-up: give acrValues, maxAge or both'],
    [{ acrValues: [] }, 'step-up: acrValues must list texts'],
    [{ acrValues: 'mfa' }, 'step-up: acrValues must list texts'],
    [{ acrValues: ['a b'] }, 'step-up: acrValues must list texts'],
    [{ acrValues: ['"'] }, 'step-up: acrValues must list texts'],
    [{ acrValues: [1] }, 'step-up: acrValues must list texts'],
    [{ acrValues: ['é'] }, 'step-up: acrValues must list texts'],
    [{ maxAge: -1 }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: 1.5 }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: '5' }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: Infinity }, 'step-up: maxAge must be a whole number'],
  ])('[U-2][U-3] is refused where it cannot be asked for: %j', (options, message) => {
    expect(stepUpProblem(options as never)).toContain(message);
  });
});
