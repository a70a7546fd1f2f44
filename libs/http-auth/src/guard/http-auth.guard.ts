import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  InternalServerErrorException,
  Logger,
} from '@nestjs/common';
import { Authenticator } from './authenticator.js';
import { RouteExchanges } from './route.exchanges.js';
import { Transports } from './transport.js';

/**
 * Authenticates requests by the policy of their route. It sets the principal on `request.user`, and the scheme, the realm and
 * the info of `admit()` on `request.authInfo`. If it runs several times on a route, it authenticates the request once.
 *
 * It runs on the handlers of other transports too, if their module is imported: `nestjs-http-auth/graphql`, `/websockets`, `/rpc`.
 *
 * @throws UnauthorizedException if the request is refused; the `Failure` is its cause
 * @throws BadRequestException if a Bearer request is malformed (RFC 6750 section 3.1); the `Failure` is its cause
 * @throws ForbiddenException if the credentials lack a scope of the route (same section), or the principal a role; the `Failure` is its cause
 * @throws HttpException 429 after too many failures (RFC 6585 section 4); the `Failure` is its cause
 */
@Injectable()
export class HttpAuthGuard implements CanActivate {
  private readonly logger = new Logger('HttpAuthGuard');

  /** @internal Nest creates the instance. */
  constructor(
    private readonly exchanges: RouteExchanges,
    private readonly authenticator: Authenticator,
    private readonly transports: Transports,
  ) {}

  /** Returns `true` if the request may reach the handler, and throws otherwise. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const transport = this.transports.of(context.getType());
    if (transport !== undefined) return transport.canActivate(context);
    const entered = await this.exchanges.enter(context);
    if (entered === undefined) {
      if (this.exchanges.policyOf(context).access === 'public') return true;
      this.logger.error(new NotHttpError(context));
      // GraphQL sends the message of an error to the client, so the client does not get ours.
      throw new InternalServerErrorException();
    }
    await this.authenticator.authenticateRoute(entered.policy, entered.exchange);
    return true;
  }
}

/** Returns `true` if a guard is `HttpAuthGuard` or extends it. It may be an instance or a class. */
export function isHttpAuthGuard(guard: unknown): boolean {
  return guard instanceof HttpAuthGuard || guard === HttpAuthGuard || HttpAuthGuard.isPrototypeOf(guard as object);
}

/** The guard runs on a message that is not an HTTP request, and cannot authenticate it. */
class NotHttpError extends Error {
  override readonly name = 'NotHttpError';

  constructor(context: ExecutionContext) {
    super(
      `${context.getClass().name}.${context.getHandler().name}(): HttpAuthGuard cannot authenticate the context ` +
        `"${context.getType<string>()}"; authenticate in another way and mark the handler @Public()`,
    );
  }
}
