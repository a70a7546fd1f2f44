import type { HttpRequest } from '../http/request.js';
import type { Policy } from './policy.js';
import { type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';

/**
 * Names the scopes that a request needs beside those of its route; none where it needs no more. It is asked when the body is
 * parsed, and what it throws is answered with a 500.
 *
 * A method in the types, so that it may ask for Express's or Fastify's own request.
 */
export type ScopesFunction = { scopes(request: HttpRequest): readonly string[] }['scopes'];

/**
 * The policy of one request to a route: the route's own, with the scopes that a function has named for the request.
 *
 * @throws Error where these are no scopes
 */
export function policyOfRequest(policy: Policy, scopesOf: ScopesFunction, request: HttpRequest): Policy {
  const names = scopesOf(request);
  if (Array.isArray(names) && names.length === 0) return policy;
  // Of those any one of which will do, the request has one by now.
  const { scopes: own } = policy;
  const all: RequiredScopes = { names: own?.mode === 'all' ? own.names.concat(names) : names, mode: 'all' };
  const problem = scopesProblem(all);
  if (problem !== undefined) throw new Error(`The function of @Scopes.by() gave no scopes: ${problem}`);
  const scopes = { ...all, names: [...new Set(all.names)] };
  return { ...policy, scopes, params: { ...policy.params, scope: scopeParam(scopes) } };
}
