import { describe, expect, it } from '@jest/globals';
import {
  basic,
  bearerChallenge,
  Failure,
  type FailureReason,
  formatChallenge,
  parseChallenges,
} from 'nestjs-http-auth';
import fc from 'fast-check';

const failure = fc
  .constantFrom<FailureReason>('missing', 'malformed', 'invalid', 'insufficient')
  .map((reason) => new Failure(reason, 'Bearer', reason === 'malformed' ? 400 : 401));
const realm = fc.string({ unit: 'grapheme-ascii', minLength: 1 });

/** The scheme of `basic()`, without an application around it. */
const basicScheme = (charset: 'UTF-8' | null) =>
  basic(() => null, { charset }).bind({
    verifier: (verifier: unknown) => verifier,
    provider: () => undefined,
  } as never);

describe('The params of a challenge', () => {
  it('[B-2][B-3] are only realm and charset for Basic, for every failure', () => {
    fc.assert(
      fc.property(realm, fc.option(failure), fc.constantFrom('UTF-8' as const, null), (name, why, charset) => {
        const { params } = basicScheme(charset).challenge(name, why ?? undefined, {
          method: 'GET',
          url: '/',
          headers: {},
        });
        expect(params).toEqual(charset === null ? { realm: name } : { realm: name, charset });
      }),
    );
  });

  it('[R-5][R-6] are only realm and error for Bearer, each at most once', () => {
    fc.assert(
      fc.property(realm, fc.option(failure), (name, why) => {
        const text = formatChallenge(bearerChallenge(name, why ?? undefined));
        const [challenge, ...others] = parseChallenges(text) ?? [];
        expect(others).toEqual([]);
        expect(challenge?.params?.['realm']).toBe(name);
        expect(text.match(/(?:^Bearer |, )realm="/g)?.length).toBeGreaterThanOrEqual(1);
        expect(Object.keys(challenge?.params ?? {}).filter((param) => param !== 'realm' && param !== 'error')).toEqual(
          [],
        );
      }),
    );
  });

  it('[R-7] contain only the characters that RFC 6750 allows in error', () => {
    fc.assert(
      fc.property(realm, failure, (name, why) => {
        expect(bearerChallenge(name, why).params?.['error'] ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
      }),
    );
  });
});
