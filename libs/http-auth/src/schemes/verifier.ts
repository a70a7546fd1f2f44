import { HttpException } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { Admission } from './admission.js';
import { Failure } from './failure.js';
import { isPending, type Outcome } from './outcome.js';
import type { StrategyActions } from './strategy.js';
import { VerifierError } from './verifier.error.js';

/**
 * What a verifier finds: the principal, or what `admit()` makes of it, or `null`, `undefined` or `false` to refuse, or a
 * `Failure` where it can say why.
 */
export type Verdict<Principal> = Principal | Admission<Principal> | Failure | null | undefined | false;

/**
 * Judges credentials. An `UnauthorizedException` refuses as well; anything else that is thrown is the server's fault and
 * answered with a 5xx that says nothing of it.
 */
export type VerifierFunction<Credentials, Principal = unknown, Request = HttpRequest> = (
  credentials: Credentials,
  request: Request,
) => Verdict<Principal> | Promise<Verdict<Principal>>;

/** An injectable class that judges credentials, singleton or request-scoped. */
export interface HttpAuthVerifier<Credentials, Principal = unknown, Request = HttpRequest> {
  /** The same as a {@link VerifierFunction}. */
  verify(credentials: Credentials, request: Request): Verdict<Principal> | Promise<Verdict<Principal>>;
}

/** A function that judges credentials, or a class that does, which Nest's container must provide. */
export type Verifier<Credentials, Principal = unknown, Request = HttpRequest> =
  | VerifierFunction<Credentials, Principal, Request>
  | VerifierClass<Credentials, Principal, Request>;

/** A class that judges credentials, or an abstract one that stands for it in Nest's container. */
export type VerifierClass<Credentials, Principal = unknown, Request = HttpRequest> = abstract new (
  ...dependencies: never[]
) => HttpAuthVerifier<Credentials, Principal, Request>;

/** Whether a verifier was given as a class. */
export function isVerifierClass<C, P, R>(verifier: Verifier<C, P, R>): verifier is VerifierClass<C, P, R> {
  return (
    typeof verifier.prototype?.verify === 'function' || /^class\b/.test(Function.prototype.toString.call(verifier))
  );
}

/** Whether an error says that the credentials are refused: Nest's 401, by whatever class. */
export function isRefusal(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() === 401;
}

/** What judges the credentials of one scheme. */
export interface Judge<Credentials, Principal = unknown> {
  /** The auth-scheme, as failures call it. */
  readonly scheme: string;
  /** Asks the verifier. */
  validate(credentials: Credentials, request: HttpRequest): Verdict<Principal> | Promise<Verdict<Principal>>;
  /** The parts of credentials that no error may show. */
  secrets(credentials: Credentials, request: HttpRequest): readonly string[];
}

/**
 * The outcome of what a judge says: at once where it says it at once, so that a synchronous verifier costs no promise.
 *
 * @throws VerifierError where the verifier throws, unless that is a refusal
 */
export function outcomeBy<Credentials>(
  judge: Judge<Credentials>,
  credentials: Credentials,
  request: HttpRequest,
): Outcome | Promise<Outcome> {
  try {
    const verdict = judge.validate(credentials, request);
    return isPromise(verdict) ? settled(judge, credentials, request, verdict) : outcomeOf(judge.scheme, verdict);
  } catch (error) {
    return thrown(judge, credentials, request, error);
  }
}

async function settled<Credentials>(
  judge: Judge<Credentials>,
  credentials: Credentials,
  request: HttpRequest,
  verdict: PromiseLike<Verdict<unknown>>,
): Promise<Outcome> {
  try {
    return outcomeOf(judge.scheme, await verdict);
  } catch (error) {
    return thrown(judge, credentials, request, error);
  }
}

function outcomeOf(scheme: string, verdict: Verdict<unknown>): Outcome {
  if (!verdict) return new Failure('invalid', scheme);
  if (verdict instanceof Admission) return verdict;
  if (!(verdict instanceof Failure)) return { principal: verdict };
  return verdict.scheme === undefined ? new Failure(verdict.reason, scheme, verdict.status, verdict.details) : verdict;
}

function thrown<Credentials>(
  judge: Judge<Credentials>,
  credentials: Credentials,
  request: HttpRequest,
  error: unknown,
): Outcome {
  if (isRefusal(error)) return new Failure('invalid', judge.scheme);
  throw new VerifierError(judge.scheme, error, judge.secrets(credentials, request));
}

/** Ends a Passport strategy with an outcome. */
export function conclude(strategy: StrategyActions, outcome: () => Outcome | Promise<Outcome>): void {
  const end = (ended: Outcome): void => {
    if (ended instanceof Failure) strategy.fail(ended, ended.status);
    else strategy.success(ended.principal, ended.info);
  };
  const failed = (error: unknown): void => strategy.error(error);
  let ended: Outcome | Promise<Outcome>;
  try {
    ended = outcome();
  } catch (error) {
    return failed(error);
  }
  if (isPending(ended)) void ended.then(end, failed);
  else end(ended);
}

/** Whether a value must be awaited. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Says what is wrong with the verifier that `factory` was given, and the mend; `undefined` where nothing is. */
export function verifierProblem(factory: string, verifier: unknown): string | undefined {
  return typeof verifier === 'function'
    ? undefined
    : `${factory}: the verifier must be a function (credentials, request) => principal or null, or an injectable class with verify(credentials, request)`;
}
