import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Authenticator } from './authenticator.js';
import { policyOfRequest } from './request.scopes.js';
import { RouteExchanges } from './route.exchanges.js';

/**
 * Authenticates requests by the policy of their route. It sets the principal on `request.user`, and the scheme, the realm and
 * the info of `admit()` on `request.authInfo`. If it runs several times on a route, it authenticates the request once.
 *
 * @throws UnauthorizedException if the request is refused; the `Failure` is its cause
 * @throws BadRequestException if a Bearer request is malformed (RFC 6750 section 3.1); the `Failure` is its cause
 * @throws ForbiddenException if the credentials lack a scope of the route (same section); the `Failure` is its cause
 * @throws HttpException 429 after too many failures (RFC 6585 section 4); the `Failure` is its cause
 */
@Injectable()
export class HttpAuthGuard implements CanActivate {
  constructor(
    private readonly exchanges: RouteExchanges,
    private readonly authenticator: Authenticator,
  ) {}

  /** Returns `true` if the request may reach the handler, and throws otherwise. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const entered = await this.exchanges.enter(context);
    if (entered === undefined) {
      if (this.exchanges.policyOf(context).access === 'public') return true;
      throw new NotHttpError(context);
    }
    const { policy, exchange } = entered;
    await this.authenticator.authenticate(policy, exchange);
    if (policy.scopesOf !== undefined) {
      // The scopes of the request are checked last, when the route would accept it.
      const narrowed = policyOfRequest(policy, policy.scopesOf, exchange.request);
      exchange.enter(narrowed);
      await this.authenticator.authenticate(narrowed, exchange);
    }
    return true;
  }
}

/** The guard runs on a message that is not an HTTP request, and cannot authenticate it. */
class NotHttpError extends Error {
  override readonly name = 'NotHttpError';

  constructor(context: ExecutionContext) {
    super(
      `${context.getClass().name}.${context.getHandler().name}(): HttpAuthGuard authenticates HTTP requests only, but the ` +
        `context is "${context.getType<string>()}"; authenticate in another way and mark the handler @Public()`,
    );
  }
}
