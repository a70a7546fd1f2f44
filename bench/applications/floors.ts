import { type CanActivate, UnauthorizedException } from '@nestjs/common';
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

/** No guard at all. */
export const unguarded = (adapter: Adapter) => start(adapter, {});

/** The least that a guard can do to let a request in. */
export const empty = (adapter: Adapter) => start(adapter, {}, (app) => app.useGlobalGuards(new EmptyGuard()));

/** The least that a guard can do to answer 401. */
export const refusing = (adapter: Adapter) => start(adapter, {}, (app) => app.useGlobalGuards(new RefusingGuard()));
