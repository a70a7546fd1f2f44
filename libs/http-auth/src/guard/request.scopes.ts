import { isPromise } from '../common/promise.js';
import type { HttpRequest } from '../http/request.js';
import type { Policy } from './policy.js';
import { type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';

/**
 * Returns the scopes that one request needs in addition to the scopes of its route. The list may be empty. It is
 * called after the body is parsed. If it throws, the client gets a 500.
 *
 * The type is taken from a method, so that the function may declare Express's or Fastify's own request as its parameter.
 */
export type ScopesFunction = { scopes(request: HttpRequest): readonly string[] }['scopes'];

/**
 * Returns the policy of one request: the policy of its route, with the scopes that the function returns for the request.
 *
 * @throws Error if the function does not return a list of scopes
 */
export function policyOfRequest(policy: Policy, scopesOf: ScopesFunction, request: HttpRequest): Policy {
  const names = scopesOf(request);
  // An async function is a mistake, which is reported below. Without a handler, its rejection would end the process.
  if (isPromise(names)) names.then(undefined, () => undefined);
  if (Array.isArray(names) && names.length === 0) return policy;
  // With `@Scopes.any()`, the guard has already checked that the request has one of the route's scopes.
  const { scopes: own } = policy;
  const all: RequiredScopes = { names: own?.mode === 'all' ? own.names.concat(names) : names, mode: 'all' };
  const problem = scopesProblem(all);
  if (problem !== undefined) throw new Error(`@Scopes.by(): the function returned invalid scopes: ${problem}`);
  const scopes = { ...all, names: [...new Set(all.names)] };
  return { ...policy, scopes, params: { ...policy.params, scope: scopeParam(scopes, policy.hierarchy) } };
}
