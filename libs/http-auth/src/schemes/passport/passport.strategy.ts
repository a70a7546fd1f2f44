import type { Type } from '@nestjs/common';
import { type OptionNames, unknownOption } from '../../common/options.js';
import type { Challenge } from '../../http/challenge.js';
import { isToken } from '../../http/grammar.js';
import type { HttpRequest } from '../../http/request.js';
import { isOptIn, schemeProblem } from '../auth.scheme.js';
import type { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { openApiProblem } from '../openapi.flows.js';
import type { OpenApiScheme, Scheme, SchemeDefinition, SchemeOptions } from '../scheme.js';
import type { Strategy } from './strategy.js';
import { challengeOf, run } from './strategy.runner.js';

/** A Passport strategy of any kind. `any`, because Passport's types require Express's request. */
// eslint-disable-next-line typescript/no-explicit-any
export type AnyStrategy = { name?: string; authenticate(request: any, options?: any): any };

/** Options of {@link passportStrategy}: how the strategy acts as a scheme. */
export interface PassportStrategyOptions extends SchemeOptions {
  /** The auth-scheme that the strategy reads, e.g. `Bearer` for passport-jwt. */
  readonly scheme: string;
  /**
   * Returns the challenge if the strategy's own challenge is missing or has no realm. For a strategy of the Bearer scheme, use
   * `bearerChallenge`.
   *
   * @default the scheme with its realm
   */
  readonly challenge?: (realm: string, failure?: Failure) => Challenge;
  /**
   * Returns `true` if a request without an `Authorization` field has credentials that the strategy reads elsewhere, such as
   * an API key in its own field.
   *
   * @default never
   */
  readonly presents?: (request: HttpRequest) => boolean;
  /**
   * Returns the secrets that the strategy reads from a request outside of the `Authorization` field, e.g. the value of a field or a
   * cookie. No log, error or event contains them. Set it together with `presents`.
   *
   * @default none
   */
  readonly secrets?: (request: HttpRequest) => readonly string[];
  /**
   * If `false`, a browser never adds the credentials to a request of another page by itself. WebSockets with such credentials are then
   * accepted from every `Origin`.
   *
   * @default `true`, unless the scheme is `Bearer` or `DPoP` and `presents` is not set
   */
  readonly ambient?: boolean;
  /**
   * The scheme in an OpenAPI document, e.g. `{ type: 'apiKey', in: 'header', name: 'X-API-Key' }`.
   *
   * @default the HTTP scheme of the same name
   */
  readonly openapi?: OpenApiScheme;
}

/**
 * Makes a scheme of any Passport strategy. The strategy's own challenge is sent if it is well-formed and names a realm.
 *
 * @param strategy an instance, or an injectable class that a module of the application provides
 * @example
 * passportStrategy(JwtStrategy, { scheme: 'Bearer', challenge: bearerChallenge })
 */
export function passportStrategy(
  strategy: AnyStrategy | Type<AnyStrategy>,
  options: PassportStrategyOptions,
): SchemeDefinition {
  return {
    name: options.name ?? options.scheme,
    optIn: isOptIn(options),
    problem: () => strategyProblem(strategy, options),
    bind: (container) =>
      new StrategyScheme(typeof strategy === 'function' ? container.provider(strategy) : strategy, options),
  };
}

const NAMES: OptionNames<PassportStrategyOptions> = {
  name: true,
  optIn: true,
  scheme: true,
  challenge: true,
  presents: true,
  secrets: true,
  ambient: true,
  openapi: true,
};

function strategyProblem(
  strategy: AnyStrategy | Type<AnyStrategy>,
  options: PassportStrategyOptions,
): string | undefined {
  const { scheme } = options;
  if (typeof scheme !== 'string' || !isToken(scheme)) {
    return 'passportStrategy(): scheme must name the auth-scheme that the strategy reads, e.g. Bearer';
  }
  const problem =
    (options.ambient !== undefined && typeof options.ambient !== 'boolean'
      ? 'ambient must be true or false'
      : undefined) ??
    unknownOption(options, NAMES) ??
    schemeProblem(options) ??
    openApiProblem(options.openapi);
  if (problem !== undefined) return `passportStrategy(): ${problem}`;
  const authenticate: unknown = (typeof strategy === 'function' ? strategy.prototype : strategy)?.authenticate;
  return typeof authenticate === 'function'
    ? undefined
    : 'passportStrategy(): the strategy must be a Passport strategy, which has an authenticate() method, or the class of one';
}

/** A Passport strategy as a scheme of one application. */
export class StrategyScheme implements Scheme {
  readonly name: string;
  readonly authScheme: string;
  readonly prompts: boolean;
  readonly oauth: boolean;
  readonly openapi?: OpenApiScheme;
  readonly presents?: (request: HttpRequest) => boolean;
  readonly secrets?: (request: HttpRequest) => readonly string[];
  readonly ambient?: boolean;

  constructor(
    /** The strategy, which the module registers in Passport. */
    readonly strategy: Strategy,
    private readonly options: PassportStrategyOptions,
  ) {
    const { scheme, name = scheme, presents, secrets, ambient, openapi } = options;
    if (ambient !== undefined) this.ambient = ambient;
    this.name = name;
    this.authScheme = scheme;
    this.prompts = /^(?:basic|digest)$/i.test(scheme);
    this.oauth = /^(?:bearer|dpop)$/i.test(scheme);
    if (presents !== undefined) this.presents = presents;
    if (secrets !== undefined) this.secrets = secrets;
    if (openapi !== undefined) this.openapi = openapi;
  }

  authenticate(request: HttpRequest): Promise<Outcome> {
    return run(this.strategy, this.authScheme, request, this.secrets?.(request));
  }

  challenge(realm: string, failure: Failure | undefined, request: HttpRequest): Challenge {
    return (
      failure?.details.challenge ??
      challengeOf(this.strategy, this.authScheme, request) ??
      this.options.challenge?.(realm, failure) ?? { scheme: this.authScheme, params: { realm } }
    );
  }
}
