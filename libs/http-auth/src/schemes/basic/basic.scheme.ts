import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import type { Challenge } from '../../http/challenge.js';
import { schemeOf } from '../../http/credentials.js';
import type { HttpRequest } from '../../http/request.js';
import { type LimitOptions, limitsProblem } from '../../limits/limit.options.js';
import { Limits } from '../../limits/limits.js';
import { isOptIn, schemeProblem } from '../auth.scheme.js';
import { decide } from '../decide.js';
import { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import type { Scheme, SchemeDefinition, SchemeOptions } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { type Verifier, type VerifierFunction, verifierProblem } from '../verifier.js';
import { verifyWithin } from '../verify.within.js';
import { type BasicCredentials, parseBasicCredentials, parseLatin1Credentials } from './basic.credentials.js';

/** The auth-scheme (RFC 7617 section 2). */
const AUTH_SCHEME = 'Basic';

/** Options of the Basic scheme. */
export interface BasicOptions extends SchemeOptions {
  /**
   * The `charset` parameter of the challenge (RFC 7617 section 2.1). With `'UTF-8'`, credentials must be UTF-8. With `null`,
   * the challenge has no such parameter, and credentials that are not UTF-8 are read as ISO-8859-1, for old clients.
   *
   * @default 'UTF-8'
   */
  readonly charset?: 'UTF-8' | null;
  /**
   * How many failed attempts are allowed before the scheme responds with 429 (RFC 6585 section 4) and does not call the
   * verifier. `false` disables the limits.
   *
   * @default 10 failures per user and address, 100 per address and 100 per user in 15 minutes, counted in memory
   */
  readonly limits?: LimitOptions | false;
}

/**
 * Creates the Basic scheme: a username and a password with every request (RFC 7617).
 *
 * @param verifier verifies `{ username, password }`: a function, or an injectable class with `verify()`
 * @example
 * basic(({ username, password }) => (username === 'alice' && password === secret ? { name: username } : null))
 */
// An application may state the principal, as in `basic<User>(verifier)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function basic<Principal = unknown, Request extends object = HttpRequest>(
  // Excluded from type inference, because a verifier may return principals of several types.
  verifier: Verifier<BasicCredentials, NoInfer<Principal>, Request>,
  options: BasicOptions = {},
): SchemeDefinition {
  return {
    name: options.name ?? AUTH_SCHEME,
    optIn: isOptIn(options),
    problem: () => optionsProblem(options) ?? verifierProblem('basic()', verifier),
    bind: (container) => new BasicScheme(container.verifier(verifier) as VerifierFunction<BasicCredentials>, options),
  };
}

const NAMES: OptionNames<BasicOptions> = { name: true, optIn: true, charset: true, limits: true };

function optionsProblem(options: BasicOptions): string | undefined {
  const { charset, limits } = options;
  if (charset !== undefined && charset !== null && charset !== 'UTF-8') {
    return "basic(): charset must be 'UTF-8', the only one defined (RFC 7617 section 2.1), or null for none";
  }
  const problem = unknownOption(options, NAMES) ?? schemeProblem(options) ?? limitsProblem(limits);
  return problem && `basic(): ${problem}`;
}

/** The Basic scheme of one application. */
export class BasicScheme implements Scheme {
  readonly name: string;
  readonly authScheme = AUTH_SCHEME;
  readonly prompts = true;
  private readonly charset: 'UTF-8' | null;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #limits: Limits | undefined;

  /** @throws AuthConfigurationError if an option is invalid */
  constructor(
    readonly verifier: VerifierFunction<BasicCredentials>,
    options: BasicOptions = {},
  ) {
    const problem = optionsProblem(options);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', problem);
    const { name = AUTH_SCHEME, charset = 'UTF-8', limits } = options;
    this.name = name;
    this.charset = charset;
    this.#limits = limits === false ? undefined : new Limits(limits);
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const field = request.headers.authorization;
    if (field === undefined || schemeOf(field) !== 'basic') return new Failure('missing', this.name);
    const credentials = this.charset === null ? parseLatin1Credentials(field) : parseBasicCredentials(field);
    if (credentials === undefined) return new Failure('malformed', this.name);
    const secrets = () => [credentials.password, ...secretsOf(request)];
    return verifyWithin(this.#limits, this.name, credentials, request, () =>
      decide({ scheme: this.name, secrets }, () => this.verifier(credentials, request, context)),
    );
  }

  challenge(realm: string): Challenge {
    return { scheme: AUTH_SCHEME, params: { realm, ...(this.charset !== null && { charset: this.charset }) } };
  }
}
