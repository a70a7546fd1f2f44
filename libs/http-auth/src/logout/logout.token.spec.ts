import { describe, expect, it } from '@jest/globals';
import { readLogoutToken } from './logout.token.js';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const now = 1_700_000_000;

/** Checks a token with some claims changed. `undefined` removes a claim. */
function read(changes: Record<string, unknown>, typ: unknown = 'logout+jwt') {
  const claims: Record<string, unknown> = {
    iss: 'https://issuer.example',
    aud: 'web',
    iat: now,
    exp: now + 120,
    jti: 'one',
    sid: 'session',
    events: { [event]: {} },
    ...changes,
  };
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return readLogoutToken(typ, present, ['web', 'app'], 5000, now);
}

/** The sections without an RFC are in OpenID Connect Back-Channel Logout 1.0. */
describe('A logout token', () => {
  it.each<[rule: string, claims: Record<string, unknown>, typ?: unknown]>([
    ['sub without sid (section 2.4)', { sub: 'alice', sid: undefined }],
    ['several audiences (section 2.6 step 4)', { aud: ['other', 'app'] }],
    ['the long form of typ (RFC 7515 section 4.1.9)', {}, 'application/logout+jwt'],
    ['the typ of older issuers (section 2.4)', {}, 'JWT'],
    ['other events too (section 2.4)', { events: { [event]: {}, other: {} } }],
    ['an iat and an exp within the tolerance of clocks', { iat: now + 5, exp: now - 4 }],
  ])('is valid if it has %s', (_rule, ...[claims, typ]) => {
    expect(read(claims, typ)).toMatchObject({ iss: 'https://issuer.example', jti: 'one' });
  });

  it.each([
    [now + 120, now + 125],
    [now + 9999, now + 305],
  ])('with the exp %i is used up until %i, when its iat or its exp is too old', (exp, until) => {
    expect(read({ exp })).toEqual({ iss: 'https://issuer.example', jti: 'one', sid: 'session', until });
  });

  it('is valid without typ, which older issuers do not send (section 2.4)', () => {
    const claims = { aud: 'web', iat: now, exp: now + 120, jti: 'one', sub: 'alice', events: { [event]: {} } };
    expect(readLogoutToken(undefined, claims, ['web'], 0, now)).toMatchObject({ sub: 'alice' });
  });

  it.each<[rule: string, problem: string, claims: Record<string, unknown>, typ?: unknown]>([
    ['another audience (section 2.6 step 4)', 'aud does not contain the client', { aud: 'api' }],
    ['no audience (section 2.6 step 4)', 'aud does not contain the client', { aud: undefined }],
    ['no iat (section 2.6 step 4)', 'iat and exp must be numbers', { iat: undefined }],
    ['no exp (section 2.4)', 'iat and exp must be numbers', { exp: undefined }],
    ['an infinite exp', 'iat and exp must be numbers', { exp: JSON.parse('1e999') as number }],
    ['an exp that is a string', 'iat and exp must be numbers', { exp: '9999999999' }],
    ['an exp in the past (section 2.6 step 4)', 'the token has expired', { exp: now - 5 }],
    ['an iat in the future (section 2.6 step 4)', 'iat is in the future', { iat: now + 6 }],
    ['an old iat, whatever its exp is (section 2.4)', 'iat is too old', { iat: now - 306 }],
    ['neither sub nor sid (section 2.6 step 5)', 'sub or sid is required', { sid: undefined }],
    ['an empty sid (section 2.6 step 5)', 'sub and sid must be strings that are not empty', { sub: 'a', sid: '' }],
    ['a sub that is a number (section 2.6 step 5)', 'sub and sid must be strings that are not empty', { sub: 7 }],
    ['no events (section 2.6 step 6)', 'events does not contain a back-channel logout', { events: undefined }],
    ['other events only (section 2.6 step 6)', 'events does not contain a back-channel logout', { events: { a: {} } }],
    ['an event that is not an object (section 2.6 step 6)', 'events does not contain', { events: { [event]: true } }],
    ['a nonce (section 2.6 step 7)', 'nonce is not allowed', { nonce: 'n' }],
    ['a nonce that is null (section 2.6 step 7)', 'nonce is not allowed', { nonce: null }],
    ['no jti (section 2.4)', 'jti is required', { jti: undefined }],
    ['the typ of an access token (RFC 8725 section 3.11)', 'typ must be logout+jwt', {}, 'at+jwt'],
    ['a typ that is not a string', 'typ must be logout+jwt', {}, 1],
  ])('is not valid if it has %s', (_rule, problem, ...[claims, typ]) => {
    expect(() => read(claims, typ)).toThrow(problem);
  });
});
