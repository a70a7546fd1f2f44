import { type CanActivate, type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { byPassword } from './alice.js';
import { type Adapter, start } from './nest.js';

/** What is written where there is no library: no challenge, no limits, and whatever base64 is not is skipped. */
class HandWrittenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingMessage & { user?: unknown }>();
    const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
    if (scheme !== 'Basic' || token === undefined) throw new UnauthorizedException();
    const [username = '', password = ''] = Buffer.from(token, 'base64').toString().split(':');
    request.user = byPassword(username, password);
    if (!request.user) throw new UnauthorizedException();
    return true;
  }
}

/** Basic authentication in ten lines. */
export const byTenLines = (adapter: Adapter) =>
  start(adapter, {}, (app) => app.useGlobalGuards(new HandWrittenGuard()));
