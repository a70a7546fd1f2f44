import { boundFailure } from '../schemes/confirmation.js';
import { Failure, type FailureDetails } from '../schemes/failure.js';

/** Returns a failure with an `error_description` (RFC 6750 section 3). The description contains nothing from the token. */
export function refusal(description: string, details: FailureDetails = {}): Failure {
  return new Failure('invalid', 'Bearer', 401, { params: { error_description: description }, ...details });
}

/** Returns a failure for a token that another verifier may know. */
export function foreign(description: string): Failure {
  return refusal(description, { foreign: true });
}

/** The failures that all verifiers of tokens share. */
export const REFUSALS = {
  issuer: foreign('The issuer of the token is not trusted'),
  audience: refusal('The token is not for this audience'),
  expired: refusal('The token has expired', { stale: true }),
  early: refusal('The token is not valid yet'),
  bound: boundFailure('Bearer'),
  type: refusal('The token is of another type'),
} as const;
