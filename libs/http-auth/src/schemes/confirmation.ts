import { Failure } from './failure.js';

/** How credentials are bound to a key: the claim `cnf` of a token, or the same member of an introspection response (RFC 7800 section 3.1). */
export interface Confirmation {
  /** The thumbprint of the key that DPoP proofs must be signed by (RFC 9449 section 6.1). */
  readonly jkt?: string;
  /** The thumbprint of the client certificate (RFC 8705 section 3.1). */
  readonly 'x5t#S256'?: string;
  /** Any other member, which no scheme of the library checks. */
  readonly [member: string]: unknown;
}

/** Returns the failure of a scheme that does not check the proof of the credentials (RFC 9449 section 7.2). */
export function boundFailure(scheme: string): Failure {
  const description = 'The token is bound to a key, and cannot be used as a bearer token';
  return new Failure('invalid', scheme, 401, { params: { error_description: description } });
}

/** Reads a claim `cnf`. A value that is not an object is a confirmation that no scheme can check. */
export function confirmationOf(cnf: unknown): Confirmation {
  return typeof cnf === 'object' && cnf !== null && !Array.isArray(cnf) ? (cnf as Confirmation) : {};
}
