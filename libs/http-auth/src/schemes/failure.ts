import type { Challenge } from '../http/challenge.js';

/**
 * Why a request was refused: it carried no credentials (`missing`), what it carried breaks the grammar of its scheme
 * (`malformed`), or the verifier did not accept it (`invalid`).
 */
export type FailureReason = 'missing' | 'malformed' | 'invalid';

/**
 * The refusal of one request. `HttpAuthGuard` leaves it as the `cause` of the exception it throws, so that an exception
 * filter can tell the three apart; it holds no credential.
 */
export class Failure {
  constructor(
    /** Why the request was refused. */
    readonly reason: FailureReason,
    /** The auth-scheme that was tried, e.g. `Basic`; absent where none of the route's was. */
    readonly scheme?: string,
    /** The status that says it: 401, or 400 where the scheme asks for that, as Bearer does (RFC 6750 section 3.1). */
    readonly status: 400 | 401 = 401,
    /** The challenge that a Passport strategy gave for this failure, in place of the scheme's own. */
    readonly challenge?: Challenge,
  ) {}
}
