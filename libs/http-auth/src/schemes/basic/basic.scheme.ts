import type { HttpRequest } from '../../http/request.js';
import { limitsProblem } from '../../lockout/limits.js';
import type { SchemeDefinition } from '../scheme.js';
import { type Verifier, verifierProblem } from '../verifier.js';
import type { BasicCredentials } from './basic.credentials.js';
import { type BasicOptions, BasicStrategy } from './basic.strategy.js';

/**
 * The Basic scheme: a username and a password with every request (RFC 7617).
 *
 * @param verifier judges `{ username, password }`: a function, or an injectable class with `verify()`
 */
export function basic<Principal, Request extends object = HttpRequest>(
  verifier: Verifier<BasicCredentials, Principal, Request>,
  options: BasicOptions = {},
): SchemeDefinition {
  const name = 'Basic';
  return {
    name,
    problem: () => {
      if (options.charset !== undefined && options.charset !== null && options.charset !== 'UTF-8') {
        return "basic(): charset must be 'UTF-8', the only one defined (RFC 7617 section 2.1), or null for none";
      }
      const problem = limitsProblem(options.limits);
      return problem === undefined ? verifierProblem('basic()', verifier) : `basic(): ${problem}`;
    },
    bind: (container) => {
      const strategy = new BasicStrategy(container.verifier(verifier) as never, options);
      return {
        name,
        strategy,
        judge: (request, authorization) => strategy.judge(request, authorization),
        challenge: (realm) => ({
          scheme: name,
          params: { realm, ...(options.charset !== null && { charset: 'UTF-8' }) },
        }),
        fixed: true,
        prompts: true,
      };
    },
  };
}
