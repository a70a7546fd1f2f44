import { HttpException } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { Admission } from './admission.js';
import { failureOf, outcomeOf } from './decide.js';
import { Failure, type FailureReason } from './failure.js';
import { RefusedException } from './refused.exception.js';
import type { VerifierContext } from './verifier.context.js';
import { isVerifierClass, type Verdict, type Verifier, type VerifierFunction, verifierProblem } from './verifier.js';

/** A verifier of any credentials: a function or an injectable class. */
export type AnyVerifier = Verifier<never, unknown, never>;

/** The parameters of a verifier: the credentials and the request. */
type ParametersOf<V> = V extends Verifier<infer Credentials, unknown, infer Request> ? [Credentials, Request] : never;

/** The principal of a verifier. */
type PrincipalOf<V> = V extends (...args: never[]) => infer Result
  ? Exclude<Unwrapped<Awaited<Result>>, Failure | null | undefined | false>
  : V extends abstract new (...args: never[]) => { verify(...args: never[]): infer Result }
    ? Exclude<Unwrapped<Awaited<Result>>, Failure | null | undefined | false>
    : never;

type Unwrapped<Result> = Result extends Admission<infer Principal> ? Principal : Result;

/** The values that all members of a union accept. */
type Common<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer All) => void
  ? All
  : never;

/** The verifiers that a verifier of {@link anyOf} consists of. */
const PARTS: unique symbol = Symbol('nestjs-http-auth:parts');

/**
 * Returns a verifier that accepts what one of several verifiers accepts. It asks them one after the other. It returns the first result
 * that accepts the request.
 *
 * - If all refuse, it refuses. The response has the reason of the first verifier that knows such credentials. One reason is an expired JWT.
 * - A 4xx exception other than 401 ends the search: that verifier has found the credentials valid.
 * - If a verifier fails because its issuer is down, for example, the search goes on. If no other one accepts the request, the response is
 *   a 5xx.
 *
 * For limits, it is one attempt.
 *
 * @param verifiers functions or injectable classes. Application code can call the result only if all are functions.
 * @throws AuthConfigurationError if an argument is not a verifier; RefusedException if all verifiers refuse the credentials
 * @example
 * bearer(anyOf(jwt({ issuer, audience }), tokens((hash) => keys.findOneBy({ hash }))))
 */
export function anyOf<const Verifiers extends readonly [AnyVerifier, ...AnyVerifier[]]>(
  ...verifiers: Verifiers
): (
  credentials: Common<ParametersOf<Verifiers[number]>[0]>,
  request: Common<ParametersOf<Verifiers[number]>[1]>,
  context?: VerifierContext,
) => Promise<Admission<PrincipalOf<Verifiers[number]>>> {
  const problem =
    verifiers.length === 0
      ? 'anyOf(): pass one verifier or more, one by one'
      : verifiers.map((verifier) => verifierProblem('anyOf()', verifier)).find((one) => one !== undefined);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_VERIFIER', problem);
  const verify = firstOf(verifiers.map(withoutClass));
  return Object.assign(verify, { [PARTS]: verifiers }) as never;
}

/** Returns the verifiers of {@link anyOf}, or `undefined` for another verifier. */
export function partsOf<C, P, R>(verifier: Verifier<C, P, R>): readonly Verifier<C, P, R>[] | undefined {
  return (verifier as { readonly [PARTS]?: readonly Verifier<C, P, R>[] })[PARTS];
}

/** Returns a verifier that asks several ones, one after the other. */
export function firstOf<C, P, R>(verifiers: readonly VerifierFunction<C, P, R>[]): VerifierFunction<C, P, R> {
  return async (credentials, request, context) => {
    const refusals: RefusedException[] = [];
    const faults: unknown[] = [];
    for (const verify of verifiers) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- the next verifier is asked only if this one refuses
        const outcome = outcomeOf(ATTEMPT, await verify(credentials, request, context));
        if (!(outcome instanceof Failure)) return outcome as Verdict<P>;
        if (FINAL.includes(outcome.reason)) throw RefusedException.of(outcome);
        refusals.push(RefusedException.of(outcome));
      } catch (error) {
        const failure = failureOf(ATTEMPT, error);
        if (failure !== undefined && FINAL.includes(failure.reason)) throw error;
        if (failure !== undefined) refusals.push(error as RefusedException);
        else if (error instanceof HttpException && error.getStatus() < 500) throw error;
        else faults.push(error);
      }
    }
    if (faults.length === 1 && refusals.length === 0) throw faults[0];
    // The guard counts this as a failed attempt if one of the errors is a refusal.
    if (faults.length > 0) throw new AggregateError([...faults, ...refusals], 'No verifier accepts the credentials');
    // Credentials that one verifier refuses are not missing because another one has not found any.
    const invalid = refusals.filter((refusal) => failureOf(ATTEMPT, refusal)?.reason !== 'missing');
    if (invalid.length === 0 && refusals[0] !== undefined) throw refusals[0];
    throw invalid.find(isKnown) ?? RefusedException.of(new Failure('invalid'));
  };
}

/** Only the kind of a result matters here. The scheme decides the outcome again, and removes secrets from it. */
const ATTEMPT = { scheme: '', secrets: () => [] };

/** The verifier has found the credentials valid, or must not be asked again. */
const FINAL: readonly FailureReason[] = ['forbidden', 'insufficient', 'limited'];

function isKnown(refusal: unknown): boolean {
  return failureOf(ATTEMPT, refusal)?.details.foreign !== true;
}

/** A class needs the container, which the scheme has. */
function withoutClass(verifier: AnyVerifier): VerifierFunction<never, unknown, never> {
  if (!isVerifierClass(verifier)) return verifier;
  return () => {
    throw new AuthConfigurationError(
      'ERR_AUTH_VERIFIER',
      `anyOf(): ${verifier.name} is a class, which only a scheme can create; pass the result of anyOf() to a scheme`,
    );
  };
}
