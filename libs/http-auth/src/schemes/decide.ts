import { types } from 'node:util';
import { HttpException } from '@nestjs/common';
import { isObservable } from 'rxjs';
import { isPromise } from '../common/promise.js';
import { Admission, type AdmissionInfo, admit, mergeInfo } from './admission.js';
import { boundFailure } from './confirmation.js';
import { Failure, FAILURE_STATUSES, isFailureShape } from './failure.js';
import type { Outcome } from './outcome.js';
import { isError, redactException, redactValue } from './redact.js';
import { VerifierError } from './verifier.error.js';

/** An attempt to authenticate with one scheme. */
export interface Attempt {
  /** The auth-scheme, e.g. `Basic`. */
  readonly scheme: string;
  /** Returns the strings that no error, log or event may contain. Called only if there is something to redact. */
  readonly secrets: () => readonly string[];
  /**
   * If `true`, the scheme checks the proof of the key that the credentials are bound to. Otherwise bound credentials are refused.
   *
   * @default false
   */
  readonly confirms?: boolean;
}

/**
 * Decides the outcome of one attempt. Everything that a verifier or a Passport strategy returns or throws goes through this
 * function. Only a principal authenticates a request.
 *
 * @param verify calls the verifier or the strategy
 * @throws HttpException the 4xx exception of a verifier without the credentials; 401 is a failure
 * @throws VerifierError for any other error
 */
export async function decide(attempt: Attempt, verify: () => unknown): Promise<Outcome> {
  try {
    return unlessBound(attempt, outcomeOf(attempt, await verify()));
  } catch (error) {
    return outcomeOfThrown(attempt, error);
  }
}

/** Refuses credentials that are bound to a key if the scheme does not check the proof of the key. */
function unlessBound({ scheme, confirms = false }: Attempt, outcome: Outcome): Outcome {
  if (confirms || outcome instanceof Failure || outcome.info.confirmation === undefined) return outcome;
  return boundFailure(scheme);
}

/** Turns a thrown value into a failure, or throws it again without the credentials. */
function outcomeOfThrown(attempt: Attempt, error: unknown): Failure {
  let fault: unknown;
  try {
    const failure = failureOf(attempt, error);
    if (failure !== undefined) return failure;
    if (isClientError(error)) fault = redactException(error, attempt.secrets());
    else if (error instanceof VerifierError) fault = error;
    else fault = new VerifierError(attempt.scheme, error, attempt.secrets(), isPartlyRefusal(attempt, error));
  } catch {
    // The error is frozen, or one of its getters throws. Its text may contain credentials, so it is dropped.
    fault = new VerifierError(attempt.scheme, new Error('The error of the verifier cannot be read'), []);
  }
  throw fault;
}

/** Turns a value that a verifier or a strategy returned into an outcome. The value is not a promise. */
export function outcomeOf(attempt: Attempt, value: unknown): Outcome {
  if (value instanceof Failure) return adopt(attempt, value);
  if (value instanceof Admission) return unwrap(attempt, value);
  if (!value) return new Failure('invalid', attempt.scheme);
  if (isError(value)) return outcomeOfError(attempt, value);
  if (!isPrincipal(value)) {
    throw new TypeError(
      'The verifier returned a value that is not a principal: a function, a symbol, a stream, a response, an empty list, a boxed value or a copy of a Failure; return the principal',
    );
  }
  return admit(value, {});
}

/** Returns `false` for values that are truthy, but are never a user: nothing was found, or their content is not known yet. */
function isPrincipal(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (isObservable(value) || Symbol.asyncIterator in value || types.isBoxedPrimitive(value)) return false;
  // An empty result of a query, a response that was not read, and `this` of a class that was called as a function.
  return (
    !isEmpty(value) &&
    !isFailureShape(value) &&
    !isIterator(value) &&
    !isResponse(value) &&
    value !== globalThis &&
    !types.isModuleNamespaceObject(value)
  );
}

/** A generator that was called, but not read. */
function isIterator(value: object): boolean {
  return Symbol.iterator in value && 'next' in value && typeof value.next === 'function';
}

/** Returns `true` for a response of any `fetch()`, e.g. of undici's. */
function isResponse(value: object): boolean {
  return value instanceof Response || ('arrayBuffer' in value && 'ok' in value && 'status' in value);
}

function isEmpty(value: object): boolean {
  if (ArrayBuffer.isView(value)) return value.byteLength === 0;
  return Array.isArray(value) ? value.length === 0 : (value instanceof Map || value instanceof Set) && value.size === 0;
}

/** `admit()` accepts anything: a failure, another `admit()`, or no principal. The outer facts replace the inner facts. */
function unwrap(attempt: Attempt, admission: Admission<unknown>): Outcome {
  const { principal, info } = admission;
  if (isPromise(principal)) {
    // The promise may reject later. Without a handler, that would end the process.
    principal.then(undefined, () => undefined);
    throw new TypeError('The principal is a promise; await it before admit() or success()');
  }
  const outcome = outcomeOf(attempt, principal);
  if (outcome instanceof Failure) return outcome;
  // The `info` of a Passport strategy may be anything.
  const facts: AdmissionInfo = typeof info === 'object' && info !== null ? info : {};
  if (hasExpired(facts))
    return new Failure('invalid', attempt.scheme, 401, { message: 'The credentials have expired', stale: true });
  if (facts === info && outcome.principal === principal) return admission;
  return admit(outcome.principal, mergeInfo(outcome.info, facts));
}

/** Returns `true` if the credentials have ended. A connection that is opened with them would end at once. */
function hasExpired({ expiresAt }: AdmissionInfo): boolean {
  if (expiresAt === undefined) return false;
  if (!(expiresAt instanceof Date) || Number.isNaN(expiresAt.getTime())) {
    throw new TypeError('expiresAt of admit() is not a valid Date; pass a Date, or leave it out');
  }
  return expiresAt.getTime() <= Date.now();
}

/** A returned error is a mistake of the verifier, which meant to throw it. It never authenticates. */
function outcomeOfError(attempt: Attempt, error: Error): Outcome {
  const failure = failureOf(attempt, error);
  if (failure !== undefined) return failure;
  throw new TypeError('The verifier returned an error; throw it instead', { cause: error });
}

/** Converts a thrown value to a failure. Returns `undefined` if the value is not a refusal. */
export function failureOf(attempt: Attempt, error: unknown): Failure | undefined {
  if (error instanceof Failure) return adopt(attempt, error);
  // Promise.any() over several verifiers: the credentials are refused only if every verifier refuses them.
  if (error instanceof AggregateError && error.errors.length > 0) {
    const failures = error.errors.map((one: unknown) => failureOf(attempt, one));
    if (!failures.every((one) => one !== undefined)) return undefined;
    const invalid = failures.filter(({ reason }) => reason !== 'missing');
    return invalid.find(({ details }) => details.foreign !== true) ?? invalid[0] ?? failures[0];
  }
  if (!(error instanceof HttpException) || error.getStatus() !== 401) return undefined;
  if (error.cause instanceof Failure) return adopt(attempt, error.cause);
  return new Failure('invalid', attempt.scheme, 401, messageOf(attempt, error));
}

/** Returns `true` if one of several verifiers has refused the credentials. */
function isPartlyRefusal(attempt: Attempt, error: unknown): boolean {
  if (failureOf(attempt, error) !== undefined) return true;
  return error instanceof AggregateError && error.errors.some((one) => isPartlyRefusal(attempt, one));
}

/** Keeps the message of an `UnauthorizedException`, unless it is Nest's default. */
function messageOf(attempt: Attempt, exception: HttpException): Failure['details'] {
  if (exception.message === 'Unauthorized') return {};
  const secrets = attempt.secrets();
  return {
    message: redactValue(exception.message, secrets),
    body: redactValue(exception.getResponse(), secrets),
  };
}

/** A failure from elsewhere is a failure of this scheme, and never has a status that a client takes for a success. */
function adopt({ scheme }: Attempt, failure: Failure): Failure {
  const { reason, status, details } = failure;
  if (failure.scheme === scheme && FAILURE_STATUSES.includes(status)) return failure;
  return new Failure(reason, scheme, FAILURE_STATUSES.includes(status) ? status : 401, details);
}

/** Returns `true` for a 4xx exception of Nest. A verifier throws one to respond with its status, e.g. 403. */
function isClientError(error: unknown): error is HttpException {
  if (!(error instanceof HttpException)) return false;
  const status = error.getStatus();
  return Number.isInteger(status) && status >= 400 && status < 500;
}
