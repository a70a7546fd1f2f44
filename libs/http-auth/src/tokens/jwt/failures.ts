import { errors } from 'jose';
import type { Failure } from '../../schemes/failure.js';
import { refusal, REFUSALS } from '../refusals.js';

/** What is wrong with a token, before or beside its signature. */
export const FAILURES = {
  ...REFUSALS,
  malformed: refusal('The token is no JWT that can be read'),
  claim: refusal('The token lacks a claim, or has one that cannot be read'),
} as const;

const BY_CODE: Readonly<Record<string, Failure>> = {
  ERR_JWT_EXPIRED: FAILURES.expired,
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: refusal('The signature of the token cannot be verified'),
  ERR_JWKS_NO_MATCHING_KEY: refusal('The key of the token is not known'),
  ERR_JOSE_ALG_NOT_ALLOWED: refusal('The algorithm of the token is not allowed'),
  ERR_JOSE_NOT_SUPPORTED: FAILURES.malformed,
  ERR_JWT_INVALID: FAILURES.malformed,
  ERR_JWS_INVALID: FAILURES.malformed,
};

const BY_CLAIM: Readonly<Record<string, Failure>> = {
  iss: FAILURES.issuer,
  aud: FAILURES.audience,
  nbf: FAILURES.early,
  typ: FAILURES.type,
};

/** What jose says of a token, as a failure; `undefined` where the fault is not the token's. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? FAILURES.claim;
  return error instanceof errors.JOSEError ? BY_CODE[error.code] : undefined;
}
