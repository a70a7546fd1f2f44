import { admit, type Admission, type AdmissionInfo, mergeInfo } from '../schemes/admission.js';
import { confirmationOf } from '../schemes/confirmation.js';
import { outcomeOf } from '../schemes/decide.js';
import { Failure } from '../schemes/failure.js';
import { RefusedException } from '../schemes/refused.exception.js';
import type { Verdict } from '../schemes/verifier.js';
import { frozen } from './frozen.js';

/** The last time that a `Date` can have, in milliseconds since 1970. `exp` may be later. */
const LAST_DATE = 8.64e15;

/** Finds the principal by the claims of a valid token, or refuses the token, as any verifier does. */
export type PrincipalOf<Claims, Principal, Request> = (
  claims: Claims,
  request: Request,
) => Verdict<Principal> | Promise<Verdict<Principal>>;

/**
 * Returns the facts that the guard may ask for: the scopes of a token, its end, how and when its holder authenticated (RFC 9470
 * section 6), and the key that it is bound to (RFC 7800 section 3.1).
 *
 * @param clockTolerance the milliseconds for which the verifier accepts the token after `exp`
 */
export function infoOf(
  claims: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
  clockTolerance = 0,
): AdmissionInfo {
  const { acr, auth_time: authTime, exp, cnf } = claims;
  const info: { -readonly [Fact in keyof AdmissionInfo]: AdmissionInfo[Fact] } = { scopes };
  if (typeof acr === 'string') info.acr = acr;
  if (typeof authTime === 'number') info.authTime = authTime;
  if (typeof exp === 'number') info.expiresAt = new Date(Math.min(exp * 1000 + clockTolerance, LAST_DATE));
  if (cnf !== undefined) info.confirmation = confirmationOf(cnf);
  return frozen(info);
}

/**
 * Turns the result of application code into an `Admission`.
 *
 * @param token the token, which no error may contain
 * @throws RefusedException if the value refuses the token
 */
export function admissionOf<Principal>(value: Verdict<Principal>, token: string): Admission<Principal> {
  const outcome = outcomeOf({ scheme: 'Bearer', secrets: () => [token] }, value);
  if (outcome instanceof Failure) throw RefusedException.of(outcome);
  return outcome as Admission<Principal>;
}

/**
 * Returns the result for a valid token. The principal is its claims, or what the application finds by them. A fact that the
 * application does not name stays as the token has it.
 *
 * @throws RefusedException if the application refuses the token
 */
export async function conclude<Claims, Principal, Request>(
  verified: Admission<Claims>,
  principalOf: PrincipalOf<Claims, Principal, Request> | undefined,
  token: string,
  request: Request,
): Promise<Admission<Principal>> {
  if (principalOf === undefined) return verified as Admission<never>;
  const { principal, info } = admissionOf(await principalOf(verified.principal, request), token);
  return admit(principal, mergeInfo(verified.info, info));
}

/** Checks the option `principal`. Returns an error message, or `undefined` if the option is valid. */
export function principalProblem(principal: unknown): string | undefined {
  return principal === undefined || typeof principal === 'function'
    ? undefined
    : 'principal must be a function (claims, request) => principal or null';
}
