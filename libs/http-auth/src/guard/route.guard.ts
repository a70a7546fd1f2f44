import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Arrivals } from './arrivals.js';

/**
 * Stands in for the global `HttpAuthGuard` where that is switched off: it lets everything pass, and only notes which route
 * a request has reached.
 */
export class RouteGuard implements CanActivate {
  constructor(private readonly arrivals: Arrivals) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.arrivals.of(context)?.ready?.then(() => true) ?? true;
  }
}
