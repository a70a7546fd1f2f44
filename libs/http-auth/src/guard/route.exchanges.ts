import type { ServerResponse } from 'node:http';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { type HttpRequest, rawResponse } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { type ConnectionSource, type Exchange, Exchanges } from '../response/exchange.js';
import { Policies } from './policies.js';
import type { Policy } from './policy.js';

/** A request that the router has assigned to a route, with the policy of the route. */
export interface RouteExchange {
  readonly policy: Policy;
  readonly exchange: Exchange;
}

/** Notes the route of each request, so that every 401 of the route gets the route's challenges, even if other code sends it. */
@Injectable()
export class RouteExchanges {
  constructor(
    private readonly policies: Policies,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {}

  /**
   * Notes the route of a request and waits until its realm is known.
   *
   * @returns `undefined` if the context is not HTTP's
   */
  async enter(context: ExecutionContext): Promise<RouteExchange | undefined> {
    if (context.getType<string>() !== 'http') return undefined;
    // Some transports do not name themselves, so the type alone is not enough.
    const [request, response] = context.getArgs<[HttpRequest | undefined, Response | undefined]>();
    if (typeof request?.headers !== 'object' || typeof response !== 'object' || response === null) return undefined;
    const entered = await this.enterBy(this.policyOf(context), request, rawResponse(response));
    // A middleware may have rewritten the URL, and the router has read the new one.
    entered.exchange.target = request.url;
    return entered;
  }

  /**
   * Notes the policy of the handler that a request has reached over any transport, and waits until its realm is known.
   *
   * @param connection set if the request opens a connection, or is a message over one
   */
  async enterBy(
    policy: Policy,
    request: HttpRequest,
    response: ServerResponse,
    connection?: ConnectionSource,
  ): Promise<RouteExchange> {
    const exchange = this.exchanges.of(request, response);
    if (connection !== undefined) exchange.connection = connection;
    exchange.enter(policy);
    await this.challenger.prepare(exchange);
    return { policy, exchange };
  }

  /** Returns the policy of the handler. The handler may belong to another transport. */
  policyOf(context: ExecutionContext): Policy {
    return this.policies.of(context.getClass(), context.getHandler());
  }
}

type Response = Parameters<typeof rawResponse>[0];
