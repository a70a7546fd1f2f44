import { type Challenge, formatChallenge, parseChallenges } from '../http/challenge.js';
import { realmProblem } from '../http/realm.js';
import type { HttpRequest } from '../http/request.js';
import { Failure } from './failure.js';
import type { Outcome } from './outcome.js';
import type { Strategy, StrategyActions } from './strategy.js';
import { isPromise, isRefusal } from './verifier.js';
import { secretsOf } from './redact.js';
import { VerifierError } from './verifier.error.js';

/**
 * Runs one strategy on one request. Passport's own `authenticate()` loses what is needed here: why a strategy failed, and
 * that `pass()` must open nothing.
 *
 * @param scheme the auth-scheme that the strategy stands for
 * @returns at once where the strategy ends at once
 * @throws VerifierError where the strategy or its verifier threw, unless that is a refusal
 */
export function run(strategy: Strategy, scheme: string, request: HttpRequest): Outcome | Promise<Outcome> {
  const attempt = new Attempt(scheme, request);
  const runner = attempt.augment(strategy);
  try {
    const returned = runner.authenticate(request, {});
    if (isPromise(returned)) void returned.then(undefined, (error: unknown) => runner.error(error));
  } catch (error) {
    runner.error(error);
  }
  return attempt.outcome();
}

/** One run of a strategy. The first action counts, as a strategy may go on after it has ended. */
class Attempt {
  private conclude: (() => Outcome) | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly scheme: string,
    private readonly request: HttpRequest,
  ) {}

  /** The strategy with Passport's actions, in an object of this request's own. */
  augment(strategy: Strategy): Strategy & StrategyActions {
    const actions: StrategyActions = {
      success: (principal, info) => {
        // No principal, no entry.
        this.end(() => (principal ? { principal, info } : new Failure('invalid', this.scheme)));
      },
      fail: (challenge, status) => {
        this.end(() => failureOf(this.scheme, this.request, challenge, status));
      },
      error: (error) => {
        this.end(() => {
          if (isRefusal(error)) return new Failure('invalid', this.scheme);
          throw error instanceof VerifierError ? error : new VerifierError(this.scheme, error, secretsOf(this.request));
        });
      },
      pass: () => {
        this.end(() => new Failure('invalid', this.scheme));
      },
      redirect: () => {
        this.end(() => {
          throw new Error(`The strategy of the ${this.scheme} scheme redirects, which answers no HTTP challenge`);
        });
      },
    };
    return Object.assign(Object.create(strategy) as Strategy, actions);
  }

  outcome(): Outcome | Promise<Outcome> {
    if (this.conclude !== undefined) return this.conclude();
    return new Promise<void>((resolve) => {
      this.wake = resolve;
    }).then(() => (this.conclude as () => Outcome)());
  }

  private end(conclude: () => Outcome): void {
    if (this.conclude !== undefined) return;
    this.conclude = conclude;
    this.wake?.();
  }
}

/** What Passport's `fail(challenge, status)` says, in any of the forms that strategies call it in. */
function failureOf(scheme: string, request: HttpRequest, challenge: unknown, status: unknown): Failure {
  if (challenge instanceof Failure) return challenge;
  const malformed = challenge === 400 || status === 400;
  return new Failure(malformed ? 'malformed' : 'invalid', scheme, malformed ? 400 : 401, {
    challenge: usable(scheme, request, challenge),
  });
}

/**
 * A strategy's own challenge, if it is one well-formed challenge of its scheme, names a realm, and does not quote the
 * credentials, as what a verifier says of a token may.
 */
function usable(scheme: string, request: HttpRequest, text: unknown): Challenge | undefined {
  const [challenge, ...others] = (typeof text === 'string' && parseChallenges(text)) || [];
  const fits =
    others.length === 0 &&
    challenge?.scheme.toLowerCase() === scheme.toLowerCase() &&
    realmProblem(challenge.params?.realm) === undefined &&
    isFormattable(challenge) &&
    !secretsOf(request).some((secret) => String(text).includes(secret));
  return fits ? challenge : undefined;
}

function isFormattable(challenge: Challenge): boolean {
  try {
    return formatChallenge(challenge) !== '';
  } catch {
    return false;
  }
}
