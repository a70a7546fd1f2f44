import type { Type } from '@nestjs/common';
import type { Challenge } from '../../http/challenge.js';
import { isToken } from '../../http/grammar.js';
import type { HttpRequest } from '../../http/request.js';
import { Failure } from '../failure.js';
import type { OpenApiScheme, SchemeDefinition } from '../scheme.js';
import type { Strategy } from '../strategy.js';
import { run } from '../strategy.runner.js';

/** A Passport strategy of any kind. `any`, because Passport's types want Express's request. */
// eslint-disable-next-line typescript/no-explicit-any
type AnyStrategy = { name?: string; authenticate(request: any, options?: any): any };

/** How a Passport strategy stands for an auth-scheme. */
export interface PassportStrategyOptions {
  /** The auth-scheme that the strategy reads, e.g. `Bearer` for passport-jwt. */
  readonly scheme: string;
  /**
   * The challenge, where the strategy gives none of its own or one without a realm. For a strategy of the Bearer scheme
   * take `bearerChallenge`.
   *
   * @default the scheme with its realm
   */
  readonly challenge?: (realm: string, failure?: Failure) => Challenge;
  /**
   * Whether a request without an `Authorization` field carries credentials that the strategy reads elsewhere, such as an
   * API key in a field of its own.
   *
   * @default never
   */
  readonly presents?: (request: HttpRequest) => boolean;
  /**
   * The scheme in OpenAPI's words, e.g. `{ type: 'apiKey', in: 'header', name: 'X-API-Key' }`.
   *
   * @default HTTP's scheme of that name
   */
  readonly openapi?: OpenApiScheme;
}

/**
 * Any Passport strategy as a scheme. Its own challenge is sent where it is well-formed and names a realm.
 *
 * @param strategy an instance, or an injectable class that a module of the application provides
 */
export function passportStrategy(
  strategy: AnyStrategy | Type<AnyStrategy>,
  { scheme: name, challenge = withRealm(name), presents, openapi }: PassportStrategyOptions,
): SchemeDefinition {
  return {
    name,
    problem: () => {
      if (typeof name !== 'string' || !isToken(name)) {
        return 'passportStrategy(): scheme must name the auth-scheme that the strategy reads, e.g. Bearer';
      }
      const authenticate: unknown = (typeof strategy === 'function' ? strategy.prototype : strategy)?.authenticate;
      return typeof authenticate === 'function'
        ? undefined
        : 'passportStrategy(): the strategy must be a Passport strategy, which has an authenticate() method, or the class of one';
    },
    bind: (container) => {
      const bound: Strategy = typeof strategy === 'function' ? container.provider(strategy) : strategy;
      return {
        name,
        strategy: bound,
        prompts: /^(?:basic|digest)$/i.test(name),
        oauth: /^(?:bearer|dpop)$/i.test(name),
        challenge: (realm, failure, request) =>
          failure?.details.challenge ?? ownChallenge(bound, name, request) ?? challenge(realm, failure),
        ...(presents && { presents }),
        ...(openapi && { openapi }),
      };
    },
  };
}

function withRealm(scheme: string) {
  return (realm: string): Challenge => ({ scheme, params: { realm } });
}

/**
 * What the strategy answers to a request without credentials: a scheme such as Digest cannot be answered without the
 * nonce that is in there. A strategy that does not say it at once, or says anything else, has none.
 */
function ownChallenge(strategy: Strategy, scheme: string, request: HttpRequest): Challenge | undefined {
  const { authorization: _, ...headers } = request.headers;
  const anonymous: HttpRequest = Object.create(request, { headers: { value: headers } });
  try {
    const outcome = run(strategy, scheme, anonymous);
    if (outcome instanceof Failure) return outcome.details.challenge;
    if (outcome instanceof Promise) outcome.catch(() => undefined);
  } catch {
    // It cannot judge the request; that is for the guard to say.
  }
  return undefined;
}
