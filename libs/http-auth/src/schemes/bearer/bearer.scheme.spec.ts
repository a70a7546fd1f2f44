import { describe, expect, it } from '@jest/globals';
import { formatChallenge } from '../../http/challenge.js';
import { Failure } from '../failure.js';
import { bearer, bearerChallenge } from './bearer.scheme.js';

describe('bearerChallenge', () => {
  it.each([
    ['there is no failure', undefined],
    ['credentials are missing', new Failure('missing')],
    ['a token is missing', new Failure('missing', 'Bearer')],
  ])('[R-5][R-9] has a realm and no error if %s', (_, failure) => {
    expect(bearerChallenge('example', failure)).toEqual({ scheme: 'Bearer', params: { realm: 'example' } });
  });

  it.each([
    ['invalid_request', new Failure('malformed', 'Bearer', 400)],
    ['invalid_token', new Failure('invalid', 'Bearer')],
  ])('[R-8] has the error %s for the failure that it describes', (error, failure) => {
    expect(formatChallenge(bearerChallenge('example', failure))).toBe(`Bearer realm="example", error="${error}"`);
  });

  it('[R-7] replaces characters that RFC 6750 section 3 does not allow in error_description', () => {
    const params = { error_description: 'Das Token "a\\b" ist ungültig\n' };
    expect(formatChallenge(bearerChallenge('example', new Failure('invalid', 'Bearer', 401, { params })))).toBe(
      'Bearer realm="example", error="invalid_token", error_description="Das Token ?a?b? ist ung?ltig?"',
    );
  });
});

describe('bearer', () => {
  it('reports no problem if the verifier is a function or a class', () => {
    class Tokens {
      verify = () => null;
    }
    expect(bearer(() => null).problem()).toBeUndefined();
    expect(bearer(Tokens).problem()).toBeUndefined();
  });

  it('reports a problem with the factory and the fix if the verifier is missing', () => {
    expect(bearer(undefined as never).problem()).toMatch(/^bearer\(\): the verifier must be a function/);
  });
});
