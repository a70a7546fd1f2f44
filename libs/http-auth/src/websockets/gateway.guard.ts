import { type CanActivate, UnauthorizedException, type ExecutionContext, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '../common/nest.internals.js';
import { ACCESS } from '../guard/decorators.js';
import { connectionOf } from '../guard/missing.transport.js';
import { connectionOfClient } from './connection.js';
import { wsException } from './refusal.js';

/** The transport of each application, by its connections. */
const transports = new WeakMap<object, CanActivate>();

/**
 * The guard in the metadata of gateways, because the global guards of Nest 11 do not run on them. Applications share the metadata of a
 * class, so the guard finds the application by the client.
 */
const gatewayGuard: CanActivate = {
  canActivate(context) {
    const connection = connectionOfClient(context.getArgByIndex(0));
    const transport = connection && transports.get(connection.owner);
    if (transport !== undefined) return transport.canActivate(context);
    // The client belongs to an application without our module, which only starts if its gateways are open.
    if (isOpen(context)) return true;
    const refused = { status: 'error', code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized' } as const;
    throw wsException(refused, new UnauthorizedException());
  },
};

/** Adds the guard to gateways, in front of the guards of the application. */
export function guardGateways(gateways: readonly Type[], owner: object, transport: CanActivate): void {
  transports.set(owner, transport);
  for (const type of gateways) {
    const guards = (Reflect.getMetadata(GUARDS_METADATA, type) as unknown[] | undefined) ?? [];
    if (!guards.includes(gatewayGuard)) Reflect.defineMetadata(GUARDS_METADATA, [gatewayGuard, ...guards], type);
  }
}

function isOpen(context: ExecutionContext): boolean {
  const type = context.getClass();
  return [context.getHandler(), connectionOf(type)].every(
    (handler) =>
      (Reflect.getMetadata(ACCESS, handler) ?? (Reflect.getOwnMetadata(ACCESS, type) as unknown)) === 'public',
  );
}
