import type { Revocation } from '../revocation.js';
import type { JwtClaims } from './claims.js';
import type { TrustedIssuer } from './trusted.issuer.js';

/** The issuers that a verifier trusts, and how it revokes their tokens. */
export interface Trust<Request> {
  /** Returns the issuers whose tokens a request may have. */
  issuers(request: Request): Promise<readonly TrustedIssuer[]>;
  readonly revocation: Revocation<JwtClaims, Request>;
  /** Milliseconds by which the clocks of the issuers and of this machine may differ. */
  readonly clockTolerance: number;
}

/** The property of a verifier with its {@link Trust}. */
export const TRUST: unique symbol = Symbol.for('nestjs-http-auth:trust');

/** Returns the trust of a verifier, or `undefined` if `jwt()` has not created it. */
export function trustOf<Request>(verifier: unknown): Trust<Request> | undefined {
  return (verifier as { readonly [TRUST]?: Trust<Request> } | null | undefined)?.[TRUST];
}
