import { STATUS_CODES } from 'node:http';
import { BadRequestException, ForbiddenException, HttpException, Logger, UnauthorizedException } from '@nestjs/common';
import { type Authorization, authorizationOf } from '../http/authorization.js';
import type { AuthenticationFields } from '../http/fields.js';
import { countFieldLines, type HttpRequest, isPreflight } from '../http/request.js';
import type { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { isPending, type Outcome } from '../schemes/outcome.js';
import { run } from '../schemes/strategy.runner.js';
import { VerifierError } from '../schemes/verifier.error.js';
import type { Announcer } from './announcer.js';
import { type AuthenticatedRequest, signIn } from './authenticated-request.js';
import type { Policy } from './policy.js';
import { shortfallOf } from './shortfall.js';

/** Holds a request to a policy: picks the scheme that it names, has it judged, and signs its principal in. */
export class Authenticator {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly fields: AuthenticationFields,
    private readonly challenger: Challenger,
    private readonly announcer: Announcer,
  ) {}

  /**
   * Whether the request may go on: `true`, at once where the verifier answers at once; or it throws.
   *
   * @throws HttpException 401, 400, 403 or 429 where the request is refused, 5xx where that could not be found out, and 204 where it
   * is a preflight, which has no credentials and must not be challenged
   */
  authenticate(policy: Policy, exchange: Exchange): true | Promise<true> {
    if (policy.access === 'public' || this.wasAdmitted(policy, exchange)) return true;
    if (isPreflight(exchange.request)) {
      if (policy.preflight) return true;
      throw new HttpException('', 204);
    }
    exchange.judged = true;
    const request = this.withCredentials(exchange.request);
    const authorization = authorizationOf(request);
    const scheme = this.pick(policy, request, authorization);
    if (scheme instanceof Failure) {
      return (scheme.reason === 'missing' && policy.access === 'optional') || this.refuse(policy, exchange, scheme);
    }
    try {
      const outcome = scheme.judge?.(request, authorization) ?? run(scheme.strategy, scheme.name, request);
      return isPending(outcome)
        ? this.settle(policy, exchange, scheme, outcome)
        : this.admit(policy, exchange, scheme, outcome);
    } catch (error) {
      return this.fault(policy, exchange, scheme, error);
    }
  }

  private async settle(policy: Policy, exchange: Exchange, scheme: Scheme, outcome: Promise<Outcome>): Promise<true> {
    try {
      return this.admit(policy, exchange, scheme, await outcome);
    } catch (error) {
      return this.fault(policy, exchange, scheme, error);
    }
  }

  /** Signs a principal in whose credentials are enough for the route. */
  private admit(policy: Policy, exchange: Exchange, scheme: Scheme, outcome: Outcome): true {
    if (outcome instanceof Failure) return this.refuse(policy, exchange, outcome);
    // No principal, no entry.
    if (!outcome.principal) return this.refuse(policy, exchange, new Failure('invalid', scheme.name));
    const shortfall = shortfallOf(policy, outcome, scheme.name);
    if (shortfall !== undefined) return this.refuse(policy, exchange, shortfall);
    const { name } = scheme;
    const realm = this.challenger.realmOf(exchange);
    const authInfo = outcome.info ? { ...outcome.info, scheme: name, realm } : { scheme: name, realm };
    signIn(exchange.request, outcome.principal, authInfo);
    exchange.admittedBy = scheme;
    exchange.success = outcome;
    this.announcer.admitted(policy, exchange, name);
    return true;
  }

  /**
   * Whether one of the policy's schemes has admitted the request already, by another guard or ahead of its path. What it
   * has judged once need not be judged again; but the realm may be another one, and other scopes may be needed.
   */
  private wasAdmitted(policy: Policy, exchange: Exchange): boolean {
    const { admittedBy, success, request } = exchange;
    if (admittedBy === undefined || success === undefined || !policy.schemes.includes(admittedBy)) return false;
    const shortfall = shortfallOf(policy, success, admittedBy.name);
    if (shortfall !== undefined) return this.refuse(policy, exchange, shortfall);
    const { user, authInfo } = request as AuthenticatedRequest;
    signIn(request, user, { ...authInfo, realm: this.challenger.realmOf(exchange) });
    return true;
  }

  /** The request with its credentials where strategies look for them, which do not know of proxies. */
  private withCredentials(request: HttpRequest): HttpRequest {
    const { credentials } = this.fields;
    if (credentials === 'authorization') return request;
    const { authorization: _, ...headers } = request.headers;
    const field = request.headers[credentials];
    const value = field === undefined ? headers : { ...headers, authorization: field };
    return Object.create(request, { headers: { value } }) as HttpRequest;
  }

  /** The scheme that must judge the request, or why none can. */
  protected pick(
    { schemes, byName }: Policy,
    request: HttpRequest,
    authorization: Authorization | undefined,
  ): Scheme | Failure {
    if (authorization === undefined) return presented(schemes, request) ?? new Failure('missing');
    const named = authorization.scheme;
    if (named === undefined || countFieldLines(request, this.fields.credentials) > 1) return new Failure('malformed');
    return byName.get(named) ?? new Failure('invalid');
  }

  private refuse(policy: Policy, exchange: Exchange, failure: Failure): never {
    exchange.failure = failure;
    retryAfter(exchange, failure.details.retryAfter);
    const exception = withoutStack(() => this.exceptionOf(failure));
    this.announcer.refused(policy, exchange, failure, exception.getStatus());
    throw exception;
  }

  private exceptionOf(failure: Failure): HttpException {
    if (failure.status === 400) {
      return new BadRequestException(undefined, { cause: failure, description: 'Bad Request' });
    }
    if (failure.status === 403) return new ForbiddenException(undefined, { cause: failure, description: 'Forbidden' });
    const status = failure.status === 401 ? this.fields.status : failure.status;
    if (status === 401) return new UnauthorizedException(undefined, { cause: failure, description: 'Unauthorized' });
    return new HttpException({ message: STATUS_CODES[status], statusCode: status }, status, { cause: failure });
  }

  /** Tells the log what a verifier threw, and the client nothing but the status. */
  private fault(policy: Policy, exchange: Exchange, { name }: Scheme, error: unknown): never {
    // Refusals come here too.
    if (error instanceof HttpException) throw error;
    const status = error instanceof VerifierError ? error.status : 500;
    this.announcer.failed(policy, exchange, name, status);
    if (!(error instanceof VerifierError)) throw error;
    this.logger.error(error);
    retryAfter(exchange, error.retryAfter);
    throw new HttpException({ message: STATUS_CODES[status], statusCode: status }, status, { cause: error });
  }
}

/** The first scheme whose credentials the request carries elsewhere than in the `Authorization` field. */
function presented(schemes: readonly Scheme[], request: HttpRequest): Scheme | undefined {
  return schemes.find((scheme) => scheme.presents?.(request) === true);
}

/** Says when it is worth trying again (RFC 9110 section 10.2.3). */
function retryAfter({ response }: Exchange, seconds: number | undefined): void {
  if (seconds !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(seconds))));
}

/** A refusal is no mistake in the code: where it was made says nothing, and finding that out costs more than all the rest. */
function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  // Not by assignment, which throws where the intrinsics are frozen: the exception then has its stack.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
