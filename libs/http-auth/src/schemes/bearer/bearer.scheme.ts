import type { AuthParams } from '../../http/auth-param.js';
import type { Challenge } from '../../http/challenge.js';
import type { HttpRequest } from '../../http/request.js';
import type { Failure, FailureReason } from '../failure.js';
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
  const { bearerFormat, formEncodedBody = false } = options;
  return {
    name,
    problem: () => verifierProblem('bearer()', verifier),
    bind: (container) => {
      const strategy = new BearerStrategy(container.verifier(verifier) as never, options);
      return {
        name,
        strategy,
        judge: (request, authorization) => strategy.judge(request, authorization),
        challenge: bearerChallenge,
        fixed: true,
        oauth: true,
        metadata: { bearer_methods_supported: formEncodedBody ? ['header', 'body'] : ['header'] },
        openapi: { type: 'http', scheme: 'bearer', ...(bearerFormat !== undefined && { bearerFormat }) },
        presents: (request) => strategy.presents(request),
      };
    },
  };
}

/** The errors of RFC 6750 section 3.1, for what came and was refused. */
const ERRORS: Partial<Record<FailureReason, AuthParams>> = {
  malformed: { error: 'invalid_request' },
  invalid: { error: 'invalid_token' },
  insufficient: { error: 'insufficient_scope' },
};

/**
 * The challenge of the Bearer scheme. It has an `error` only where a token came: `invalid_request` for a malformed
 * request, `invalid_token` for a token that was refused, `insufficient_scope` for one that does not reach (RFC 6750
 * section 3.1); and the params that the failure has.
 */
export function bearerChallenge(realm: string, failure?: Failure): Challenge {
  return {
    scheme: 'Bearer',
    params: { realm, ...(failure && ERRORS[failure.reason]), ...failure?.details.params },
  };
}
