import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { RouteExchanges } from './route.exchanges.js';

/** The global guard if `globalGuard` is `false`: it accepts every request, and only notes its route. */
@Injectable()
export class RouteGuard implements CanActivate {
  constructor(private readonly exchanges: RouteExchanges) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    await this.exchanges.enter(context);
    return true;
  }
}
