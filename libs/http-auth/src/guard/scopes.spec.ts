import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatChallenge } from '../http/challenge.js';
import { reaches, type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const scope = fc.stringMatching(SCOPE);
const scopes = fc.uniqueArray(scope, { minLength: 1, maxLength: 6 });
const required = fc.record<RequiredScopes>({ names: scopes, mode: fc.constantFrom('all', 'any') });

describe('Required scopes', () => {
  it('[R-7] are the texts that RFC 6749 calls scopes, and no others', () => {
    fc.assert(
      fc.property(fc.oneof(scope, fc.string(), fc.string({ unit: 'binary-ascii' })), (name) => {
        expect(scopesProblem({ names: [name], mode: 'all' }) === undefined).toBe(SCOPE.test(name));
      }),
    );
  });

  it('[R-7] stand in a challenge with one space between two', () => {
    fc.assert(
      fc.property(required, (asked) => {
        const text = formatChallenge({ scheme: 'Bearer', params: { scope: scopeParam(asked) } });
        expect(text).toBe(`Bearer scope="${(asked.mode === 'all' ? asked.names : asked.names.slice(0, 1)).join(' ')}"`);
      }),
    );
  });

  it('are reached by all of them or by any, in whatever order and place', () => {
    fc.assert(
      fc.property(required, scopes, ({ names, mode }, granted) => {
        const expected =
          mode === 'all' ? names.every((name) => granted.includes(name)) : names.some((name) => granted.includes(name));
        const asked = { names, mode };
        for (const holder of [{ scopes: granted }, { scope: granted }, { scope: granted.toReversed().join(' ') }]) {
          expect(reaches(asked, { principal: holder })).toBe(expected);
          expect(reaches(asked, { principal: {}, info: holder })).toBe(expected);
        }
      }),
    );
  });

  it('are asked for by what they let in: whoever has the scopes of the challenge', () => {
    fc.assert(
      fc.property(required, (asked) => {
        expect(reaches(asked, { principal: { scope: scopeParam(asked) } })).toBe(true);
      }),
    );
  });

  it('are not reached by a principal that has no scopes, whatever it is', () => {
    fc.assert(
      fc.property(required, fc.anything(), fc.anything(), (asked, principal, info) => {
        expect(reaches(asked, { principal, info })).toBe(false);
      }),
    );
  });
});
