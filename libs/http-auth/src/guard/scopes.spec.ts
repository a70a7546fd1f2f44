import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { admit } from '../schemes/admission.js';
import { formatChallenge } from '../http/challenge.js';
import { ScopeHierarchy } from './scope.hierarchy.js';
import { hasScopes, type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const scope = fc.stringMatching(SCOPE);
const scopes = fc.uniqueArray(scope, { minLength: 1, maxLength: 6 });
const none = new ScopeHierarchy();
const required = fc.record<RequiredScopes>({ names: scopes, mode: fc.constantFrom('all', 'any') });

describe('scopes', () => {
  it('[R-7] are valid only if RFC 6749 allows their characters', () => {
    fc.assert(
      fc.property(fc.oneof(scope, fc.string(), fc.string({ unit: 'binary-ascii' })), (name) => {
        expect(scopesProblem({ names: [name], mode: 'all' }) === undefined).toBe(SCOPE.test(name));
      }),
    );
  });

  it('[R-7] are separated by one space in a challenge', () => {
    fc.assert(
      fc.property(required, (asked) => {
        const text = formatChallenge({ scheme: 'Bearer', params: { scope: scopeParam(asked, none) } });
        expect(text).toBe(`Bearer scope="${(asked.mode === 'all' ? asked.names : asked.names.slice(0, 1)).join(' ')}"`);
      }),
    );
  });

  it('are found in any order, in the principal and in the info, for both modes', () => {
    fc.assert(
      fc.property(required, scopes, ({ names, mode }, granted) => {
        const expected =
          mode === 'all' ? names.every((name) => granted.includes(name)) : names.some((name) => granted.includes(name));
        const asked = { names, mode };
        for (const holder of [{ scopes: granted }, { scope: granted }, { scope: granted.toReversed().join(' ') }]) {
          expect(hasScopes(asked, admit(holder, {}), none)).toBe(expected);
          expect(hasScopes(asked, admit({}, holder as never), none)).toBe(expected);
        }
      }),
    );
  });

  it.each([7, true, {}])('of the principal do not count if the info has %j instead of a list', (invalid) => {
    const admission = admit({ scopes: ['a'] }, { scopes: invalid } as never);
    expect(hasScopes({ names: ['a'], mode: 'all' }, admission, none)).toBe(false);
  });

  it.each([null, undefined])('are the scopes of the principal if the info has %j', (absent) => {
    const admission = admit({ scopes: ['a'] }, { scopes: absent } as never);
    expect(hasScopes({ names: ['a'], mode: 'all' }, admission, none)).toBe(true);
  });

  it('are sufficient if they equal the scopes of the challenge', () => {
    fc.assert(
      fc.property(required, (asked) => {
        expect(hasScopes(asked, admit({ scope: scopeParam(asked, none) }, {}), none)).toBe(true);
      }),
    );
  });

  it('are insufficient for an arbitrary principal and info', () => {
    fc.assert(
      fc.property(required, fc.anything(), fc.anything(), (asked, principal, info) => {
        expect(hasScopes(asked, admit(principal, info as never), none)).toBe(false);
      }),
    );
  });
});
