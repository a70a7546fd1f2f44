import type { AuthParams } from '../http/auth-param.js';
import type { Challenge } from '../http/challenge.js';

/**
 * Why a request was refused: it carried no credentials (`missing`), what it carried breaks the grammar of its scheme
 * (`malformed`), the verifier did not accept it (`invalid`), what was accepted is not enough for the route (`insufficient`),
 * or there were too many failures before it, or nobody can say whether there were (`limited`).
 */
export type FailureReason = 'missing' | 'malformed' | 'invalid' | 'insufficient' | 'limited';

/**
 * The status that says a failure: 401; 400 where the scheme asks for that, as Bearer does of a malformed request (RFC 6750
 * section 3.1); 403 where the scopes do not reach (same section); 429 where there were too many failures (RFC 6585 section 4);
 * 503 where those cannot be counted, and must be (RFC 9110 section 15.6.4).
 */
export type FailureStatus = 400 | 401 | 403 | 429 | 503;

/** What else a failure may say. */
export interface FailureDetails {
  /** The challenge that a Passport strategy gave for this failure, in place of the scheme's own. */
  readonly challenge?: Challenge;
  /** The auth-params that Bearer's challenge has for this failure, e.g. `error_description` (RFC 6750 section 3). */
  readonly params?: AuthParams;
  /** Seconds after which it is worth trying again, for `Retry-After` (RFC 9110 section 10.2.3). */
  readonly retryAfter?: number;
}

/**
 * The refusal of one request. `HttpAuthGuard` leaves it as the `cause` of the exception it throws, so that an exception
 * filter can tell why; it holds no credential. A verifier may return one as well, in place of `null`.
 */
export class Failure {
  constructor(
    /** Why the request was refused. */
    readonly reason: FailureReason,
    /** The auth-scheme that was tried, e.g. `Basic`; absent where none of the route's was. */
    readonly scheme?: string,
    /** The status that says it. */
    readonly status: FailureStatus = 401,
    /** What else is to be said of it. */
    readonly details: FailureDetails = {},
  ) {}
}
