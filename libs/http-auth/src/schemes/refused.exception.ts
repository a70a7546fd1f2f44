import { UnauthorizedException } from '@nestjs/common';
import type { Failure } from './failure.js';
import { withoutStack } from './without.stack.js';

/**
 * Thrown by the library's verifiers (`jwt()`, `tokens()`, `introspection()`, `passwords()`, …) if they refuse credentials.
 * A scheme turns it into a 401. Application code that calls a verifier itself can read the reason from `failure`.
 *
 * @example
 * const verify = jwt({ issuer, audience });
 * try {
 *   const { principal } = await verify({ token }, request);
 * } catch (error) {
 *   if (!(error instanceof RefusedException)) throw error;
 *   logger.log(error.message); // The token has expired
 * }
 */
export class RefusedException extends UnauthorizedException {
  /** The reason, with the `error_description` of the challenge in `details.params`. */
  readonly failure: Failure;

  private constructor(failure: Failure) {
    super(undefined, { cause: failure, description: 'Unauthorized' });
    this.failure = failure;
    const { message, params } = failure.details;
    this.message = message ?? params?.['error_description'] ?? 'The credentials are invalid';
  }

  /** Creates the exception for a failure. It has no stack: a refusal is not a bug, and a stack costs more than the check. */
  static of(failure: Failure): RefusedException {
    return withoutStack(() => new RefusedException(failure));
  }
}
