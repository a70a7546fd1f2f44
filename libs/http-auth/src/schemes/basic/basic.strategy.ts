import { PassportStrategy } from '@nestjs/passport';
import { BasicStrategy as PassportHttpBasicStrategy } from 'passport-http';
import { type Authorization, authorizationOf } from '../../http/authorization.js';
import type { HttpRequest } from '../../http/request.js';
import { type Attempt, type Ending, Refusal } from '../../lockout/attempt.js';
import { type LimitOptions, limitsProblem } from '../../lockout/limits.js';
import { Lockout } from '../../lockout/lockout.js';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { Failure } from '../failure.js';
import { isPending, type Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import { type PassportRegistry, type Strategy, type StrategyActions, unregistered } from '../strategy.js';
import { conclude, type Judge, outcomeBy, type Verdict, type VerifierFunction } from '../verifier.js';
import { type BasicCredentials, parseBasicCredentials, parseLatin1Credentials } from './basic.credentials.js';

/** Options of the Basic scheme. */
export interface BasicOptions {
  /**
   * The charset parameter of the challenge (RFC 7617 section 2.1). With `'UTF-8'` credentials must be UTF-8; with `null`
   * there is no such parameter, and credentials that are not UTF-8 are read as ISO-8859-1, for clients of old.
   *
   * @default 'UTF-8'
   */
  readonly charset?: 'UTF-8' | null;
  /**
   * How many passwords may be guessed before requests are refused with 429 (RFC 6585 section 4), unjudged. `false` limits
   * nothing.
   *
   * @default 10 failures of a user from an address, 100 from an address, 100 of a user, in 15 minutes, in memory
   */
  readonly limits?: LimitOptions | false;
}

const Base: new () => Strategy = PassportStrategy(PassportHttpBasicStrategy, 'basic');

/**
 * The Basic scheme (RFC 7617) as a Passport strategy. It keeps passport-http's contract, not its parser, which cuts a
 * password at its second colon, takes `NotBasic` for `Basic`, and refuses empty passwords.
 */
export class BasicStrategy<Principal = unknown> extends Base implements Judge<BasicCredentials, Principal> {
  override readonly name: string = 'basic';
  /** The auth-scheme. */
  readonly scheme = 'Basic';

  private readonly lockout: Lockout | undefined;
  private readonly parse: (field: string) => BasicCredentials | undefined;

  /** @throws AuthConfigurationError where the limits cannot be meant */
  constructor(
    private readonly verifier: VerifierFunction<BasicCredentials, Principal>,
    options: BasicOptions = {},
  ) {
    super();
    const { charset, limits } = options;
    const problem = limitsProblem(limits);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', `basic(): ${problem}`);
    this.parse = charset === null ? parseLatin1Credentials : parseBasicCredentials;
    this.lockout = limits === false ? undefined : new Lockout(limits);
  }

  /** Reads the `Authorization` field and ends in one of Passport's actions. */
  override authenticate(this: this & StrategyActions, request: HttpRequest): void {
    conclude(this, () => this.judge(request, authorizationOf(request)));
  }

  /**
   * Judges what the `Authorization` field says, without Passport's actions.
   *
   * @throws VerifierError where the verifier threw, unless that is a refusal
   */
  judge(request: HttpRequest, authorization: Authorization | undefined): Outcome | Promise<Outcome> {
    if (authorization?.scheme !== 'basic') return new Failure('missing', 'Basic');
    const credentials = authorization.parsedBy(this.parse);
    if (credentials === undefined) return new Failure('malformed', 'Basic');
    const { lockout } = this;
    if (lockout === undefined) return outcomeBy(this, credentials, request);
    const attempt = lockout.begin(credentials, request);
    return attempt instanceof Promise
      ? this.limitedAfter(lockout, attempt, credentials, request)
      : this.limited(lockout, attempt, credentials, request);
  }

  private async limitedAfter(
    lockout: Lockout,
    attempt: Promise<Attempt | Refusal>,
    credentials: BasicCredentials,
    request: HttpRequest,
  ): Promise<Outcome> {
    return this.limited(lockout, await attempt, credentials, request);
  }

  /** Asks where the limits allow it, and tells them what came of it. */
  private limited(
    lockout: Lockout,
    attempt: Attempt | Refusal,
    credentials: BasicCredentials,
    request: HttpRequest,
  ): Outcome | Promise<Outcome> {
    if (attempt instanceof Refusal) {
      const { status, retryAfter } = attempt;
      return new Failure('limited', 'Basic', status, { retryAfter });
    }
    let outcome: Outcome | Promise<Outcome> | undefined;
    try {
      outcome = outcomeBy(this, credentials, request);
    } finally {
      if (!isPending(outcome)) lockout.end(attempt, endingOf(outcome));
    }
    return isPending(outcome) ? this.ended(lockout, attempt, outcome) : outcome;
  }

  private async ended(lockout: Lockout, attempt: Attempt, pending: Promise<Outcome>): Promise<Outcome> {
    let outcome: Outcome | undefined;
    try {
      return (outcome = await pending);
    } finally {
      lockout.end(attempt, endingOf(outcome));
    }
  }

  /** Asks the verifier. A subclass may judge in its place. */
  validate(credentials: BasicCredentials, request: HttpRequest): Verdict<Principal> | Promise<Verdict<Principal>> {
    return this.verifier(credentials, request);
  }

  /** What no error may show: the password, and the field that it came in. */
  secrets({ password }: BasicCredentials, request: HttpRequest): readonly string[] {
    return [password, ...secretsOf(request)];
  }

  /** The module registers the strategy, in the Passport instance of its application. */
  getPassportInstance(): PassportRegistry {
    return unregistered;
  }
}

/** A verifier may refuse for other reasons than the password, or throw. */
function endingOf(outcome: Outcome | undefined): Ending {
  if (outcome === undefined) return 'neither';
  if (!(outcome instanceof Failure)) return 'success';
  return outcome.reason === 'invalid' ? 'failure' : 'neither';
}
