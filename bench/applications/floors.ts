import { type CanActivate, ForbiddenException, UnauthorizedException } from '@nestjs/common';
import { type Adapter, start } from './nest.js';

class EmptyGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

class ForbiddingGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

/** No guard at all. */
export const unguarded = (adapter: Adapter) => start(adapter, {});

/** The least that a guard can do to let a request in. */
export const empty = (adapter: Adapter) => start(adapter, {}, (app) => app.useGlobalGuards(new EmptyGuard()));

/** The least that a guard can do to answer 401. */
export const refusing = (adapter: Adapter) => start(adapter, {}, (app) => app.useGlobalGuards(new RefusingGuard()));

/** The least that a guard can do to answer 403. */
export const forbidding = (adapter: Adapter) => start(adapter, {}, (app) => app.useGlobalGuards(new ForbiddingGuard()));
