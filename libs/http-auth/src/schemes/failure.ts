import type { AuthParams } from '../http/auth-param.js';
import type { Challenge } from '../http/challenge.js';
import type { LimitName } from '../limits/attempt.js';

/**
 * The reason of a refusal:
 * - `missing`: the request has no credentials.
 * - `malformed`: the credentials break the grammar of their scheme.
 * - `invalid`: the verifier did not accept the credentials.
 * - `insufficient`: the credentials are valid, but the route requires more than they grant. The client may get better ones.
 * - `forbidden`: the credentials are valid, but the client may not do this. The user does not have the role, or the request comes from
 *   a page of another site. Other credentials of the same user do not help, so the response has no challenge.
 * - `limited`: there were too many failures before this request, or the failures cannot be counted.
 */
export type FailureReason = 'missing' | 'malformed' | 'invalid' | 'insufficient' | 'forbidden' | 'limited';

/**
 * The status of a refusal:
 * - 401: in most cases.
 * - 400: a malformed Bearer request (RFC 6750 section 3.1).
 * - 403: insufficient scopes (same section), or forbidden (RFC 9110 section 15.5.4).
 * - 429: too many failures (RFC 6585 section 4).
 * - 503: failures cannot be counted, but must be (RFC 9110 section 15.6.4).
 */
export type FailureStatus = 400 | 401 | 403 | 429 | 503;

/** The same statuses, for a check at run time. */
export const FAILURE_STATUSES: readonly number[] = [400, 401, 403, 429, 503] satisfies FailureStatus[];

/** More about a failure. */
export interface FailureDetails {
  /** The challenge that a Passport strategy returned for this failure, instead of the scheme's challenge. */
  readonly challenge?: Challenge;
  /** The auth-params of Bearer's challenge for this failure, e.g. `error_description` (RFC 6750 section 3). */
  readonly params?: AuthParams;
  /** Seconds after which the client may try again, for `Retry-After` (RFC 9110 section 10.2.3). */
  readonly retryAfter?: number;
  /** The limit that is reached, for a failure of the reason `limited`. */
  readonly limit?: LimitName;
  /**
   * If `true`, the credentials are of another kind than the verifier knows, e.g. not a JWT. `anyOf()` then prefers the failure of a
   * verifier that knows them.
   */
  readonly foreign?: boolean;
  /** If `true`, the credentials were valid once, and have expired. `@OptionalAuth({ stale: 'anonymous' })` can accept them as none. */
  readonly stale?: boolean;
  /** If `true`, a page of another site has opened the connection, so its `Origin` was refused. */
  readonly crossSite?: boolean;
  /** The reason in words, for logs and events, e.g. `jwt expired` from passport-jwt. Credentials are cut out. */
  readonly message?: string;
  /** The response body, e.g. if the verifier threw an `UnauthorizedException` with a message. Credentials are cut out. */
  readonly body?: string | object;
}

/** The reasons, for a check at run time. */
const REASONS: readonly unknown[] = [
  'missing',
  'malformed',
  'invalid',
  'insufficient',
  'forbidden',
  'limited',
] satisfies FailureReason[];

/** Returns `true` for a copy of a failure that has lost its brand, e.g. because a cache has stored the result of a verifier as JSON. */
export function isFailureShape(value: object): boolean {
  const { reason, status, details } = value as Record<string, unknown>;
  return REASONS.includes(reason) && FAILURE_STATUSES.includes(status as number) && typeof details === 'object';
}

/** Shared by all copies of this package in a process, so that each recognizes the failures of the others. */
const FAILURE: unique symbol = Symbol.for('nestjs-http-auth:Failure');

/**
 * The refusal of one request. It contains no credentials. `HttpAuthGuard` sets it as the `cause` of the exception it throws,
 * so that an exception filter can read the reason. A verifier may return a failure instead of `null`.
 *
 * `instanceof` checks a brand: it also recognizes the failures of another copy of this package, and an object that a failure
 * was spread into.
 */
export class Failure {
  /** The brand. */
  readonly [FAILURE] = true;

  constructor(
    /** The reason of the refusal. */
    readonly reason: FailureReason,
    /** The auth-scheme of the credentials, e.g. `Basic`; `undefined` if they belong to none of the route's schemes. */
    readonly scheme?: string,
    /** The status of the response. */
    readonly status: FailureStatus = 401,
    /** More about the failure. */
    readonly details: FailureDetails = {},
  ) {}

  /** Checks the brand. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && FAILURE in value;
  }
}
