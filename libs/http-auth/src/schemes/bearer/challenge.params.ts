import { isPromise } from '../../common/promise.js';
import type { AuthParams } from '../../http/auth-param.js';
import { formatChallenge } from '../../http/challenge.js';
import type { HttpRequest } from '../../http/request.js';
import { redact, secretsOf } from '../redact.js';

/**
 * Returns further params of Bearer's challenge for a request. If it throws, the client gets a 500.
 *
 * The type is taken from a method, so that the function may declare Express's or Fastify's own request as its parameter.
 */
export type ChallengeParamsFunction = { params(request: HttpRequest): AuthParams }['params'];

/** The params that other options and the failure set. */
const MADE = ['realm', 'error'];

/** Checks further params of a challenge. Returns an error message, or `undefined` if they are valid. */
export function challengeParamsProblem(params: unknown): string | undefined {
  if (isPromise(params)) params.then(undefined, () => undefined);
  if (typeof params !== 'object' || params === null || Array.isArray(params) || isPromise(params)) {
    return 'challengeParams must be an object of params and their values, or a function that returns one';
  }
  const made = Object.keys(params).find((name) => MADE.includes(name.toLowerCase()));
  if (made !== undefined) return `challengeParams: ${made} is made of the realm and the failure; leave it out`;
  const wrong = Object.entries(params).find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) return `challengeParams: ${wrong[0]} must be a string`;
  try {
    formatChallenge({ scheme: 'Bearer', params: params as AuthParams });
  } catch (error) {
    return `challengeParams: ${(error as Error).message.replace(/^params: /, '')}`;
  }
  return undefined;
}

/**
 * Calls the function for a request.
 *
 * @throws Error if the function threw, or returned invalid params
 */
export function paramsOfRequest(paramsOf: ChallengeParamsFunction, request: HttpRequest): AuthParams {
  let params: AuthParams;
  try {
    params = paramsOf(request);
  } catch (error) {
    throw withoutCredentials(error, request);
  }
  const problem = challengeParamsProblem(params);
  if (problem !== undefined) throw new TypeError(problem);
  return params;
}

/** The error of the function may contain the credentials that it has read. */
function withoutCredentials(error: unknown, request: HttpRequest): Error {
  return new Error('challengeParams: the function threw', { cause: redact(error, secretsOf(request)) });
}
