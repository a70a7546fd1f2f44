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
 * @param isGuess returns `true` for a failure that counts
 */
export async function verifyWithin(
  limits: Limits | undefined,
  scheme: string,
  credentials: Credentials,
  request: HttpRequest,
  verify: () => Promise<Outcome>,
  isGuess: (failure: Failure) => boolean = isInvalid,
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
    ending = endingOf(outcome, isGuess);
    return outcome;
  } catch (error) {
    if (error instanceof VerifierError && error.isRefusal) ending = 'failure';
    throw error;
  } finally {
    limits.end(attempt, ending);
  }
}

function endingOf(outcome: Outcome, isGuess: (failure: Failure) => boolean): Ending {
  if (!(outcome instanceof Failure)) return 'success';
  return isGuess(outcome) ? 'failure' : 'neither';
}

/** Only credentials that a verifier refused count as a failure. */
function isInvalid({ reason }: Failure): boolean {
  return reason === 'invalid';
}
