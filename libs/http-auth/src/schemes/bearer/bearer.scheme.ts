import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import type { AuthParams } from '../../http/auth-param.js';
import type { Challenge } from '../../http/challenge.js';
import { schemeOf } from '../../http/credentials.js';
import type { HttpRequest } from '../../http/request.js';
import { type TokenLimitOptions, tokenLimitsProblem } from '../../limits/limit.options.js';
import { Limits } from '../../limits/limits.js';
import { admit, mergeInfo } from '../admission.js';
import { isOptIn, schemeProblem } from '../auth.scheme.js';
import { verifyBound } from '../bound.token.js';
import { bindsCertificate, CERTIFICATE_METADATA, CertificateCheck } from '../certificate.check.js';
import { type CertificateNeed, certificateProblem, type CertificateSource } from '../client.certificate.js';
import { boundFailure, type Confirmation } from '../confirmation.js';
import { decide } from '../decide.js';
import { Failure, type FailureReason } from '../failure.js';
import { hasFormToken } from '../form.token.js';
import type { Outcome } from '../outcome.js';
import { openApiProblem } from '../openapi.flows.js';
import type { OpenApiScheme, Scheme, SchemeDefinition, SchemeOptions } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { type Verifier, type VerifierFunction, verifierProblem } from '../verifier.js';
import { verifyWithin } from '../verify.within.js';
import { type BearerCredentials, parseBearerCredentials, parseFormToken } from './bearer.credentials.js';
import { type ChallengeParamsFunction, challengeParamsProblem, paramsOfRequest } from './challenge.params.js';

/** The auth-scheme (RFC 6750 section 2.1). */
const AUTH_SCHEME = 'Bearer';

/** Options of the Bearer scheme. */
export interface BearerOptions extends SchemeOptions {
  /**
   * If `true`, a client may also send the token as `access_token` in an `application/x-www-form-urlencoded` body (RFC 6750
   * section 2.2). This is for clients that cannot set the `Authorization` field.
   *
   * @default false
   */
  readonly formEncodedBody?: boolean;
  /**
   * The source of client certificates, for tokens that are bound to a certificate: `fromTls()` or `fromProxy(…)` of
   * `nestjs-http-auth/certificates` (RFC 8705 section 3).
   *
   * @default none: tokens that are bound to a certificate are refused
   */
  readonly certificate?: CertificateSource;
  /** The format of a token, e.g. `JWT`, as a hint for readers of the OpenAPI document. */
  readonly bearerFormat?: string;
  /**
   * The scheme in an OpenAPI document, e.g. `{ type: 'oauth2', flows }`, by which Swagger UI gets a token. It excludes `bearerFormat`.
   *
   * @default { type: 'http', scheme: 'bearer' }
   */
  readonly openapi?: OpenApiScheme;
  /**
   * Further params of the challenge, or a function of the request that returns them, e.g. the `service` and the `scope` of a container
   * registry. They replace the `scope` of `@Scopes()`. `realm` and `error` are not allowed.
   *
   * @default none
   */
  readonly challengeParams?: AuthParams | ChallengeParamsFunction;
  /**
   * How many failed attempts an address may have before the scheme responds with 429 and does not call the verifier.
   *
   * @default false: a random token cannot be guessed
   */
  readonly limits?: TokenLimitOptions | false;
}

/**
 * Creates the Bearer scheme: an access token with every request (RFC 6750). It never reads a token from the query string.
 *
 * @param verifier verifies `{ token }`: a function, or an injectable class with `verify()`
 * @example
 * bearer(async ({ token }) => sessions.find(token))
 */
// An application may state the principal, as in `bearer<User>(verifier)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function bearer<Principal = unknown, Request extends object = HttpRequest>(
  // Excluded from type inference, because a verifier may return principals of several types.
  verifier: Verifier<BearerCredentials, NoInfer<Principal>, Request>,
  options: BearerOptions = {},
): SchemeDefinition {
  return {
    name: options.name ?? AUTH_SCHEME,
    optIn: isOptIn(options),
    problem: () => optionsProblem(options) ?? verifierProblem('bearer()', verifier),
    bind: (container) => new BearerScheme(container.verifier(verifier) as VerifierFunction<BearerCredentials>, options),
  };
}

const NAMES: OptionNames<BearerOptions> = {
  name: true,
  optIn: true,
  formEncodedBody: true,
  certificate: true,
  bearerFormat: true,
  openapi: true,
  challengeParams: true,
  limits: true,
};

function optionsProblem(options: BearerOptions): string | undefined {
  const { certificate, bearerFormat, openapi, challengeParams, limits } = options;
  const problem =
    unknownOption(options, NAMES) ??
    schemeProblem(options) ??
    tokenLimitsProblem(limits) ??
    certificateProblem(certificate) ??
    openApiProblem(openapi) ??
    (openapi && bearerFormat !== undefined
      ? 'openapi and bearerFormat exclude each other; keep one of them'
      : undefined) ??
    (challengeParams === undefined || typeof challengeParams === 'function'
      ? undefined
      : challengeParamsProblem(challengeParams));
  return problem && `bearer(): ${problem}`;
}

/** The Bearer scheme of one application. */
export class BearerScheme implements Scheme {
  readonly name: string;
  readonly authScheme = AUTH_SCHEME;
  readonly oauth = true;
  // The form of a page has the token only if the page knows it.
  readonly ambient = false;
  readonly confirms: boolean;
  readonly needsCertificate: CertificateNeed | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly openapi: OpenApiScheme;
  private readonly formEncodedBody: boolean;
  private readonly challengeParams: AuthParams | ChallengeParamsFunction | undefined;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #limits: Limits | undefined;
  readonly #certificate: CertificateCheck | undefined;

  /** @throws AuthConfigurationError if an option is invalid */
  constructor(
    readonly verifier: VerifierFunction<BearerCredentials>,
    options: BearerOptions = {},
  ) {
    const problem = optionsProblem(options);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', problem);
    const { name = AUTH_SCHEME, formEncodedBody = false, certificate, bearerFormat } = options;
    const { openapi, challengeParams, limits } = options;
    this.name = name;
    this.#limits = limits ? new Limits(limits, name) : undefined;
    this.formEncodedBody = formEncodedBody;
    this.confirms = certificate !== undefined;
    // A certificate is the only binding that the scheme checks.
    this.needsCertificate = certificate && (certificate.required === true ? 'always' : 'constrained');
    this.#certificate = certificate && new CertificateCheck(AUTH_SCHEME, certificate);
    this.metadata = {
      bearer_methods_supported: formEncodedBody ? ['header', 'body'] : ['header'],
      ...(certificate !== undefined && CERTIFICATE_METADATA),
    };
    this.openapi = openapi ?? {
      type: 'http',
      scheme: 'bearer',
      ...(bearerFormat !== undefined && { bearerFormat }),
    };
    this.challengeParams = challengeParams;
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const field = request.headers.authorization;
    const inHeader = field !== undefined && schemeOf(field) === 'bearer';
    const inForm = this.presents(request);
    if (!inHeader && !inForm) return new Failure('missing', this.name);

    // A request that sends a token in more than one way is malformed (RFC 6750 section 3.1).
    if (inHeader && inForm) return new Failure('malformed', this.name, 400);
    const credentials = inHeader ? parseBearerCredentials(field) : parseFormToken(request);
    if (credentials === undefined) return new Failure('malformed', this.name, 400);
    const { token } = credentials;
    return verifyWithin(this.#limits, this.name, { username: '', password: token }, request, () =>
      decide({ scheme: this.name, secrets: () => [token], confirms: this.confirms }, () =>
        this.verify(credentials, request, context),
      ),
    );
  }

  /** @throws Error if the function of `challengeParams` threw, or returned invalid params */
  challenge(realm: string, failure: Failure | undefined, request: HttpRequest): Challenge {
    const challenge = bearerChallenge(realm, failure);
    const further = this.challengeParams;
    if (further === undefined) return challenge;
    const params = typeof further === 'function' ? paramsOfRequest(further, request) : further;
    return { ...challenge, params: { realm, ...params, ...challenge.params } };
  }

  dependsOnConnection(request: HttpRequest): boolean {
    return this.#certificate?.decides(request) === true;
  }

  /** Returns `true` if the scheme accepts tokens in a form-encoded body and the request has one. */
  presents(request: HttpRequest): boolean {
    return this.formEncodedBody && hasFormToken(request);
  }

  /** Verifies the token, and then if the client has the certificate that the token is bound to. */
  private async verify(
    credentials: BearerCredentials,
    request: HttpRequest,
    context: VerifierContext,
  ): Promise<unknown> {
    // Without the option `certificate`, the verifier learns from its context that bound tokens are refused.
    if (this.#certificate === undefined) return this.verifier(credentials, request, context);
    const bound = await verifyBound(this.name, this.verifier, credentials, request, context);
    if (bound instanceof Failure) return bound;
    const { admission, confirmations } = bound;
    if (!confirmations.every(isChecked)) return boundFailure(this.name);
    return (
      this.#certificate.failure(confirmations, request) ??
      admit(admission.principal, mergeInfo(admission.info, { confirmation: confirmations[0] }))
    );
  }
}

/**
 * Returns `true` if the scheme checks what the token is bound to. A token with the key of DPoP is refused, even if it is bound to a
 * certificate as well (RFC 9449 section 7.2). Other unknown members are ignored (RFC 7800 section 3.1).
 */
function isChecked(confirmation: Confirmation): boolean {
  return bindsCertificate(confirmation) && !Object.hasOwn(confirmation, 'jkt');
}

/** The errors of RFC 6750 section 3.1, for credentials that were refused. */
const ERRORS: Partial<Record<FailureReason, AuthParams>> = {
  malformed: { error: 'invalid_request' },
  invalid: { error: 'invalid_token' },
  insufficient: { error: 'insufficient_scope' },
};

/**
 * Returns the challenge of the Bearer scheme (RFC 6750 section 3.1). It has an `error` only if the request has a token:
 * - `invalid_request`: the request is malformed.
 * - `invalid_token`: the token was refused.
 * - `insufficient_scope`: the token does not have the scopes of the route.
 *
 * The params of the failure follow.
 */
export function bearerChallenge(realm: string, failure?: Failure): Challenge {
  const params = { realm, ...(failure && ERRORS[failure.reason]), ...failure?.details.params };
  const description: unknown = (params as AuthParams)['error_description'];
  if (typeof description !== 'string') return { scheme: AUTH_SCHEME, params };
  return { scheme: AUTH_SCHEME, params: { ...params, error_description: description.replace(NOT_DESCRIPTION, '?') } };
}

/** The characters that RFC 6750 section 3 does not allow in an `error_description`. */
const NOT_DESCRIPTION = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;
