/** What a verified token says (RFC 7519 section 4, RFC 9068 section 2.2). It cannot be changed, as requests share it. */
export interface JwtClaims {
  /** Who issued the token. */
  readonly iss: string;
  /** When it ends, in seconds since 1970. */
  readonly exp: number;
  /** Whom it is for: one of these is an `audience` of the verifier's. */
  readonly aud?: string | readonly string[];
  /** Who it speaks for: a person, or the client itself. */
  readonly sub?: string;
  /** The client that it was issued to. */
  readonly client_id?: string;
  /** What it was issued for, with blanks between (RFC 6749 section 3.3). */
  readonly scope?: string;
  /** When it was issued, in seconds since 1970. */
  readonly iat?: number;
  /** When it begins, in seconds since 1970. */
  readonly nbf?: number;
  /** Its identifier. */
  readonly jti?: string;
  /** Any other claim, which the issuer signed and nobody checked. */
  readonly [claim: string]: unknown;
}

/** The scopes of a token, as `scope` or `scp`. Where it says nothing of them it has none, whatever its principal may do elsewhere. */
export function scopesOf({ scope, scp }: JwtClaims): readonly string[] {
  const said = scope ?? scp;
  const scopes = typeof said === 'string' ? said.split(' ') : said;
  return Array.isArray(scopes) ? [...(scopes as readonly string[])] : [];
}
