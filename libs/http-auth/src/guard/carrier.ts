import type { ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from './authenticated-request.js';

/** The requests by their carriers. Parameter decorators have no access to providers, so the map is shared by all applications. */
const requests = new WeakMap<object, Partial<AuthenticatedRequest>>();

/**
 * Notes the request of an object that Nest passes to the handlers of another transport: the client of a WebSocket, the context
 * of a GraphQL operation or of a message. `@CurrentUser()` and `@CurrentAuth()` then find the principal.
 */
export function carry(carrier: object, request: Partial<AuthenticatedRequest>): void {
  requests.set(carrier, request);
}

/** Returns the request of a context; `undefined` if the context has none, or if the guard has not seen it. */
export function requestOf(context: ExecutionContext): Partial<AuthenticatedRequest> | undefined {
  if (context.getType<string>() === 'http') return context.switchToHttp().getRequest();
  const carrier = context.getArgs<unknown[]>().find((arg): arg is object => isObject(arg) && requests.has(arg));
  return carrier && requests.get(carrier);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
