import type { HttpRequest } from '../../http/request.js';
import { isPromise } from '../../common/promise.js';
import type { Admission } from '../admission.js';
import type { Algorithm, DigestHash } from './digest.algorithm.js';

/** The arguments of `find` of {@link digest} in addition to the username. */
export interface DigestLookup {
  /** The realm of the route. */
  readonly realm: string;
  /** The hash algorithm of `ha1`. */
  readonly algorithm: DigestHash;
  /**
   * If `true`, the username is a hash: the algorithm of `username:realm`, in lower-case hexadecimal (RFC 7616 section 3.4.4). It is always
   * `false` without the option `userhash`.
   */
  readonly userhash: boolean;
}

/** The stored secret of a user: HA1 of the realm and the algorithm, or the password itself. */
export type DigestUser<Principal = unknown> = {
  /** The principal, or the result of `admit()`. */
  readonly principal: Principal | Admission<Principal>;
  /**
   * The username as it is stored. It is needed with the option `userhash`: a client that sends another spelling, or the hash of another
   * one, is then refused.
   */
  readonly username?: string;
} & (
  | {
      /** The hash of `username:realm:password` by the algorithm, in hexadecimal. A secret like the password. */
      readonly ha1: string;
    }
  | {
      /** The password in plain text. */
      readonly password: string;
    }
);

/**
 * Finds a user. It must return `null` for a user who does not exist or may not log in. It is called before the response is checked, so an
 * exception with a status, e.g. 403, would reveal which users exist.
 *
 * @param username in Unicode normalization form C, or a hash if `lookup.userhash` is `true`
 */
export type FindDigestUser<Principal = unknown, Request = HttpRequest> = (
  username: string,
  lookup: DigestLookup,
  request: Request,
) => DigestUser<Principal> | null | undefined | false | Promise<DigestUser<Principal> | null | undefined | false>;

/** A result of `find` that is valid. */
export interface FoundUser {
  readonly principal: unknown;
  readonly ha1: string | undefined;
  readonly password: string | undefined;
  /** The name that belongs to the secret, in Unicode normalization form C. */
  readonly username: string;
}

/**
 * Reads a result of `find`.
 *
 * @param sent the username that the client has sent; `undefined` if the result must have it
 * @returns `undefined` if there is no such user; an error message without a secret if the result is invalid
 */
export function readUser(
  found: unknown,
  { hash, length }: Algorithm,
  sent: string | undefined,
): FoundUser | string | undefined {
  if (!found) return undefined;
  const { principal, ha1, password, username } = found as Partial<Record<string, unknown>>;
  if (isPromise(principal)) {
    // Without a handler, a rejection would end the process.
    principal.then(undefined, () => undefined);
    return 'the principal is a promise; await it in find';
  }
  if (!principal) return 'the principal is missing; return { principal, ha1 } or { principal, password }';
  if (sent === undefined && typeof username !== 'string') {
    return 'username is missing; with userhash, return it as it is stored';
  }
  const name = sent ?? String(username).normalize('NFC');
  if (typeof ha1 === 'string') {
    return ha1.length === length && /^[0-9a-f]+$/i.test(ha1)
      ? { principal, ha1: ha1.toLowerCase(), password: undefined, username: name }
      : `ha1 is not a hash by ${hash}; return ${length} hexadecimal digits`;
  }
  if (typeof password !== 'string')
    return 'ha1 and password are missing; return { principal, ha1 } or { principal, password }';
  return { principal, ha1: undefined, password, username: name };
}
