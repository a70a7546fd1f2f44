import type { Confirmation } from './confirmation.js';

/** Facts about the credentials that a verifier may add to the principal. The guard merges them into `request.authInfo`. */
export interface AdmissionInfo {
  /** The scopes of the credentials (RFC 6749 section 3.3), for `@Scopes()`. */
  readonly scopes?: readonly string[];
  /** The roles of the principal, for `@Roles()`. They replace `roles` of the principal. */
  readonly roles?: readonly string[];
  /** How the user authenticated: the authentication context class (RFC 9470 section 6), for `@StepUp()`. */
  readonly acr?: string;
  /** When the user last authenticated, in seconds since 1970 (RFC 9470 section 6), for `@StepUp()`. */
  readonly authTime?: number;
  /**
   * When the credentials end. A WebSocket, a subscription or an event stream that they opened ends at this time.
   *
   * @default they do not end
   */
  readonly expiresAt?: Date;
  /**
   * The key that the client must prove that it has. Only a scheme that checks the proof admits such credentials, e.g. `dpop()`. Every
   * other scheme refuses them.
   *
   * @default the credentials are not bound to a key
   */
  readonly confirmation?: Confirmation;
  /**
   * The only realm that the credentials are valid in. A request to another realm needs other credentials, also if it has been
   * authenticated before. `digest()` sets it, because a stored hash of a password belongs to one realm.
   *
   * @default the credentials are valid in all realms
   */
  readonly boundRealm?: string;
}

/** Shared by all copies of this package in a process, so that each recognizes the objects of the others. */
const ADMISSION: unique symbol = Symbol.for('nestjs-http-auth:Admission');

/**
 * The principal together with facts about the credentials. {@link admit} returns it.
 *
 * `instanceof` checks a brand: it also recognizes the admissions of another copy of this package, and an object that an
 * admission was spread into.
 */
export class Admission<Principal> {
  /** The brand. */
  readonly [ADMISSION] = true;

  constructor(
    /** The principal. */
    readonly principal: Principal,
    /** Facts about the credentials. */
    readonly info: AdmissionInfo,
  ) {}

  /** Checks the brand. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && ADMISSION in value;
  }
}

/**
 * Returns a result for verifiers that know more than the principal: the scopes of a token, the roles of the user, or
 * how and when the user authenticated.
 *
 * @param principal the principal itself, not a promise of it; `null`, `undefined` and `false` refuse the request
 * @example
 * bearer(async ({ token }) => {
 *   const session = await sessions.find(token);
 *   return session && admit(session.user, { scopes: session.scopes });
 * });
 */
export function admit<Principal>(principal: Principal, info: AdmissionInfo): Admission<Principal> {
  return new Admission(principal, info);
}

/** Combines facts from two sources. A fact of `over` replaces the same fact of `base`, unless it is `undefined`. */
export function mergeInfo(base: AdmissionInfo, over: AdmissionInfo): AdmissionInfo {
  const named = Object.entries(over).filter(([, value]) => value !== undefined);
  return named.length === 0 ? base : { ...base, ...Object.fromEntries(named) };
}
