import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Exchange } from '../response/exchange.js';
import { Arrivals } from './arrivals.js';
import { Authenticator } from './authenticator.js';
import type { Policy } from './policy.js';
import { policyOfRequest, type ScopesFunction } from './request.scopes.js';

/**
 * Asks for credentials, as the policy of the route says. It puts the principal on `request.user`, and what admitted it on
 * `request.authInfo`. However often it stands on a route, it authenticates a request once.
 *
 * @throws UnauthorizedException where the request is refused, with the `Failure` as its cause
 * @throws BadRequestException where a Bearer request is malformed (RFC 6750 section 3.1), with the same
 * @throws ForbiddenException where good credentials lack a scope of the route (same section), with the same
 * @throws HttpException 429 where there were too many failures (RFC 6585 section 4), with the same
 */
@Injectable()
export class HttpAuthGuard implements CanActivate {
  constructor(
    private readonly arrivals: Arrivals,
    private readonly authenticator: Authenticator,
  ) {}

  /** Whether the request may reach the route: `true`, at once where the verifier answers at once; or it throws. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const arrival = this.arrivals.of(context);
    if (arrival === undefined) {
      if (this.arrivals.policyOf(context).access === 'public') return true;
      throw new NotHttpError(context);
    }
    const { policy, exchange, ready } = arrival;
    return ready === undefined ? this.admit(policy, exchange) : this.admitAfter(ready, policy, exchange);
  }

  private admit(policy: Policy, exchange: Exchange): true | Promise<true> {
    const admitted = this.authenticator.authenticate(policy, exchange);
    const { scopesOf } = policy;
    if (scopesOf === undefined) return admitted;
    return admitted === true
      ? this.hold(policy, scopesOf, exchange)
      : this.holdAfter(admitted, policy, scopesOf, exchange);
  }

  // Apart: a function that closes over something has that allocated by whoever makes it, whether there is anything to wait for or not.
  private async admitAfter(ready: Promise<void>, policy: Policy, exchange: Exchange): Promise<true> {
    await ready;
    return this.admit(policy, exchange);
  }

  private async holdAfter(
    admitted: Promise<true>,
    policy: Policy,
    scopesOf: ScopesFunction,
    exchange: Exchange,
  ): Promise<true> {
    await admitted;
    return this.hold(policy, scopesOf, exchange);
  }

  /** Holds a request that its route would let in to the scopes that it needs by itself. */
  private hold(policy: Policy, scopesOf: ScopesFunction, exchange: Exchange): true | Promise<true> {
    const narrowed = policyOfRequest(policy, scopesOf, exchange.request);
    exchange.enter(narrowed);
    return this.authenticator.authenticate(narrowed, exchange);
  }
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
