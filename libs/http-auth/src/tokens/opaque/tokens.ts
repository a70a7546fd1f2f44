import { timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../../http/request.js';
import { admit } from '../../schemes/admission.js';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { Failure } from '../../schemes/failure.js';
import { isPromise } from '../../common/promise.js';
import type { Verdict } from '../../schemes/verifier.js';
import type { TokenVerifier } from '../token.verifier.js';
import { isTokenHash, token as hasher } from './token.js';

/** What the application's own store has of a token. */
export interface StoredToken<Principal> {
  /** The hash of the token, as `token.create()` made it. */
  readonly hash: string;
  /** Who it was issued to. */
  readonly principal: Principal;
  /** The scopes that it was issued for, which `@Scopes()` asks for. Without any, it reaches no route that asks for one. */
  readonly scopes?: readonly string[] | null;
  /** When it expires. Without it, it is good for as long as the store has it. */
  readonly expiresAt?: Date | null;
}

type Found<Principal> = StoredToken<Principal> | null | undefined;

/** Looks a token up by its hash: `null` or `undefined` where there is none. */
export type FindToken<Principal, Request = HttpRequest> = (
  hash: string,
  request: Request,
) => Found<Principal> | Promise<Found<Principal>>;

/**
 * A verifier for opaque tokens of the application's own, which stores their hashes. The store is asked at every request, so that a
 * token that is removed from it is refused at once.
 *
 * The time that the lookup takes tells nothing: it depends on a hash, whose beginning nobody can choose without knowing the
 * token. What it finds is compared in constant time, so that a store which compares loosely lets nobody in.
 *
 * @throws AuthConfigurationError at a request, where what the store has of the token cannot be meant
 */
export function tokens<Principal, Request extends object = HttpRequest>(
  find: FindToken<Principal, Request>,
): TokenVerifier<Principal, Request> {
  if (typeof find !== 'function') {
    throw new AuthConfigurationError(
      'ERR_AUTH_STORED_TOKEN',
      'tokens(): find must be a function (hash, request) => the stored token, or null',
    );
  }
  return ({ token }, request) => {
    const hash = hasher.hash(token);
    const found = find(hash, request);
    return isPromise(found) ? found.then((stored) => judge(hash, stored)) : judge(hash, found);
  };
}

function judge<Principal>(hash: string, stored: Found<Principal>): Verdict<Principal> {
  if (stored === null || stored === undefined) return null;
  const { principal, scopes, expiresAt } = stored;
  const problem = problemOf(stored);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_STORED_TOKEN', `tokens(): ${problem}`);
  if (!timingSafeEqual(Buffer.from(stored.hash), Buffer.from(hash))) return null;
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    return new Failure('invalid', undefined, 401, { params: { error_description: 'The token has expired' } });
  }
  return admit(principal, { scopes: scopes ?? [] });
}

/** Says what is wrong with a record of the store, and shows nothing of it; `undefined` where nothing is. */
function problemOf({ hash, scopes, expiresAt }: StoredToken<unknown>): string | undefined {
  if (!isTokenHash(hash)) return 'the hash of a stored token must be what token.create() or token.hash() makes';
  if (scopes !== null && scopes !== undefined && !Array.isArray(scopes)) {
    return 'the scopes of a stored token must be a list of texts';
  }
  if (expiresAt === null || expiresAt === undefined) return undefined;
  const isDate = expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime());
  return isDate ? undefined : 'expiresAt of a stored token must be a Date, or absent where it does not expire';
}
