import { INJECTABLE_METADATA } from '../common/nest.internals.js';
import type { HttpRequest } from '../http/request.js';
import type { Admission } from './admission.js';
import type { Failure } from './failure.js';
import type { VerifierContext } from './verifier.context.js';

/**
 * The result of a verifier: the principal, or `admit(principal, info)`, if the credentials are valid; `null`, `undefined`,
 * `false` or a `Failure` if they are not.
 */
export type Verdict<Principal> = Principal | Admission<Principal> | Failure | null | undefined | false;

/**
 * Verifies credentials and returns the principal.
 *
 * A verifier may also throw:
 * - `UnauthorizedException`: the credentials are refused. The body of the 401 has the exception's message.
 * - any other 4xx `HttpException`, e.g. `ForbiddenException('account suspended')`: the client gets it as it is, and limits do
 *   not count it. Throw one only after the password or the token was found valid. Otherwise it reveals which users exist.
 * - anything else: the client gets a 5xx without the message, and the log gets the error without the credentials.
 */
export type VerifierFunction<Credentials, Principal = unknown, Request = HttpRequest> = (
  credentials: Credentials,
  request: Request,
  context: VerifierContext,
) => Verdict<Principal> | Promise<Verdict<Principal>>;

/** An injectable class that verifies credentials, singleton or request-scoped. */
export interface HttpAuthVerifier<Credentials, Principal = unknown, Request = HttpRequest> {
  /** Verifies credentials, like a {@link VerifierFunction}. */
  verify(
    credentials: Credentials,
    request: Request,
    context: VerifierContext,
  ): Verdict<Principal> | Promise<Verdict<Principal>>;
}

/** A verifier: a function, or an injectable class that a module of the application provides. */
export type Verifier<Credentials, Principal = unknown, Request = HttpRequest> =
  | VerifierFunction<Credentials, Principal, Request>
  | VerifierClass<Credentials, Principal, Request>;

/** The class of a verifier, or an abstract class that is its injection token. */
export type VerifierClass<Credentials, Principal = unknown, Request = HttpRequest> = abstract new (
  ...dependencies: never[]
) => HttpAuthVerifier<Credentials, Principal, Request>;

/**
 * Returns `true` if a verifier is a class. A class that is compiled to a function must be recognized too. If it was called as a
 * function, it could return an object for any credentials.
 */
export function isVerifierClass<C, P, R>(verifier: Verifier<C, P, R>): verifier is VerifierClass<C, P, R> {
  const prototype: unknown = verifier.prototype;
  // Arrow functions and async functions cannot be classes.
  if (typeof prototype !== 'object' || prototype === null) return false;
  return (
    /^class\b/.test(Function.prototype.toString.call(verifier)) ||
    typeof (prototype as { verify?: unknown }).verify === 'function' ||
    Object.getPrototypeOf(Object.getPrototypeOf(prototype)) !== null ||
    Reflect.hasMetadata(INJECTABLE_METADATA, verifier) ||
    Reflect.hasMetadata('design:paramtypes', verifier)
  );
}

/** Checks the verifier that a factory received. Returns an error message, or `undefined` if it is valid. */
export function verifierProblem(factory: string, verifier: unknown): string | undefined {
  return typeof verifier === 'function'
    ? undefined
    : `${factory}: the verifier must be a function (credentials, request) => principal or null, or an injectable class with verify(credentials, request)`;
}
