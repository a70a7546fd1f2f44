import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatChallenge, parseChallenges } from './challenge.js';
import { realmProblem } from './realm.js';

describe('realmProblem', () => {
  it.each(['Access to staging site', 'a', ' a ', 'say "friend"', 'C:\\', 'a, b="c"', '~'])(
    'returns undefined for %j',
    (realm) => {
      expect(realmProblem(realm)).toBeUndefined();
    },
  );

  it.each([undefined, null, 0, true, ['realm'], { realm: 'x' }, () => 'x', Symbol('x')])(
    'returns an error message for %p, which is not a string',
    (realm) => {
      expect(realmProblem(realm)).toBe('it must be a string');
    },
  );

  it.each(['', ' ', '   ', '\t', '\r\n', '\u00a0'])('returns an error message for the blank %j', (realm) => {
    expect(realmProblem(realm)).toBe('it must not be empty');
  });

  it.each(['a\r\nSet-Cookie: b=c', 'a\n', 'a\tb', 'a\0', 'a\x7f', 'caf\xe9', 'a\x85b', '日本', 'a\ud800'])(
    '[B-10][H-15] returns an error message for %j, which cannot be sent',
    (realm) => {
      expect(realmProblem(realm)).toMatch(/printable ASCII.+RFC 9110 section 11\.5, RFC 7617 section 3/);
    },
  );

  it('accepts exactly the realms that a challenge can carry', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (realm) => {
        fc.pre(realm.trim() !== '');
        expect(carried(realm)).toBe(realmProblem(realm) === undefined ? realm : undefined);
      }),
      { numRuns: 500 },
    );
  });
});

function carried(realm: string): string | undefined {
  try {
    return parseChallenges(formatChallenge({ scheme: 'Basic', params: { realm } }))?.[0]?.params?.realm;
  } catch {
    return undefined;
  }
}
