/** What a verifier may say of credentials beside whose they are. It is merged into `request.authInfo`. */
export interface AdmissionInfo {
  /** The scopes that they were issued for (RFC 6749 section 3.3), which `@Scopes()` asks for. */
  readonly scopes?: readonly string[];
  /** How their holder was authenticated: the authentication context class (RFC 9470 section 6), for `@StepUp()`. */
  readonly acr?: string;
  /** When their holder was last authenticated, in seconds since 1970 (RFC 9470 section 6), for `@StepUp()`. */
  readonly authTime?: number;
}

/** The principal, and what else the verifier found; what {@link admit} returns. */
export class Admission<Principal> {
  /** So that no principal is taken for an admission, whatever its properties are. */
  declare private readonly brand: never;

  constructor(
    /** Who it is. */
    readonly principal: Principal,
    /** What else is known. */
    readonly info: AdmissionInfo,
  ) {}
}

/**
 * What a verifier returns in place of the bare principal where it knows more: the scopes of a token, or how and when its
 * holder was authenticated.
 *
 * @example
 * bearer(async ({ token }) => {
 *   const session = await sessions.find(token);
 *   return session && admit(session.user, { scopes: session.scopes });
 * });
 */
export function admit<Principal>(principal: Principal, info: AdmissionInfo): Admission<Principal> {
  return new Admission(principal, info);
}
