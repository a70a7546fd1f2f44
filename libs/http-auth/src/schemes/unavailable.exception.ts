import { ServiceUnavailableException } from '@nestjs/common';

/**
 * Thrown by a verifier that cannot verify at the moment, because a server it depends on is down. The guard responds with 503
 * and `Retry-After`. A 401 would make the client discard valid credentials.
 */
export class VerifierUnavailableException extends ServiceUnavailableException {
  /**
   * @param message for the log; the client never receives it
   * @param retryAfter seconds after which the client may try again (RFC 9110 section 10.2.3)
   */
  constructor(
    message: string,
    readonly retryAfter: number,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Returns the error for a verifier that takes longer than `verifierTimeout`. */
export function tooLate(): VerifierUnavailableException {
  return new VerifierUnavailableException('The verifier did not answer in time', 1);
}
