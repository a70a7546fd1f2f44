import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { RouteExchanges } from './route.exchanges.js';

/** The global guard if `globalGuard` is `false`: it accepts every request, and only notes its route. */
export class RouteGuard implements CanActivate {
  constructor(private readonly exchanges: RouteExchanges) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    await this.exchanges.enter(context);
    return true;
  }
}
