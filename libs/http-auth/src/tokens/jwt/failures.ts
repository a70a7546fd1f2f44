import type { Failure } from '../../schemes/failure.js';
import { RefusedException } from '../../schemes/refused.exception.js';
import { foreign, refusal, REFUSALS } from '../refusals.js';

/** The reasons why `jwt()` refuses a token. */
export const FAILURES = {
  ...REFUSALS,
  malformed: foreign('The token is not a valid JWT'),
  algorithm: refusal('The algorithm of the token is not allowed'),
  key: refusal('The key of the token is not known'),
  signature: refusal('The signature of the token cannot be verified'),
  claim: refusal('A claim of the token is missing or invalid'),
  client: refusal('The client of the token is missing, or not allowed'),
  idToken: refusal('The token is an ID token, not an access token'),
} as const;

/** @throws RefusedException always */
export function refuse(failure: Failure): never {
  throw RefusedException.of(failure);
}
