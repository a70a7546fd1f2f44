import type { HttpRequest } from '../http/request.js';
import { type Ending, Refusal } from '../limits/attempt.js';
import type { Credentials } from '../limits/guess.js';
import type { Limits } from '../limits/limits.js';
import { Failure } from './failure.js';
import type { Outcome } from './outcome.js';
import { VerifierError } from './verifier.error.js';

/**
 * Verifies credentials if the limits allow it, and reports the result to the limits.
 *
 * @param limits `undefined` for no limits
 * @param scheme the auth-scheme of the credentials
 */
export async function verifyWithin(
  limits: Limits | undefined,
  scheme: string,
  credentials: Credentials,
  request: HttpRequest,
  verify: () => Promise<Outcome>,
): Promise<Outcome> {
  if (limits === undefined) return verify();
  const attempt = await limits.begin(credentials, request);
  if (attempt instanceof Refusal) {
    const { status, retryAfter, limit } = attempt;
    return new Failure('limited', scheme, status, { retryAfter, ...(limit !== undefined && { limit }) });
  }
  let ending: Ending = 'neither';
  try {
    const outcome = await verify();
    ending = endingOf(outcome);
    return outcome;
  } catch (error) {
    if (error instanceof VerifierError && error.isRefusal) ending = 'failure';
    throw error;
  } finally {
    limits.end(attempt, ending);
  }
}

/** Only credentials that a verifier refused count as a failure. */
function endingOf(outcome: Outcome): Ending {
  if (!(outcome instanceof Failure)) return 'success';
  return outcome.reason === 'invalid' ? 'failure' : 'neither';
}
