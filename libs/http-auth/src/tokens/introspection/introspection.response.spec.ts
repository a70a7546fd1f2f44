import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from '../../schemes/admission.js';
import { readIntrospection } from './introspection.response.js';

const NOW = 1_000_000;
const expected = { issuer: 'https://issuer.example', audience: ['https://api.example'], clockTolerance: 5000 };
const good = { active: true, iss: expected.issuer, aud: expected.audience[0], exp: NOW + 60, nbf: NOW - 60 };

/** Returns `true` if a token with this answer is accepted. An invalid answer is an error, and so not accepted. */
function isAccepted(change: object): boolean {
  try {
    return readIntrospection({ ...good, ...change }, expected, NOW) instanceof Admission;
  } catch {
    return false;
  }
}

/** Checks for any JSON value of a claim that the token is accepted only if it should be. */
function anyValueOf(claim: string, should: (value: unknown) => boolean, ...likely: unknown[]) {
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom(true, null, good.iss, [good.aud], ...likely));
  return fc.property(values, (value) => isAccepted({ [claim]: value }) === should(value));
}

describe('The answer of an introspection endpoint', () => {
  it('is accepted if it meets all requirements', () => {
    expect(isAccepted({})).toBe(true);
  });

  it('ends at exp and the clock tolerance, and never if it has no exp', () => {
    const infoOf = (exp?: number) =>
      (readIntrospection({ ...good, exp }, expected, NOW) as Admission<unknown>).info.expiresAt;
    expect(infoOf(NOW + 60)).toEqual(new Date((NOW + 60) * 1000 + expected.clockTolerance));
    expect(infoOf(1e30)?.getTime()).toBe(8.64e15);
    expect(infoOf()).toBeUndefined();
  });

  it('[I-3] is accepted only with active: true', () => {
    fc.assert(anyValueOf('active', (value) => value === true, 'true', 1, [true]));
  });

  it('[I-7] is accepted only with the exact issuer', () => {
    fc.assert(anyValueOf('iss', (value) => value === good.iss, `${good.iss}/`, [good.iss]));
  });

  it('[I-7] is accepted only with our audience', () => {
    const ours = (value: unknown) => value === good.aud || (Array.isArray(value) && value.includes(good.aud));
    fc.assert(anyValueOf('aud', ours, good.aud, ['a', good.aud], [[good.aud]], { 0: good.aud }));
  });

  it('[I-7] has a confirmation for every binding to a key, whatever its form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.constantFrom({}, { jkt: 'x' })), (cnf) => {
        const { info } = readIntrospection({ ...good, cnf }, expected, NOW) as Admission<unknown>;
        expect(info.confirmation !== undefined).toBe(cnf !== null);
      }),
    );
  });

  it('[DPOP-23] is accepted only with the type DPoP if the token is bound to a key of DPoP', () => {
    const typed = (type: unknown) => isAccepted({ cnf: { jkt: 'x' }, token_type: type });
    expect(['DPoP', 'dpop', null, undefined].map(typed)).toEqual([true, true, true, true]);
    expect(['Bearer', '', 1, ['DPoP']].map(typed)).toEqual([false, false, false, false]);
    expect(isAccepted({ cnf: { 'x5t#S256': 'x' }, token_type: 'Bearer' })).toBe(true);
    expect(isAccepted({ token_type: 'DPoP' })).toBe(false);
  });

  it('[I-7] is accepted only with the type Bearer', () => {
    const bearer = (value: unknown) => value === null || (typeof value === 'string' && /^bearer$/i.test(value));
    fc.assert(anyValueOf('token_type', bearer, 'Bearer', 'BEARER', 'bearer ', ['bearer']));
  });

  it.each([
    ['exp', (time: number) => time > NOW - 5],
    ['nbf', (time: number) => time <= NOW + 5],
  ])('[I-7] is accepted only in its lifetime: %s', (claim, inTime) => {
    const may = (value: unknown) => value === null || (typeof value === 'number' && inTime(value));
    const likely = [-6, -5, -4, 0, 4, 5, 6].map((seconds) => NOW + seconds);
    fc.assert(anyValueOf(claim, may, ...likely, String(NOW)));
  });
});
