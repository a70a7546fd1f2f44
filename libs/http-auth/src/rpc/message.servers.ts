import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { catchError, finalize, isObservable, type Observable, of, takeUntil, throwError } from 'rxjs';
import { packagesOf } from '../common/nest.internals.js';
import { endCall, grpcCallOf, isGrpcCall, isStream } from './grpc.call.js';
import { Message, MessageArgument } from './message.js';
import { textOf } from './pattern.js';
import type { RpcTransport } from './rpc.transport.js';

/** A handler, as Nest passes it to a server. A server may set properties on it, e.g. the next handler of the same event. */
type Handler = (...args: unknown[]) => unknown;

/** The method of a server that the library uses: of Nest, or of a custom transport. */
interface Server {
  addHandler: (this: Server, pattern: unknown, handler: Handler, isEvent?: boolean, extras?: unknown) => unknown;
}

/** `switchToRpc()` reads the first two arguments of a handler, and Nest's gRPC decorators the third. */
const ARGUMENTS = 3;

/** Sees every message that the servers of an application receive, including servers with their own `ApplicationConfig`. */
@Injectable()
export class MessageServers {
  /** The packages of the gRPC servers. */
  readonly packages = new Set<string>();

  constructor(private readonly modules: ModulesContainer) {}

  /** Watches the servers of the application, including servers that are connected later. */
  watch(owner: RpcTransport): void {
    this.modules.getRpcTargetRegistry<Server>().subscribe((server) => {
      // Nest reads the guards of the controllers next.
      owner.close();
      for (const name of packagesOf(server)) this.packages.add(name);
      const { addHandler } = server;
      server.addHandler = function (pattern, handler, isEvent, extras) {
        return addHandler.call(
          this,
          pattern,
          watched(handler, owner, isEvent === true, textOf(pattern)),
          isEvent,
          extras,
        );
      };
    });
  }
}

/** Returns a handler that adds the {@link MessageArgument}. It is a proxy, because servers set properties on handlers. */
function watched(handler: Handler, owner: RpcTransport, isEvent: boolean, pattern: string): Handler {
  return new Proxy(handler, {
    apply(target, self, args: unknown[]) {
      const known = MessageArgument.find(args);
      // The handlers of one event pass their arguments on to the next one.
      if (known?.owner === owner) return target.apply(self, args);
      const message = new Message(owner, isEvent, pattern);
      const padded = Array.from({ length: Math.max(args.length, ARGUMENTS) }, (_, index) => args[index]);
      return settle(target.apply(self, [...padded, message.argument]), message, args);
    },
  });
}

/** Ends the response as the guard has decided. */
async function settle(result: unknown, message: Message, args: readonly unknown[]): Promise<unknown> {
  const call = grpcCallOf(args);
  // A handler that reads a stream of the client may never settle.
  const response = await (call !== undefined && isStream(call) ? Promise.race([result, endOf(message)]) : result);
  if (!isObservable(response)) {
    message.close();
    return response;
  }
  return response.pipe(
    takeUntil(message.end),
    finalize(() => message.close()),
    catchError((error: unknown) => replaced(error, message, args)),
  );
}

/** Resolves to an observable that fails, when the credentials expire. A rejection could be unhandled. */
function endOf({ end }: Message): Promise<Observable<never>> {
  return new Promise((resolve) => {
    end.subscribe({ error: (error: unknown) => resolve(throwError(() => error)) });
  });
}

function replaced(error: unknown, { dropped }: Message, [call, callback]: readonly unknown[]): Observable<unknown> {
  // A client of Kafka would send a failed event again. It expects a value.
  if (dropped) return of(undefined);
  if (!isGrpcCall(call)) return throwError(() => error);
  // Nest passes the call itself to @GrpcStreamCall(), and does not handle its errors, so they would end the process.
  endCall(call, callback, error);
  return of(undefined);
}
