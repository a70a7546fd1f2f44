import { HttpException } from '@nestjs/common';
import { redact } from './redact.js';
import { VerifierUnavailableException } from './unavailable.exception.js';

/**
 * A verifier failed for a reason that is not the client's. The guard logs it and responds with a 5xx. The `cause` is a copy
 * of the verifier's error without the credentials.
 */
export class VerifierError extends Error {
  /** The name of the class. */
  override readonly name = 'VerifierError';
  /** The status of the response: the status of a 5xx `HttpException`, e.g. 503; otherwise 500. */
  readonly status: number;
  /** Seconds after which the client may try again; `undefined` if unknown. */
  readonly retryAfter: number | undefined;

  /**
   * @param scheme the auth-scheme of the credentials
   * @param secrets the strings that the copy must not contain
   * @param isRefusal `true` if one of several verifiers has refused the credentials. Then the attempt counts for the limits, because
   * a guesser would notice if the guess was right
   * @internal The guard throws the error.
   */
  constructor(
    scheme: string,
    error: unknown,
    secrets: readonly string[],
    readonly isRefusal = false,
  ) {
    super(`The verifier of the ${scheme} scheme threw`, { cause: redact(error, secrets) });
    const fault = faultOf(error);
    this.status = fault?.getStatus() ?? 500;
    this.retryAfter = fault instanceof VerifierUnavailableException ? fault.retryAfter : undefined;
  }

  /**
   * Creates the error for any thrown value. If the value cannot be read, its text is dropped, because it may contain credentials.
   *
   * @internal
   */
  static of(scheme: string, error: unknown, secrets: () => readonly string[]): VerifierError {
    try {
      return new VerifierError(scheme, error, secrets());
    } catch {
      // The error is frozen, or one of its getters throws.
      return new VerifierError(scheme, new Error('The error of the verifier cannot be read'), []);
    }
  }
}

/** Returns the 5xx exception of an error. `Promise.any()` hides it among the refusals of the other verifiers. */
function faultOf(error: unknown): HttpException | undefined {
  if (error instanceof AggregateError) return error.errors.map(faultOf).find((one) => one !== undefined);
  return error instanceof HttpException && /^5\d\d$/.test(String(error.getStatus())) ? error : undefined;
}
