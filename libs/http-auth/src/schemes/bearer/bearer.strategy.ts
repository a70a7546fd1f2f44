import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { type Authorization, authorizationOf } from '../../http/authorization.js';
import type { HttpRequest } from '../../http/request.js';
import { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { type PassportRegistry, type Strategy, type StrategyActions, unregistered } from '../strategy.js';
import { conclude, type Judge, outcomeBy, type Verdict, type VerifierFunction } from '../verifier.js';
import { type BearerCredentials, hasFormToken, parseBearerCredentials, parseFormToken } from './bearer.credentials.js';

/** Options of the Bearer scheme. */
export interface BearerOptions {
  /**
   * Whether a token may also come as `access_token` in an `application/x-www-form-urlencoded` body
   * (RFC 6750 section 2.2), which is for clients that cannot set the `Authorization` field.
   *
   * @default false
   */
  readonly formEncodedBody?: boolean;
  /** What a token looks like, e.g. `JWT`: a hint for the readers of the OpenAPI document. */
  readonly bearerFormat?: string;
}

const Base: new () => Strategy = PassportStrategy(passport.Strategy, 'bearer');

/** The Bearer scheme (RFC 6750) as a Passport strategy. It takes a token from the query string under no option. */
export class BearerStrategy<Principal = unknown> extends Base implements Judge<BearerCredentials, Principal> {
  override readonly name: string = 'bearer';
  /** The auth-scheme. */
  readonly scheme = 'Bearer';

  constructor(
    private readonly verifier: VerifierFunction<BearerCredentials, Principal>,
    private readonly options: BearerOptions = {},
  ) {
    super();
  }

  /** Reads the token and ends in one of Passport's actions. */
  override authenticate(this: this & StrategyActions, request: HttpRequest): void {
    conclude(this, () => this.judge(request, authorizationOf(request)));
  }

  /**
   * Judges the token, without Passport's actions.
   *
   * @throws VerifierError where the verifier threw, unless that is a refusal
   */
  judge(request: HttpRequest, authorization: Authorization | undefined): Outcome | Promise<Outcome> {
    const inHeader = authorization?.scheme === 'bearer';
    const inForm = this.presents(request);
    if (!inHeader && !inForm) return new Failure('missing', 'Bearer');

    // More than one way to send a token in one request is malformed (RFC 6750 section 3.1).
    if (inHeader && inForm) return new Failure('malformed', 'Bearer', 400);
    const credentials = inHeader ? authorization.parsedBy(parseBearerCredentials) : parseFormToken(request);
    if (credentials === undefined) return new Failure('malformed', 'Bearer', 400);
    return outcomeBy(this, credentials, request);
  }

  /** Whether the request has a token in its form-encoded body, and may (RFC 6750 section 2.2). */
  presents(request: HttpRequest): boolean {
    return this.options.formEncodedBody === true && hasFormToken(request);
  }

  /** Asks the verifier. A subclass may judge in its place. */
  validate(credentials: BearerCredentials, request: HttpRequest): Verdict<Principal> | Promise<Verdict<Principal>> {
    return this.verifier(credentials, request);
  }

  /** What no error may show: the token. */
  secrets({ token }: BearerCredentials): readonly string[] {
    return [token];
  }

  /** The module registers the strategy, in the Passport instance of its application. */
  getPassportInstance(): PassportRegistry {
    return unregistered;
  }
}
