/** The claims of a valid token (RFC 7519 section 4, RFC 9068 section 2.2). They are frozen, because requests share them. */
export interface JwtClaims {
  /** The issuer of the token. */
  readonly iss: string;
  /** The time when the token expires, in seconds since 1970. */
  readonly exp: number;
  /** The audience of the token. It contains an `audience` of the verifier. */
  readonly aud?: string | readonly string[];
  /** The subject: a person, or the client itself. */
  readonly sub?: string;
  /** The client that the token was issued to. */
  readonly client_id?: string;
  /** The scopes of the token, separated by spaces (RFC 6749 section 3.3). */
  readonly scope?: string;
  /** The time when the token was issued, in seconds since 1970. */
  readonly iat?: number;
  /** The time before which the token is not valid, in seconds since 1970. */
  readonly nbf?: number;
  /** The identifier of the token. */
  readonly jti?: string;
  /** Any other claim. The issuer signed it, and the verifier did not check it. */
  readonly [claim: string]: unknown;
}

/** Returns the scopes of a token, from `scope` or `scp`. A token without such a claim has no scopes. */
export function scopesOf({ scope, scp }: JwtClaims): readonly string[] {
  const claim = scope ?? scp;
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? (claim as readonly string[]) : [];
}
