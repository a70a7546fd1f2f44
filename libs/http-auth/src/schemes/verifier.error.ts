import { HttpException } from '@nestjs/common';
import { redact } from './redact.js';
import { VerifierUnavailableException } from './unavailable.exception.js';

/**
 * A verifier threw something that is no refusal: the server's fault. The `cause` is a copy of it without the credentials.
 */
export class VerifierError extends Error {
  /** The name of the class. */
  override readonly name = 'VerifierError';
  /** The status to answer with: that of Nest's exception, if it was one of 5xx, such as 503; else 500. */
  readonly status: number;
  /** Seconds after which it is worth trying again, where that is known. */
  readonly retryAfter: number | undefined;

  /**
   * @param scheme the auth-scheme that was tried
   * @param secrets the texts that may not be seen
   */
  constructor(scheme: string, error: unknown, secrets: readonly string[]) {
    super(`The verifier of the ${scheme} scheme threw`, { cause: redact(error, secrets) });
    this.status = error instanceof HttpException && error.getStatus() >= 500 ? error.getStatus() : 500;
    this.retryAfter = error instanceof VerifierUnavailableException ? error.retryAfter : undefined;
  }
}
