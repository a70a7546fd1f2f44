import { timingSafeEqual } from 'node:crypto';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import type { HttpRequest } from '../../http/request.js';
import { admit } from '../../schemes/admission.js';
import { Failure } from '../../schemes/failure.js';
import { RefusedException } from '../../schemes/refused.exception.js';
import { admissionOf } from '../principal.js';
import { foreign, refusal, REFUSALS } from '../refusals.js';
import type { TokenVerifier } from '../token.verifier.js';
import type { StoredToken } from './stored.token.js';
import { isTokenHash, token as opaque } from './token.js';
import { type TokensOptions, tokensProblem } from './tokens.options.js';
import { reporterOfUses } from './use.reporter.js';

/** Finds a token by its hash. Returns `null` or `undefined` if the store does not have it. */
export type FindToken<Principal, Request = HttpRequest> = (
  hash: string,
  request: Request,
) => StoredToken<Principal> | null | undefined | Promise<StoredToken<Principal> | null | undefined>;

/**
 * Returns a verifier of opaque tokens that the application itself issues. The application stores only their hashes. The verifier
 * asks the store on every request, so a token is refused as soon as it is removed.
 *
 * The duration of the lookup does not help an attacker, because a client cannot choose the hash of its token. The hash in the record is compared
 * in constant time, because a store may compare loosely, e.g. without regard to case.
 *
 * Application code may call the verifier. It throws a `RefusedException` if the token is not valid, and never returns a
 * refusal. {@link TokenVerifier} shows how to combine verifiers.
 *
 * @throws AuthConfigurationError if `find` or an option is invalid; at a request, if the record of the store is invalid
 * @example
 * const verify = tokens((hash) => keys.findOneBy({ hash }), { prefix: 'acme_live', checksum: true });
 * const { principal, info } = await verify({ token }, request); // throws RefusedException: The token has expired
 */
export function tokens<Principal, Request extends object = HttpRequest>(
  find: FindToken<Principal, Request>,
  options: TokensOptions<NoInfer<Principal>, Request> = {},
): TokenVerifier<Principal, Request> {
  const problem =
    typeof find === 'function'
      ? tokensProblem(options)
      : 'find must be a function; pass (hash, request) => the stored token, or null';
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_TOKEN_OPTION', `tokens(): ${problem}`);
  const { onUse, useInterval } = options;
  const report = onUse && reporterOfUses(onUse, useInterval);
  return async ({ token }, request) => {
    const misfit = misfitOf(token, options);
    if (misfit !== undefined) throw RefusedException.of(misfit);
    const hash = opaque.hash(token);
    const stored = await find(hash, request);
    const failure = failureOf(hash, stored);
    if (failure !== undefined) throw RefusedException.of(failure);
    const { principal, scopes, expiresAt } = stored as StoredToken<Principal>;
    const info = { scopes: scopes ?? [], ...(expiresAt && { expiresAt }) };
    const admission = admissionOf<Principal>(admit(principal, info), token);
    report?.(stored as StoredToken<Principal>, request, token);
    return admission;
  };
}

const PREFIX_REFUSAL = foreign('The token has another prefix');
const CHECKSUM_REFUSAL = refusal('The token is incomplete or mistyped');

/** Returns the reason to refuse a token without a lookup, or `undefined` if it may be in the store. */
function misfitOf(token: string, { prefix, checksum }: TokensOptions<never, never>): Failure | undefined {
  if (prefix !== undefined && !token.startsWith(`${prefix}_`)) return PREFIX_REFUSAL;
  return checksum === true && !opaque.hasChecksum(token) ? CHECKSUM_REFUSAL : undefined;
}

/** Returns the reason to refuse a token, or `undefined` if it is valid. */
function failureOf(hash: string, stored: StoredToken<unknown> | null | undefined): Failure | undefined {
  const unknown = new Failure('invalid', 'Bearer', 401, { foreign: true });
  if (stored === null || stored === undefined) return unknown;
  const problem = problemOf(stored);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_STORED_TOKEN', `tokens(): ${problem}`);
  if (!timingSafeEqual(Buffer.from(stored.hash), Buffer.from(hash))) return unknown;
  const { expiresAt } = stored;
  return expiresAt && expiresAt.getTime() <= Date.now() ? REFUSALS.expired : undefined;
}

/** Checks a record of the store. Returns an error message without its content, or `undefined` if the record is valid. */
function problemOf(stored: StoredToken<unknown>): string | undefined {
  const { hash, scopes, expiresAt } = stored;
  if (!isTokenHash(hash))
    return 'the hash of a stored token is invalid; store the hash of token.create() or token.hash()';
  if (!('principal' in stored)) {
    return 'a stored token has no principal; return { hash, principal }, e.g. with the user as the principal';
  }
  if (scopes !== null && scopes !== undefined && !Array.isArray(scopes)) {
    return 'the scopes of a stored token are invalid; store a list of strings';
  }
  if (expiresAt === null || expiresAt === undefined) return undefined;
  const isDate = expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime());
  return isDate
    ? undefined
    : 'expiresAt of a stored token is invalid; store a Date, or null if the token does not expire';
}
