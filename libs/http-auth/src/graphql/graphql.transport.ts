import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Policies } from '../guard/policies.js';
import type { Route } from '../guard/policy.js';
import type { Transport, TransportRoute } from '../guard/transport.js';
import { Checks } from './checks.js';
import { asksForCredentials, isRoot, Resolvers, typeOf } from './resolvers.js';
import type { FieldInfo } from './schema.policies.js';

/** Authenticates the operations of GraphQL. */
@Injectable()
export class GraphQLTransport implements Transport {
  /** By handler: the classes for which it is a root field, or has decorators. */
  private readonly asking = new WeakMap<Function, Map<Function, boolean>>();

  constructor(
    private readonly policies: Policies,
    private readonly resolvers: Resolvers,
    private readonly checks: Checks,
  ) {}

  /**
   * Returns `true` if the operation may reach the resolver. A field that is not a root field requires only what its decorators
   * and those of its class require. The default of the application does not apply to it.
   *
   * @throws Refusal an exception with `extensions.code`
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = { controller: context.getClass(), handler: context.getHandler() };
    if (!this.asks(route)) return true;
    const policy = this.policies.of(route.controller, route.handler);
    await this.checks.ofField(`${policy.route}()`, policy, ...contextAndInfo(context.getArgs()));
    return true;
  }

  /** Returns the root fields of all schemas. */
  routes(): readonly TransportRoute[] {
    return this.resolvers
      .routes()
      .filter(isRoot)
      .map(({ controller, handler, name, type, field }) => {
        return { controller, handler, name, method: type.toUpperCase(), path: field };
      });
  }

  private asks(route: Route): boolean {
    const { controller, handler } = route;
    let classes = this.asking.get(handler);
    if (classes === undefined) this.asking.set(handler, (classes = new Map<Function, boolean>()));
    let asks = classes.get(controller);
    if (asks === undefined) {
      const type = typeOf(route);
      asks = type === undefined || isRoot({ type }) || asksForCredentials(handler) || asksForCredentials(controller);
      classes.set(controller, asks);
    }
    return asks;
  }
}

/**
 * Returns the GraphQL context and the info of a resolver's arguments. A resolver has `source, args, context, info`; the resolver
 * of a reference has no `args`; the resolver of a type has no `args` either, and the type at the end.
 */
function contextAndInfo(args: readonly unknown[]): [context: unknown, info: FieldInfo] {
  const last = args[3];
  // The client decides what is in `args`, so only the last argument counts.
  const at = typeof last === 'object' && last !== null && 'operation' in last ? 3 : 2;
  return [args[at - 1], args[at] as FieldInfo];
}
