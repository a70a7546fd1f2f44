import { PassportStrategy } from '@nestjs/passport';
import { BasicStrategy as PassportHttpBasicStrategy } from 'passport-http';
import { schemeOf } from '../../http/credentials.js';
import type { HttpRequest } from '../../http/request.js';
import { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import { type PassportRegistry, type Strategy, type StrategyActions, unregistered } from '../strategy.js';
import { conclude, judge, type Verdict, type VerifierFunction } from '../verifier.js';
import { type BasicCredentials, parseBasicCredentials } from './basic.credentials.js';

/** Options of the Basic scheme. */
export interface BasicOptions {
  /**
   * The charset parameter of the challenge (RFC 7617 section 2.1). With `'UTF-8'` credentials must be UTF-8; with `null`
   * there is no such parameter, and credentials that are not UTF-8 are read as ISO-8859-1, for clients of old.
   *
   * @default 'UTF-8'
   */
  readonly charset?: 'UTF-8' | null;
}

const Base: new () => Strategy = PassportStrategy(PassportHttpBasicStrategy, 'basic');

/**
 * The Basic scheme (RFC 7617) as a Passport strategy. It keeps passport-http's contract, not its parser, which cuts a
 * password at its second colon, takes `NotBasic` for `Basic`, and refuses empty passwords.
 */
export class BasicStrategy<Principal = unknown> extends Base {
  override readonly name: string = 'basic';

  constructor(
    private readonly verifier: VerifierFunction<BasicCredentials, Principal>,
    private readonly options: BasicOptions = {},
  ) {
    super();
  }

  /** Reads the `Authorization` field and ends in one of Passport's actions. */
  override authenticate(this: this & StrategyActions, request: HttpRequest): void {
    conclude(this, () => this.judge(request));
  }

  /**
   * Reads the `Authorization` field, and says how it ended without Passport's actions.
   *
   * @throws VerifierError where the verifier threw, unless that is a refusal
   */
  judge(request: HttpRequest): Outcome | Promise<Outcome> {
    const field = request.headers.authorization;
    if (field === undefined || schemeOf(field) !== 'basic') return new Failure('missing', 'Basic');
    const credentials = parseBasicCredentials(field, this.options.charset === null);
    if (credentials === undefined) return new Failure('malformed', 'Basic');
    return judge(
      'Basic',
      () => [credentials.password, ...secretsOf(request)],
      () => this.validate(credentials, request),
    );
  }

  /** Asks the verifier. A subclass may judge in its place. */
  validate(credentials: BasicCredentials, request: HttpRequest): Verdict<Principal> | Promise<Verdict<Principal>> {
    return this.verifier(credentials, request);
  }

  /** The module registers the strategy, in the Passport instance of its application. */
  getPassportInstance(): PassportRegistry {
    return unregistered;
  }
}
