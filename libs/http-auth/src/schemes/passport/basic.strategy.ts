import { PassportHttpBasicStrategy } from './passport.classes.js';
import type { HttpRequest } from '../../http/request.js';
import type { BasicCredentials } from '../basic/basic.credentials.js';
import { type BasicOptions, BasicScheme } from '../basic/basic.scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import type { Verdict, VerifierFunction } from '../verifier.js';
import { runScheme } from './scheme.runner.js';
import type { StrategyActions } from './strategy.js';

/**
 * The Basic scheme as a Passport strategy, for `AuthGuard('basic')` and for subclasses. It extends passport-http's strategy
 * for `instanceof` only: passport-http cuts a password at its second colon, accepts `NotBasic` as `Basic` and refuses empty
 * passwords, so its parser never runs.
 */
export class BasicStrategy<Principal = unknown> extends PassportHttpBasicStrategy {
  override readonly name: string = 'basic';
  private readonly scheme: BasicScheme;
  private readonly verifier: VerifierFunction<BasicCredentials>;

  /**
   * @param verifier verifies `{ username, password }`; or the scheme to call
   * @throws AuthConfigurationError if an option is invalid
   */
  constructor(verifier: VerifierFunction<BasicCredentials, Principal> | BasicScheme, options: BasicOptions = {}) {
    super(() => undefined);
    const isScheme = verifier instanceof BasicScheme;
    this.verifier = isScheme ? verifier.verifier : verifier;
    this.scheme = isScheme
      ? verifier
      : new BasicScheme((credentials, request, context) => this.validate(credentials, request, context), options);
  }

  /** Authenticates the request and calls one of Passport's actions. */
  override authenticate(this: this & StrategyActions, request: HttpRequest): void {
    runScheme(this.scheme, this, request);
  }

  /** Verifies the credentials. A subclass may override it. */
  validate(
    credentials: BasicCredentials,
    request: HttpRequest,
    context: VerifierContext,
  ): Verdict<Principal> | Promise<Verdict<Principal>> {
    return this.verifier(credentials, request, context) as Verdict<Principal>;
  }
}
