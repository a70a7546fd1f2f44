import { type ExecutionContext, Injectable } from '@nestjs/common';
import { type HttpRequest, rawResponse } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { type Exchange, Exchanges } from '../response/exchange.js';
import { Policies } from './policies.js';
import type { Policy } from './policy.js';

/** A request that has reached its route. */
export interface Arrival {
  readonly policy: Policy;
  readonly exchange: Exchange;
  /** Settles when the realm of the route is known; absent where there is nothing to wait for. */
  readonly ready: Promise<void> | undefined;
}

/** Notes which route a request has reached, so that whatever answers it with a 401 has the challenges of that route. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly policies: Policies,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {}

  /** The arrival in a context, or `undefined` where the context is not HTTP's. */
  of(context: ExecutionContext): Arrival | undefined {
    if (context.getType<string>() !== 'http') return undefined;
    // Not every transport says that it is another one.
    const [request, response] = context.getArgs<[HttpRequest | undefined, Response | undefined]>();
    if (typeof request?.headers !== 'object' || typeof response !== 'object' || response === null) return undefined;
    const policy = this.policyOf(context);
    const exchange = this.exchanges.of(request, rawResponse(response));
    exchange.enter(policy);
    return { policy, exchange, ready: this.challenger.prepare(exchange) };
  }

  /** The policy of the route, or of the handler of another transport. */
  policyOf(context: ExecutionContext): Policy {
    return this.policies.of(context.getClass(), context.getHandler());
  }
}

type Response = Parameters<typeof rawResponse>[0];
