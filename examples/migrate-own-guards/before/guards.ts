import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { findProgram, findUser, type User } from '../accounts.js';

interface Request {
  headers: Record<string, string | undefined>;
  user?: User;
}

@Injectable()
export class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const [scheme, token = ''] = request.headers['authorization']?.split(' ') ?? [];
    const user = scheme === 'Bearer' ? findUser(token) : null;
    if (user === null) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}

@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    request.user = findProgram(request.headers['x-api-key'] ?? '') ?? undefined;
    return request.user !== undefined;
  }
}

export const Roles = (...roles: string[]) => SetMetadata('roles', roles);

@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const roles = this.reflector.get<string[] | undefined>('roles', context.getHandler()) ?? [];
    const { user } = context.switchToHttp().getRequest<Request>();
    return roles.every((role) => user?.roles.includes(role));
  }
}
