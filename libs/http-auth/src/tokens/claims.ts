import { admit, Admission, type AdmissionInfo } from '../schemes/admission.js';
import { Failure } from '../schemes/failure.js';
import { isPromise } from '../common/promise.js';
import type { Verdict } from '../schemes/verifier.js';
import { frozen } from './frozen.js';

/** Says who it is by the claims of a token, or that nobody is. */
export type PrincipalOf<Claims, Principal, Request> = (
  claims: Claims,
  request: Request,
) => Verdict<Principal> | Promise<Verdict<Principal>>;

/**
 * What the guard may ask of a token: its scopes, and how and when its holder was authenticated (RFC 9470 section 6). It cannot be
 * changed, as requests share it.
 */
export function infoOf(claims: Readonly<Record<string, unknown>>, scopes: readonly string[]): AdmissionInfo {
  const { acr, auth_time: authTime } = claims;
  return frozen({
    scopes,
    ...(typeof acr === 'string' && { acr }),
    ...(typeof authTime === 'number' && { authTime }),
  });
}

/**
 * The verdict on a token that is good: its claims, or the principal that a function finds by them, with what the guard may ask
 * of the token; at once, where nothing has to be looked up.
 */
export function conclude<Claims, Principal, Request>(
  found: Admission<Claims>,
  principalOf: PrincipalOf<Claims, Principal, Request> | undefined,
  request: Request,
): Verdict<Principal> | Promise<Verdict<Principal>> {
  if (principalOf === undefined) return found as Admission<never>;
  const verdict = principalOf(found.principal, request);
  return isPromise(verdict) ? withInfoAfter(verdict, found.info) : withInfo(verdict, found.info);
}

async function withInfoAfter<Principal>(verdict: PromiseLike<Verdict<Principal>>, info: AdmissionInfo) {
  return withInfo(await verdict, info);
}

function withInfo<Principal>(verdict: Verdict<Principal>, info: AdmissionInfo): Verdict<Principal> {
  return !verdict || verdict instanceof Failure || verdict instanceof Admission ? verdict : admit(verdict, info);
}

/** Says what is wrong with the option that finds the principal, `undefined` where nothing is. */
export function principalProblem(principal: unknown): string | undefined {
  return principal === undefined || typeof principal === 'function'
    ? undefined
    : 'principal must be a function (claims, request) => principal or null';
}

/** Says what is wrong with the option that names the audience, `undefined` where nothing is. */
export function audienceProblem(audience: unknown): string | undefined {
  const list: unknown[] = [audience].flat();
  return audience === null || (list.length > 0 && list.every((one) => typeof one === 'string' && one !== ''))
    ? undefined
    : 'audience must be what tokens for this application have as aud, a text or a list; null takes those for any other too';
}
