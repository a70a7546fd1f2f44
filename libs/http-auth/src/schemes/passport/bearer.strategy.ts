import { PassportStrategy } from './passport.classes.js';
import type { HttpRequest } from '../../http/request.js';
import type { BearerCredentials } from '../bearer/bearer.credentials.js';
import { type BearerOptions, BearerScheme } from '../bearer/bearer.scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import type { Verdict, VerifierFunction } from '../verifier.js';
import { runScheme } from './scheme.runner.js';
import type { StrategyActions } from './strategy.js';

/** The Bearer scheme as a Passport strategy, for `AuthGuard('bearer')` and for subclasses. */
export class BearerStrategy<Principal = unknown> extends PassportStrategy {
  override readonly name: string = 'bearer';
  private readonly scheme: BearerScheme;
  private readonly verifier: VerifierFunction<BearerCredentials>;

  /** @param verifier verifies `{ token }`; or the scheme to call */
  constructor(verifier: VerifierFunction<BearerCredentials, Principal> | BearerScheme, options: BearerOptions = {}) {
    super();
    const isScheme = verifier instanceof BearerScheme;
    this.verifier = isScheme ? verifier.verifier : verifier;
    this.scheme = isScheme
      ? verifier
      : new BearerScheme((credentials, request, context) => this.validate(credentials, request, context), options);
  }

  /** Authenticates the request and calls one of Passport's actions. */
  override authenticate(this: this & StrategyActions, request: HttpRequest): void {
    runScheme(this.scheme, this, request);
  }

  /** Returns `true` if the request has a token in its form-encoded body and the strategy accepts it (RFC 6750 section 2.2). */
  presents(request: HttpRequest): boolean {
    return this.scheme.presents(request);
  }

  /** Verifies the token. A subclass may override it. */
  validate(
    credentials: BearerCredentials,
    request: HttpRequest,
    context: VerifierContext,
  ): Verdict<Principal> | Promise<Verdict<Principal>> {
    return this.verifier(credentials, request, context) as Verdict<Principal>;
  }
}
