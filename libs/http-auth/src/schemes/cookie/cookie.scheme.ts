import type { Challenge } from '../../http/challenge.js';
import { schemeOf } from '../../http/credentials.js';
import { isFromOtherSite, type Origins } from '../../http/origin.js';
import type { HttpRequest } from '../../http/request.js';
import { Limits } from '../../limits/limits.js';
import { isOptIn } from '../auth.scheme.js';
import { decide } from '../decide.js';
import { Failure } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import type { OpenApiScheme, Scheme, SchemeDefinition } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { type Verifier, type VerifierFunction, verifierProblem } from '../verifier.js';
import { verifyWithin } from '../verify.within.js';
import { type CookieCredentials, cookiesOf, parseCookie, secretsOfCookie } from './cookie.credentials.js';
import { type CookieOptions, optionsProblem } from './cookie.options.js';
import { isUnsafe } from './unsafe.request.js';

/** The auth-scheme of the challenge (draft-broyer-http-cookie-auth-00, expired). No scheme for cookies is registered. */
const AUTH_SCHEME = 'Cookie';

/**
 * Creates a scheme for sessions and tokens in a cookie. Browsers send a cookie with the requests of every page, so an unsafe request gets
 * 403 if a page of another site has sent it (CSRF).
 *
 * @param verifier verifies `{ token }`, the value of the cookie: `jwt(…)`, `tokens(find)`, another function, or an injectable class with
 * `verify()`
 * @example
 * cookie(({ token }) => sessions.find(token), { name: '__Host-sid' })
 */
// An application may state the principal, as in `cookie<User>(verifier, options)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function cookie<Principal = unknown, Request extends object = HttpRequest>(
  // Excluded from type inference, because a verifier may return principals of several types.
  verifier: Verifier<CookieCredentials, NoInfer<Principal>, Request>,
  options: CookieOptions,
): SchemeDefinition {
  const { scheme, optIn } = (options as CookieOptions | undefined) ?? {};
  return {
    name: scheme ?? AUTH_SCHEME,
    optIn: isOptIn({ ...(scheme !== undefined && { name: scheme }), ...(optIn !== undefined && { optIn }) }),
    problem: () => optionsProblem(options) ?? verifierProblem('cookie()', verifier),
    bind: (container) => new CookieScheme(container.verifier(verifier) as VerifierFunction<CookieCredentials>, options),
  };
}

/** A cookie of one application. */
class CookieScheme implements Scheme {
  readonly name: string;
  readonly openapi: OpenApiScheme;
  readonly ambient = true;
  readonly challengesAlone = true;
  readonly fields = ['cookie'];
  private readonly cookie: string;
  private readonly origins: Origins | undefined;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #limits: Limits | undefined;

  constructor(
    private readonly verifier: VerifierFunction<CookieCredentials>,
    { name, scheme = AUTH_SCHEME, origins = 'same', allowCrossSite = false, limits }: CookieOptions,
  ) {
    this.name = scheme;
    this.cookie = name;
    this.origins = allowCrossSite ? undefined : origins;
    this.openapi = { type: 'apiKey', in: 'cookie', name };
    this.#limits = limits ? new Limits(limits, scheme) : undefined;
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    if (!this.presents(request)) return new Failure('missing', this.name);
    // Before the verifier is called, so that another site cannot change anything, and cannot guess values.
    if (this.origins !== undefined && isUnsafe(request) && isFromOtherSite(request, this.origins)) {
      return new Failure('forbidden', this.name, 403, { message: 'The request comes from a page of another site' });
    }
    const credentials = this.namesItself(request) ? undefined : parseCookie(request, this.cookie);
    if (credentials === undefined) return new Failure('malformed', this.name);
    const secrets = () => [...this.secrets(request), ...secretsOf(request)];
    return verifyWithin(this.#limits, this.name, { username: '', password: credentials.token }, request, () =>
      decide({ scheme: this.name, secrets }, () => this.verifier(credentials, request, context)),
    );
  }

  /** The draft also has `form-action`. It is missing, because the scheme does not know the login form. */
  challenge(realm: string): Challenge {
    return { scheme: AUTH_SCHEME, params: { realm, 'cookie-name': this.cookie } };
  }

  /** Returns `true` if the request has the cookie, even if it is malformed. */
  presents(request: HttpRequest): boolean {
    return cookiesOf(request, this.cookie).length > 0;
  }

  /** Returns the values of the cookie in every form, which no log, error or event may contain. */
  secrets(request: HttpRequest): readonly string[] {
    return cookiesOf(request, this.cookie).flatMap(secretsOfCookie);
  }

  /** Returns `true` if the `Authorization` field names this scheme, which has no credentials there. */
  private namesItself({ headers: { authorization } }: HttpRequest): boolean {
    return authorization !== undefined && schemeOf(authorization) === this.name.toLowerCase();
  }
}
