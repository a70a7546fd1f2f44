import { STATUS_CODES } from 'node:http';
import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
  HttpException,
  Injectable,
  Logger,
  UnauthorizedException,
} from '@nestjs/common';
import { schemeOf } from '../http/credentials.js';
import { countAuthorization, type HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { type Outcome, run } from '../schemes/strategy.runner.js';
import { VerifierError } from '../schemes/verifier.error.js';
import { isPromise } from '../schemes/verifier.js';
import { type Arrival, Arrivals } from './arrivals.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import type { Policy } from './policy.js';

/**
 * Asks for credentials, as the policy of the route says. It puts the principal on `request.user`, and what admitted it on
 * `request.authInfo`. However often it stands on a route, it authenticates a request once.
 *
 * @throws UnauthorizedException where the request is refused, with the `Failure` as its cause
 * @throws BadRequestException where a Bearer request is malformed (RFC 6750 section 3.1), with the same
 */
@Injectable()
export class HttpAuthGuard implements CanActivate {
  private readonly logger = new Logger(HttpAuthGuard.name);

  constructor(
    private readonly arrivals: Arrivals,
    private readonly challenger: Challenger,
  ) {}

  /** Whether the request may reach the route: `true`, at once where the verifier answers at once; or it throws. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const arrival = this.arrivals.of(context);
    if (arrival === undefined) {
      if (this.arrivals.policyOf(context).access === 'public') return true;
      throw new NotHttpError(context);
    }
    return arrival.ready?.then(() => this.judge(arrival)) ?? this.judge(arrival);
  }

  private judge({ policy, exchange, request }: Arrival): boolean | Promise<boolean> {
    if (policy.access === 'public' || exchange.satisfied === policy) return true;
    const scheme = pick(policy, request);
    if (scheme instanceof Failure) {
      return (scheme.reason === 'missing' && policy.access === 'optional') || refuse(exchange, scheme);
    }
    const admit = (outcome: Outcome): true => {
      if (outcome instanceof Failure) return refuse(exchange, outcome);
      const { principal, info } = outcome;
      const authInfo = { ...(info as object), scheme: scheme.name, realm: this.challenger.realmOf(exchange, request) };
      Object.assign(request, { user: principal, authInfo } satisfies Partial<AuthenticatedRequest>);
      exchange.satisfied = policy;
      return true;
    };
    try {
      const outcome = run(scheme.strategy, scheme.name, request);
      return isPromise(outcome) ? outcome.then(admit).catch((error: unknown) => this.fault(error)) : admit(outcome);
    } catch (error) {
      return this.fault(error);
    }
  }

  /** Tells the log what a verifier threw, and the client nothing but the status. */
  private fault(error: unknown): never {
    if (!(error instanceof VerifierError)) throw error;
    this.logger.error(error);
    const { status } = error;
    throw new HttpException({ message: STATUS_CODES[status], statusCode: status }, status, { cause: error });
  }
}

/** The scheme that must judge the request, or why none can. */
function pick({ schemes }: Policy, request: HttpRequest): Scheme | Failure {
  const field = request.headers.authorization;
  if (field === undefined) {
    return schemes.find((scheme) => scheme.presents?.(request) === true) ?? new Failure('missing');
  }
  const name = schemeOf(field);
  if (name === undefined || countAuthorization(request) > 1) return new Failure('malformed');
  return schemes.find((scheme) => scheme.name.toLowerCase() === name) ?? new Failure('invalid');
}

function refuse(exchange: Exchange, failure: Failure): never {
  exchange.failure = failure;
  throw failure.status === 400
    ? new BadRequestException(undefined, { cause: failure, description: 'Bad Request' })
    : new UnauthorizedException(undefined, { cause: failure, description: 'Unauthorized' });
}

/** The guard was reached by something that is not an HTTP request, and cannot judge it. */
class NotHttpError extends Error {
  override readonly name = 'NotHttpError';

  constructor(context: ExecutionContext) {
    super(
      `HttpAuthGuard authenticates HTTP requests only, and a "${context.getType<string>()}" context reached ` +
        `${context.getClass().name}.${context.getHandler().name}(): authenticate there by other means, and mark it @Public()`,
    );
  }
}
