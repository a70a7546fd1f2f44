import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from '../../schemes/admission.js';
import { readIntrospection } from './introspection.response.js';

const NOW = 1_000_000;
const expected = { issuer: 'https://issuer.example', audience: ['https://api.example'], clockTolerance: 5 };
const good = { active: true, iss: expected.issuer, aud: expected.audience[0], exp: NOW + 60, nbf: NOW - 60 };

/** Whether an answer is a yes; what cannot be meant is none. */
function opens(change: object): boolean {
  try {
    return readIntrospection({ ...good, ...change }, expected, NOW) instanceof Admission;
  } catch {
    return false;
  }
}

/** That a claim opens where it should, for any value that JSON has. */
function anyValueOf(claim: string, should: (value: unknown) => boolean, ...likely: unknown[]) {
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom(true, null, good.iss, [good.aud], ...likely));
  return fc.property(values, (value) => opens({ [claim]: value }) === should(value));
}

describe('The answer of an introspection endpoint', () => {
  it('opens as it is', () => {
    expect(opens({})).toBe(true);
  });

  it('[I-3] opens by nothing but active: true', () => {
    fc.assert(anyValueOf('active', (value) => value === true, 'true', 1, [true]));
  });

  it('[I-7] opens by no issuer but the one', () => {
    fc.assert(anyValueOf('iss', (value) => value === good.iss, `${good.iss}/`, [good.iss]));
  });

  it('[I-7] opens by no audience without ours', () => {
    const ours = (value: unknown) => value === good.aud || (Array.isArray(value) && value.includes(good.aud));
    fc.assert(anyValueOf('aud', ours, good.aud, ['a', good.aud], [[good.aud]], { 0: good.aud }));
  });

  it('[I-7] opens by no binding', () => {
    fc.assert(anyValueOf('cnf', (value) => value === null, {}));
  });

  it('[I-7] opens by no type but Bearer', () => {
    const bearer = (value: unknown) => value === null || (typeof value === 'string' && /^bearer$/i.test(value));
    fc.assert(anyValueOf('token_type', bearer, 'Bearer', 'BEARER', 'bearer ', ['bearer']));
  });

  it.each([
    ['exp', (time: number) => time > NOW - 5],
    ['nbf', (time: number) => time <= NOW + 5],
  ])('[I-7] opens in its time only: %s', (claim, inTime) => {
    const may = (value: unknown) => value === null || (typeof value === 'number' && inTime(value));
    const likely = [-6, -5, -4, 0, 4, 5, 6].map((seconds) => NOW + seconds);
    fc.assert(anyValueOf(claim, may, ...likely, String(NOW)));
  });
});
