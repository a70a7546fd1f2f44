import { ServiceUnavailableException } from '@nestjs/common';

/**
 * What a verifier throws where it cannot judge for now, since what it asks is down: it is answered with a 503 and a
 * `Retry-After`, and never with a 401, which would have the client throw good credentials away.
 */
export class VerifierUnavailableException extends ServiceUnavailableException {
  /**
   * @param message for the log; the client does not see it
   * @param retryAfter seconds after which it is worth trying again (RFC 9110 section 10.2.3)
   */
  constructor(
    message: string,
    readonly retryAfter: number,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
