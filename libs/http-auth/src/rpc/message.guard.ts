import { type CanActivate, type ExecutionContext, Logger, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '../common/nest.internals.js';
import { grpcCallOf } from './grpc.call.js';
import { MessageArgument } from './message.js';
import { errorOf, exceptionOf } from './refusal.js';

/** The handlers that the log has named, because no application authenticates their messages. */
const named = new WeakSet<Function>();

/**
 * The guard in the metadata of the controllers. A server that `connectMicroservice()` creates without `inheritAppConfig` ignores
 * global guards, but not these. Several applications may share a controller, so the guard finds the application by the message.
 */
const messageGuard: CanActivate = {
  canActivate(context: ExecutionContext) {
    if (context.getType<string>() !== 'rpc') return true;
    const message = MessageArgument.find(context.getArgs());
    if (message === undefined) throw unknownMessage(context);
    return message.owner.guardsAll() ? message.owner.canActivate(context) : true;
  },
};

/** Adds the guard to a controller, before the guards of the application, which read the user. */
export function closeController(controller: Type): void {
  // The router of Nest reads the metadata of the constructor, which a class decorator may have replaced.
  for (const target of new Set<object>([controller, (controller.prototype as object).constructor])) {
    const guards = (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as unknown[];
    if (!guards.includes(messageGuard)) Reflect.defineMetadata(GUARDS_METADATA, [messageGuard, ...guards], target);
  }
}

/** Returns the refusal of a message that no server of an application with the module has received. The log explains it once. */
export function unknownMessage(context: ExecutionContext): Error {
  const handler = context.getHandler();
  if (!named.has(handler)) {
    named.add(handler);
    new Logger('HttpAuthGuard').error(
      `${context.getClass().name}.${handler.name}(): the message does not come from a server of this application, so the guard ` +
        'refuses it; import RpcAuthModule in each application with this controller, or authenticate in another way and mark the handler @Public()',
    );
  }
  const refusal = { code: 'UNAUTHENTICATED', message: 'Unauthorized', fields: [] } as const;
  return exceptionOf(errorOf(refusal, grpcCallOf(context.getArgs())), undefined);
}
