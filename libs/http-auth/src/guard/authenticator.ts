import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  Logger,
  UnauthorizedException,
} from '@nestjs/common';
import { AUTHENTICATION, type AuthenticationTime } from '../common/measure.js';
import { TIMEOUT, withinTime } from '../common/timeout.js';
import { type AuthenticationFields, FIELDS } from '../http/fields.js';
import { type HttpRequest, isGone, isPreflight } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import type { Authenticated, ConnectionSource, Exchange } from '../response/exchange.js';
import { noteResource } from '../response/resource.url.js';
import { exceptionWithStatus, setRetryAfter } from '../response/status.exception.js';
import { Admission } from '../schemes/admission.js';
import { authSchemeOf } from '../schemes/auth.scheme.js';
import { decide } from '../schemes/decide.js';
import { Failure } from '../schemes/failure.js';
import type { Outcome } from '../schemes/outcome.js';
import { secretsOf } from '../schemes/redact.js';
import type { Scheme } from '../schemes/scheme.js';
import { tooLate } from '../schemes/unavailable.exception.js';
import type { VerifierContext } from '../schemes/verifier.context.js';
import { VerifierError } from '../schemes/verifier.error.js';
import { withoutStack } from '../schemes/without.stack.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { connectionSourceOf, originFailure } from './ambient.js';
import { EventReporter } from './event.reporter.js';
import { isAnonymous } from './optional.js';
import { pick } from './pick.js';
import type { Policy } from './policy.js';
import { policyOfRequest, type ScopesFunction } from './request.scopes.js';
import { shortfallOf } from './shortfall.js';
import { Fault, type Outcomes, type PolicyResult } from './policy.result.js';

/** Applies a policy to a request: picks the scheme that the request names, calls it, and sets the principal. */
@Injectable()
export class Authenticator {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    @Inject(FIELDS) private readonly fields: AuthenticationFields,
    private readonly challenger: Challenger,
    private readonly reporter: EventReporter,
    /** The milliseconds that a scheme may take. */
    @Inject(TIMEOUT) private readonly timeout: number,
  ) {}

  /**
   * Returns if the request satisfies the policy, and throws otherwise.
   *
   * @param isLast if `false`, the request must satisfy another policy as well, and only the last one reports that it is accepted
   * @throws HttpException 401, 400, 403 or 429 if the request is refused; 5xx if the scheme failed
   * @throws HttpException 204 if the request is a preflight, which has no credentials and must not be challenged
   */
  async authenticate(policy: Policy, exchange: Exchange, isLast = true): Promise<void> {
    if (policy.access !== 'public' && isPreflight(exchange.request)) {
      if (policy.preflight) return;
      throw new HttpException('', 204);
    }
    this.settle(policy, exchange, await this.examine(policy, exchange), isLast);
  }

  /**
   * Returns the result of a policy for a request. It does not set the principal, and does not report an event.
   *
   * If the request opens a connection, the `Origin` is checked here, because only here is it certain which scheme counts.
   *
   * @param outcomes if several policies apply to one request, the same map for all, so each scheme verifies the request once
   */
  async examine(policy: Policy, exchange: Exchange, outcomes?: Outcomes): Promise<PolicyResult> {
    const connection = connectionSourceOf(policy, exchange);
    // The principal of a protected path reaches an open gateway, too.
    if (policy.access === 'public') return earlierFailure(connection, exchange);
    const { authenticated, resource } = exchange;
    // Credentials that are valid for one resource or realm may be invalid for another one.
    const counts = authenticated?.resource === resource && this.isOfRealm(exchange, authenticated?.admission);
    if (authenticated !== undefined && counts && accepts(policy, authenticated.scheme) && isOfMethod(exchange)) {
      return earlierFailure(connection, exchange) ?? sufficient(policy, exchange, authenticated);
    }
    exchange.seek(policy.schemes);
    const request = this.withCredentials(exchange.request);
    const scheme = this.pick(policy, request);
    if (scheme instanceof Failure) return refusal(policy, exchange, scheme);
    const forbidden = connection && reading(scheme, exchange, () => originFailure(scheme, connection, exchange));
    if (forbidden !== undefined) return forbidden;
    noteResource(request, resource);
    const started = outcomes?.get(scheme) ?? this.outcomeOf(scheme, request, this.contextOf(policy, exchange, scheme));
    outcomes?.set(scheme, started);
    let outcome: Outcome;
    try {
      outcome = await started;
    } catch (error) {
      return new Fault(scheme.name, error);
    }
    if (outcome instanceof Failure) return refusal(policy, exchange, outcome);
    const { method } = request;
    const admitted = { scheme, admission: outcome, resource, method, origins: connection?.origins };
    return reading(scheme, exchange, () =>
      this.isOfRealm(exchange, admitted.admission)
        ? sufficient(policy, exchange, admitted)
        : refusal(policy, exchange, new Failure('invalid', scheme.name, 401, { message: OTHER_REALM })),
    );
  }

  /**
   * Carries out a result: sets the principal on the request, or throws. It reports the event.
   *
   * @param isLast if `false`, only a refusal is reported yet
   * @throws HttpException 401, 400, 403 or 429 if the request is refused; 5xx if the scheme failed
   */
  settle(policy: Policy, exchange: Exchange, result: PolicyResult, isLast = true): void {
    if (result instanceof Failure) return this.refuse(policy, exchange, result);
    if (result instanceof Fault) return this.fault(policy, exchange, result);
    if (result !== undefined) this.accept(policy, exchange, result);
    const { accepted } = exchange;
    if (!isLast || accepted === undefined) return;
    exchange.accepted = undefined;
    this.reporter.authenticated(policy, exchange, accepted);
  }

  /**
   * Like {@link authenticate}, for the policy of a route that the request has reached. The scopes that depend on the request are
   * checked last, when the route would accept it.
   */
  async authenticateRoute(policy: Policy, exchange: Exchange): Promise<void> {
    const { scopesOf } = policy;
    await this.authenticate(policy, exchange, scopesOf === undefined);
    if (scopesOf === undefined) return;
    const narrowed = this.narrowed(policy, scopesOf, exchange);
    exchange.enter(narrowed);
    await this.authenticate(narrowed, exchange);
  }

  /** Returns the policy of one request. The function of the application may read the principal, and may throw. */
  private narrowed(policy: Policy, scopesOf: ScopesFunction, exchange: Exchange): Policy {
    try {
      return policyOfRequest(policy, scopesOf, exchange.request);
    } catch (error) {
      const scheme = exchange.authenticated?.scheme.name ?? '';
      exchange.accepted = undefined;
      if (!(error instanceof HttpException)) this.reporter.failed(policy, exchange, scheme, 500);
      // Its message is not in the event, because the function may have put credentials into it.
      else this.reporter.refused(policy, exchange, new Failure('forbidden', scheme, 403), error.getStatus());
      throw error;
    }
  }

  /** Returns `true` if credentials are valid in the realm of the request. */
  private isOfRealm(exchange: Exchange, admission: Admission<unknown> | undefined): boolean {
    const { boundRealm } = admission?.info ?? {};
    return boundRealm === undefined || boundRealm === this.reporter.realmOf(exchange);
  }

  /** Calls the scheme. Its result is checked again, because an application may write a scheme itself. */
  private outcomeOf(scheme: Scheme, request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const secrets = () => secretsFor(scheme, request);
    const call = () =>
      decide({ scheme: scheme.name, secrets, confirms: scheme.confirms === true }, async () => {
        const outcome: unknown = await withinTime(
          Promise.resolve(scheme.authenticate(request, context)),
          this.timeout,
          tooLate,
        );
        if (!outcome || outcome instanceof Admission || outcome instanceof Failure) return outcome;
        throw new TypeError(`${scheme.name}: authenticate() must return admit(principal, info) or a Failure`);
      });
    return AUTHENTICATION.time(call, (result, seconds) => ({
      by: this,
      scheme: scheme.name,
      type: typeOf(result),
      seconds,
    }));
  }

  /**
   * Sets the principal on the request. If another guard or a protected path has done that before, the realm of this policy may
   * be another one.
   */
  private accept(policy: Policy, exchange: Exchange, authenticated: Authenticated): void {
    const { scheme, admission } = authenticated;
    const realm = this.realmOf(policy, exchange, scheme);
    const request = exchange.request as Partial<AuthenticatedRequest>;
    // After another scheme, the principal is another one. After the same, the application may have replaced it since.
    const again = exchange.authenticated === authenticated;
    const info = reading(scheme, exchange, () => ({ ...admission.info, ...(again && request.authInfo) }));
    if (info instanceof Fault) return this.fault(policy, exchange, info);
    request.user = again ? (request.user ?? admission.principal) : admission.principal;
    request.authInfo = { ...info, scheme: scheme.name, realm };
    exchange.authenticated = authenticated;
    // On Fastify, the front door has another request than the handler.
    noteResource(request, authenticated.resource);
    if (again) return;
    exchange.accepted = authenticated;
    setHeaders(exchange, scheme);
  }

  private realmOf(policy: Policy, exchange: Exchange, { name }: Scheme): string {
    try {
      return this.challenger.realmOf(exchange);
    } catch (error) {
      this.reporter.failed(policy, exchange, name, 500);
      throw error;
    }
  }

  /** Returns the request with its credentials in `Authorization`. If we are a proxy, they come in another field. */
  private withCredentials(request: HttpRequest): HttpRequest {
    const { credentials } = this.fields;
    if (credentials === 'authorization') return request;
    const { authorization: _, ...headers } = request.headers;
    const field = request.headers[credentials];
    const value = field === undefined ? headers : { ...headers, authorization: field };
    return Object.create(request, { headers: { value } }) as HttpRequest;
  }

  /** Returns the scheme that the request names, or the failure if the route does not accept such a scheme. */
  protected pick(policy: Policy, request: HttpRequest): Scheme | Failure {
    return pick(policy, request, this.fields.credentials);
  }

  private contextOf(policy: Policy, exchange: Exchange, { name }: Scheme): VerifierContext {
    const { route, target, access, scopes } = policy;
    return {
      scheme: name,
      route,
      controller: target?.controller,
      handler: target?.handler,
      required: access === 'required',
      scopes: scopes?.names ?? [],
      realm: this.reporter.realmOf(exchange),
    };
  }

  private refuse(policy: Policy, exchange: Exchange, failure: Failure): never {
    exchange.failure = failure;
    exchange.accepted = undefined;
    setRetryAfter(exchange.response, failure.details.retryAfter);
    const exception = withoutStack(() => this.exceptionOf(failure));
    this.reporter.refused(policy, exchange, failure, exception.getStatus());
    throw exception;
  }

  private exceptionOf(failure: Failure): HttpException {
    const { status, details } = failure;
    const cause = failure;
    if (status === 400) return new BadRequestException(details.body, { cause, description: 'Bad Request' });
    if (status === 403) return new ForbiddenException(details.body, { cause, description: 'Forbidden' });
    if (status !== 401) return exceptionWithStatus(status, failure);
    if (this.fields.status !== 401) return exceptionWithStatus(this.fields.status, failure);
    return new UnauthorizedException(details.body, { cause, description: 'Unauthorized' });
  }

  /** Rethrows a 4xx of the verifier. Logs any other error and throws a 5xx that does not contain its message. */
  private fault(policy: Policy, exchange: Exchange, { scheme: name, error }: Fault): never {
    exchange.accepted = undefined;
    if (error instanceof HttpException) {
      this.reporter.refused(
        policy,
        exchange,
        new Failure('forbidden', name, 403, { message: error.message }),
        error.getStatus(),
      );
      throw error;
    }
    const verifierError = error instanceof VerifierError ? error : new VerifierError(name, new Error('unknown'), []);
    const { status, retryAfter } = verifierError;
    this.reporter.failed(policy, exchange, name, status);
    if (!isGone(exchange.request)) this.logger.error(verifierError);
    setRetryAfter(exchange.response, retryAfter);
    throw exceptionWithStatus(status, verifierError);
  }
}

const OTHER_REALM = 'The credentials belong to another realm';

/** Returns the type of the event for the result of a scheme. */
function typeOf(result: PromiseSettledResult<Outcome>): AuthenticationTime['type'] {
  if (result.status === 'rejected') return result.reason instanceof HttpException ? 'refused' : 'error';
  if (!(result.value instanceof Failure)) return 'authenticated';
  return result.value.reason === 'limited' ? 'locked' : 'refused';
}

/** Returns the failure if the scheme that has authenticated a connection before must not, for a policy with other origins. */
function earlierFailure(connection: ConnectionSource | undefined, exchange: Exchange): Failure | Fault | undefined {
  const { authenticated } = exchange;
  if (connection === undefined || authenticated === undefined || authenticated.origins === connection.origins) {
    return undefined;
  }
  return reading(authenticated.scheme, exchange, () => originFailure(authenticated.scheme, connection, exchange));
}

/** Returns the result of a policy for valid credentials, which may not be enough for it. */
function sufficient(policy: Policy, exchange: Exchange, authenticated: Authenticated): Authenticated | Failure | Fault {
  const { scheme, admission } = authenticated;
  const shortfall = reading(scheme, exchange, () => shortfallOf(policy, admission, scheme.name));
  if (shortfall === undefined) return authenticated;
  if (shortfall instanceof Failure) exchange.insufficient = authenticated;
  return shortfall;
}

/**
 * Reads what the application has returned. A getter may throw anything, e.g. an `HttpException` that quotes the credentials, and the client
 * must not get that.
 */
function reading<T>(scheme: Scheme, { request }: Exchange, read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    return new Fault(
      scheme.name,
      VerifierError.of(scheme.name, error, () => secretsFor(scheme, request)),
    );
  }
}

/** Returns the strings of a request that no error, log or event may contain. */
function secretsFor(scheme: Scheme, request: HttpRequest): readonly string[] {
  return [...secretsOf(request), ...(scheme.secrets?.(request) ?? [])];
}

/**
 * Returns `false` if the method has changed since a protected path accepted the credentials. A middleware may turn a GET into a DELETE.
 * A page of another site may not send a DELETE, and a proof of DPoP or a response of Digest for the GET does not cover it.
 */
function isOfMethod({ authenticated, request }: Exchange): boolean {
  return authenticated?.method === request.method;
}

/**
 * Returns the result for credentials that are missing or refused. Credentials may also be missing for the verifier, e.g. if a session has
 * no user: it returns `new Failure('missing')`.
 */
function refusal(policy: Policy, exchange: Exchange, failure: Failure): Failure | undefined {
  return isAnonymous(policy, failure) ? failureOfAnonymous(exchange) : failure;
}

/** Refuses an anonymous request on an optional route if a protected path has accepted credentials that the route does not. */
function failureOfAnonymous({ authenticated }: Exchange): Failure | undefined {
  return authenticated && new Failure('invalid', authenticated.scheme.name);
}

/** Returns `true` if the policy accepts a scheme that has authenticated the request before. */
function accepts({ byAuthScheme }: Policy, scheme: Scheme): boolean {
  return byAuthScheme.get(authSchemeOf(scheme))?.name === scheme.name;
}

/** Sets the fields of a scheme. */
function setHeaders({ response }: Exchange, { responseHeaders = {} }: Scheme): void {
  // A connection has one response, which was sent before its messages.
  if (response.headersSent) return;
  for (const [name, value] of Object.entries(responseHeaders)) response.setHeader(name, value);
}
