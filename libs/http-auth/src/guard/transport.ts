import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { Route } from './policy.js';

/** A handler of another transport, with its place, for the route report. */
export interface TransportRoute extends Route {
  /** The name of the handler in its class. */
  readonly name: string;
  /** How clients reach the handler, in upper case, e.g. `QUERY` or `MESSAGE`. */
  readonly method: string;
  /** The name by which clients call the handler. */
  readonly path: string;
}

/** How the guard works for contexts that are not requests of a controller. A module of its own registers each transport. */
export interface Transport {
  /**
   * Authenticates the request of a context by the policy of the handler.
   *
   * @throws the error that the clients of the transport understand
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean>;
  /** Returns the handlers of the transport. */
  routes(): readonly TransportRoute[];
}

/** The transports of an application, by the type of their contexts: `ws`, `rpc`, `graphql`. */
@Injectable()
export class Transports {
  private readonly byType = new Map<string, Transport>();

  /** Registers a transport. Its module calls this in its constructor. */
  register(type: string, transport: Transport): void {
    this.byType.set(type, transport);
  }

  /** Returns the transport of a context, or `undefined` if its module is not imported. */
  of(type: string): Transport | undefined {
    return this.byType.get(type);
  }

  /** Returns the handlers of all transports. */
  routes(): readonly TransportRoute[] {
    return [...this.byType.values()].flatMap((transport) => transport.routes());
  }
}
