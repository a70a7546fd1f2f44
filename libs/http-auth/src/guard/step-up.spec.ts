import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { formatChallenge } from '../http/challenge.js';
import { admit, type AdmissionInfo } from '../schemes/admission.js';
import { isSteppedUp, stepUpParams, stepUpProblem } from './step-up.js';

const now = 1_800_000_000;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'], now: now * 1000 + 999 });
});
afterEach(() => {
  jest.useRealTimers();
});

const by = (principal: unknown, info: object = {}) => admit(principal, info as AdmissionInfo);
const ago = (seconds: unknown) => by({ name: 'alice' }, { authTime: seconds });

describe('isSteppedUp', () => {
  it('returns true up to maxAge, and false one second later', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(2e6), (maxAge, age) => {
        expect(isSteppedUp({ maxAge }, ago(now - age))).toBe(age <= maxAge);
      }),
    );
  });

  it('[U-3] returns true only in the same second if maxAge is 0', () => {
    expect(isSteppedUp({ maxAge: 0 }, ago(now))).toBe(true);
    expect(isSteppedUp({ maxAge: 0 }, ago(now - 1))).toBe(false);
  });

  it.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -Infinity, `${now}`, new Date(), {}, now * 1000])(
    'returns false if authTime is %p',
    (time) => {
      expect(isSteppedUp({ maxAge: 1e9 }, ago(time))).toBe(false);
    },
  );

  it('accepts a time of up to one minute in the future', () => {
    expect(isSteppedUp({ maxAge: 0 }, ago(now + 60))).toBe(true);
    expect(isSteppedUp({ maxAge: 0 }, ago(now + 61))).toBe(false);
  });

  it('[U-2] returns true only if acr is one of acrValues', () => {
    const acr = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    fc.assert(
      fc.property(fc.uniqueArray(acr, { minLength: 1, maxLength: 4 }), fc.option(acr), (acrValues, value) => {
        const known = value ?? acrValues.at(-1);
        expect(isSteppedUp({ acrValues }, by({ acr: known }))).toBe(acrValues.includes(known as string));
        expect(isSteppedUp({ acrValues }, by({}))).toBe(false);
        expect(isSteppedUp({ acrValues }, by({ acr: acrValues }))).toBe(false);
      }),
    );
  });

  it('[U-6] reads acr and the time from the info first, then from the claims of the principal', () => {
    const claims = { acr: 'mfa', auth_time: now - 30 };
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 60 }, by(claims))).toBe(true);
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 60 }, by({}, claims))).toBe(true);
    expect(isSteppedUp({ acrValues: ['mfa'], maxAge: 10 }, by(claims))).toBe(false);
    expect(isSteppedUp({ acrValues: ['mfa'] }, by(claims, { acr: 'pwd' }))).toBe(false);
    expect(isSteppedUp({ maxAge: 60 }, by(claims, { authTime: now - 61 }))).toBe(false);
    expect(isSteppedUp({ maxAge: 60, acrValues: ['mfa'] }, by({ acr: 'mfa' }))).toBe(false);
  });

  it('returns false for an arbitrary principal and info', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (principal, info) => {
        expect(isSteppedUp({ maxAge: 60 }, by(principal, info as object))).toBe(false);
        expect(isSteppedUp({ acrValues: ['mfa'] }, by(principal, info as object))).toBe(false);
      }),
    );
  });
});

describe('The options of @StepUp()', () => {
  it('[U-1][U-2][U-3][U-4] appear in the challenge as error, acr_values in their order, and max_age', () => {
    const text = (options: Parameters<typeof stepUpParams>[0]) =>
      formatChallenge({ scheme: 'DPoP', params: stepUpParams(options) });
    const error = 'DPoP error="insufficient_user_authentication"';
    expect(text({ acrValues: ['hwk', 'mfa'], maxAge: 300 })).toBe(`${error}, acr_values="hwk mfa", max_age="300"`);
    expect(text({ acrValues: ['mfa'] })).toBe(`${error}, acr_values="mfa"`);
    expect(text({ maxAge: 0 })).toBe(`${error}, max_age="0"`);
  });

  it.each([
    [{}, 'step-up: pass acrValues, maxAge or both'],
    [{ acrValues: [] }, 'step-up: acrValues must list strings'],
    [{ acrValues: 'mfa' }, 'step-up: acrValues must list strings'],
    [{ acrValues: ['a b'] }, 'step-up: acrValues must list strings'],
    [{ acrValues: ['"'] }, 'step-up: acrValues must list strings'],
    [{ acrValues: [1] }, 'step-up: acrValues must list strings'],
    [{ acrValues: ['é'] }, 'step-up: acrValues must list strings'],
    [{ maxAge: -1 }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: 1.5 }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: '5' }, 'step-up: maxAge must be a whole number'],
    [{ maxAge: Infinity }, 'step-up: maxAge must be a whole number'],
  ])('[U-2][U-3] are reported if they are invalid: %j', (options, message) => {
    expect(stepUpProblem(options as never)).toContain(message);
  });
});
