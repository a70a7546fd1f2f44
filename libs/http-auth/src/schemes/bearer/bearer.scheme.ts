import type { Challenge } from '../../http/challenge.js';
import type { HttpRequest } from '../../http/request.js';
import type { Failure } from '../failure.js';
import type { SchemeDefinition } from '../scheme.js';
import { type Verifier, verifierProblem } from '../verifier.js';
import type { BearerCredentials } from './bearer.credentials.js';
import { type BearerOptions, BearerStrategy } from './bearer.strategy.js';

/**
 * The Bearer scheme: an access token with every request (RFC 6750).
 *
 * @param verifier judges `{ token }`: a function, or an injectable class with `verify()`
 */
export function bearer<Principal, Request extends object = HttpRequest>(
  verifier: Verifier<BearerCredentials, Principal, Request>,
  options: BearerOptions = {},
): SchemeDefinition {
  const name = 'Bearer';
  const { bearerFormat } = options;
  return {
    name,
    problem: () => verifierProblem('bearer()', verifier),
    bind: (container) => {
      const strategy = new BearerStrategy(container.verifier(verifier) as never, options);
      return {
        name,
        strategy,
        judge: (request) => strategy.judge(request),
        challenge: bearerChallenge,
        fixed: true,
        openapi: { type: 'http', scheme: 'bearer', ...(bearerFormat !== undefined && { bearerFormat }) },
        presents: (request) => strategy.presents(request),
      };
    },
  };
}

/**
 * The challenge of the Bearer scheme. It has an `error` only where a token came: `invalid_request` for a malformed
 * request, `invalid_token` for a token that was refused (RFC 6750 section 3.1).
 */
export function bearerChallenge(realm: string, failure?: Failure): Challenge {
  const scheme = 'Bearer';
  switch (failure?.reason) {
    case 'malformed':
      return { scheme, params: { realm, error: 'invalid_request' } };
    case 'invalid':
      return { scheme, params: { realm, error: 'invalid_token' } };
    default:
      return { scheme, params: { realm } };
  }
}
