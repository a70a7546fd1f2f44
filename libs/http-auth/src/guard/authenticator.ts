import { STATUS_CODES } from 'node:http';
import { BadRequestException, HttpException, Logger, UnauthorizedException } from '@nestjs/common';
import { schemeOf } from '../http/credentials.js';
import type { AuthenticationFields } from '../http/fields.js';
import { countFieldLines, type HttpRequest, isPreflight } from '../http/request.js';
import type { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import type { Outcome } from '../schemes/outcome.js';
import { run } from '../schemes/strategy.runner.js';
import { VerifierError } from '../schemes/verifier.error.js';
import { isPromise } from '../schemes/verifier.js';
import { type AuthenticatedRequest, signIn } from './authenticated-request.js';
import type { Policy } from './policy.js';

/** Holds a request to a policy: picks the scheme that it names, has it judged, and signs its principal in. */
export class Authenticator {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly fields: AuthenticationFields,
    private readonly challenger: Challenger,
  ) {}

  /**
   * Whether the request may go on: `true`, at once where the verifier answers at once; or it throws.
   *
   * @throws HttpException 401 or 400 where the request is refused, 5xx where that could not be found out, and 204 where it
   * is a preflight, which has no credentials and must not be challenged
   */
  authenticate(policy: Policy, exchange: Exchange): true | Promise<true> {
    if (policy.access === 'public' || this.isAdmitted(policy, exchange)) return true;
    if (isPreflight(exchange.request)) {
      if (policy.preflight) return true;
      throw new HttpException('', 204);
    }
    exchange.judged = true;
    const request = this.withCredentials(exchange.request);
    const scheme = this.pick(policy, request);
    if (scheme instanceof Failure) {
      return (scheme.reason === 'missing' && policy.access === 'optional') || this.refuse(exchange, scheme);
    }
    const admit = (outcome: Outcome): true => {
      if (outcome instanceof Failure) return this.refuse(exchange, outcome);
      // No principal, no entry.
      if (!outcome.principal) return this.refuse(exchange, new Failure('invalid', scheme.name));
      const authInfo = { ...(outcome.info as object), scheme: scheme.name, realm: this.challenger.realmOf(exchange) };
      signIn(exchange.request, outcome.principal, authInfo);
      exchange.admittedBy = scheme;
      return true;
    };
    try {
      const outcome = scheme.judge?.(request) ?? run(scheme.strategy, scheme.name, request);
      return isPromise(outcome) ? outcome.then(admit).catch((error: unknown) => this.fault(error)) : admit(outcome);
    } catch (error) {
      return this.fault(error);
    }
  }

  /**
   * Whether one of the policy's schemes has admitted the request already, by another guard or ahead of its path. What it
   * has judged once need not be judged again; only the realm may be another one.
   */
  private isAdmitted({ schemes }: Policy, exchange: Exchange): boolean {
    const { admittedBy, request } = exchange;
    if (admittedBy === undefined || !schemes.includes(admittedBy)) return false;
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
  protected pick({ schemes }: Policy, request: HttpRequest): Scheme | Failure {
    const field = request.headers.authorization;
    if (field === undefined) {
      return schemes.find((scheme) => scheme.presents?.(request) === true) ?? new Failure('missing');
    }
    const name = schemeOf(field);
    if (name === undefined || countFieldLines(request, this.fields.credentials) > 1) return new Failure('malformed');
    return schemes.find((scheme) => scheme.name.toLowerCase() === name) ?? new Failure('invalid');
  }

  private refuse(exchange: Exchange, failure: Failure): never {
    exchange.failure = failure;
    const { status, reason } = this.fields;
    throw withoutStack(() => {
      if (failure.status === 400) {
        return new BadRequestException(undefined, { cause: failure, description: 'Bad Request' });
      }
      if (status === 401) return new UnauthorizedException(undefined, { cause: failure, description: reason });
      return new HttpException({ message: reason, statusCode: status }, status, { cause: failure });
    });
  }

  /** Tells the log what a verifier threw, and the client nothing but the status. */
  private fault(error: unknown): never {
    if (!(error instanceof VerifierError)) throw error;
    this.logger.error(error);
    const { status } = error;
    throw new HttpException({ message: STATUS_CODES[status], statusCode: status }, status, { cause: error });
  }
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
