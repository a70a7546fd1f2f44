import { isForAudience } from '../tokens/audience.js';
import { LOGOUT_EVENT } from '../tokens/jwt/claims.check.js';

/** A logout at the issuer. */
export interface Logout {
  /** The issuer. */
  readonly iss: string;
  /** The user who logged out; `undefined` if the issuer names the session only. */
  readonly sub?: string;
  /** The session that ended; `undefined` if all sessions of the user ended. */
  readonly sid?: string;
}

/** A valid logout token. */
export interface LogoutToken extends Logout {
  readonly jti: string;
  /** The time until which the token is accepted, in seconds since 1970. */
  readonly until: number;
}

/** Section 2.4 recommends `logout+jwt`, and older issuers use other types. Tokens of a specific other type are refused. */
const TYPES = /^(?:application\/)?(?:logout\+jwt|jwt)$/i;

/** The longest time from `iat` to the reception, in seconds. Section 2.4 recommends an `exp` of at most two minutes. */
const MAX_AGE = 300;

/** Thrown if a logout token is not valid. */
export class LogoutTokenError extends Error {
  override readonly name = 'LogoutTokenError';
}

/**
 * Checks the claims of a logout token, as section 2.6 requires. The caller has checked `iss` and the signature.
 *
 * @param clientId the values of `aud`, one of which the token must have
 * @param clockTolerance in milliseconds
 * @param now seconds since 1970
 * @throws LogoutTokenError if the token is not valid
 */
export function readLogoutToken(
  typ: unknown,
  claims: Readonly<Record<string, unknown>>,
  clientId: readonly string[],
  clockTolerance: number,
  now = Date.now() / 1000,
): LogoutToken {
  const { iss, aud, iat, exp, jti, sub, sid, events } = claims;
  const tolerance = clockTolerance / 1000;
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.test(typ))) refuse('typ must be logout+jwt');
  if (!isForAudience(aud, clientId)) refuse('aud does not contain the client');
  if (!isTime(iat) || !isTime(exp)) refuse('iat and exp must be numbers');
  if (exp <= now - tolerance) refuse('the token has expired');
  if (iat > now + tolerance) refuse('iat is in the future');
  if (iat < now - tolerance - MAX_AGE) refuse('iat is too old');
  if (!isOptionalId(sub) || !isOptionalId(sid)) refuse('sub and sid must be strings that are not empty');
  if (sub === undefined && sid === undefined) refuse('sub or sid is required');
  if (!isObject(events) || !Object.hasOwn(events, LOGOUT_EVENT) || !isObject(events[LOGOUT_EVENT])) {
    refuse('events does not contain a back-channel logout');
  }
  // An ID token may have a nonce. It must never count as a logout token.
  if (Object.hasOwn(claims, 'nonce')) refuse('nonce is not allowed');
  if (!isId(jti)) refuse('jti is required');
  const until = Math.min(exp, iat + MAX_AGE) + tolerance;
  return { iss: iss as string, until, jti, ...(sub !== undefined && { sub }), ...(sid !== undefined && { sid }) };
}

function refuse(problem: string): never {
  throw new LogoutTokenError(problem);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isOptionalId(value: unknown): value is string | undefined {
  return value === undefined || isId(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
