import { Injectable } from '@nestjs/common';
import { AuthEvents } from '../events/auth.events.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import type { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';

/** Reports the results of the guard as events. It creates an event only if there is a listener. */
@Injectable()
export class EventReporter {
  constructor(
    private readonly events: AuthEvents,
    private readonly challenger: Challenger,
  ) {}

  /** Reports that a scheme authenticated a request. */
  authenticated(policy: Policy, exchange: Exchange, scheme: string): void {
    if (!this.events.hears('authenticated')) return;
    this.events.emit({ type: 'authenticated', ...this.circumstances(policy, exchange), scheme });
  }

  /** Reports that a request was refused with a status. */
  refused(
    policy: Policy,
    exchange: Exchange,
    failure: Pick<Failure, 'reason' | 'scheme' | 'details'>,
    status: number,
  ): void {
    const { reason, scheme, details } = failure;
    if (!this.events.hears(reason === 'limited' ? 'locked' : 'refused')) return;
    const common = { ...this.circumstances(policy, exchange), scheme, status };
    const message = details.message ?? details.params?.['error_description'];
    this.events.emit(
      reason === 'limited'
        ? { type: 'locked', reason, ...common, ...(details.limit !== undefined && { limit: details.limit }) }
        : { type: 'refused', reason, ...common, ...(message !== undefined && { message }) },
    );
  }

  /** Reports that a scheme failed to verify a request. */
  failed(policy: Policy, exchange: Exchange, scheme: string, status: number): void {
    if (!this.events.hears('error')) return;
    this.events.emit({ type: 'error', ...this.circumstances(policy, exchange), scheme, status });
  }

  private circumstances({ route }: Policy, exchange: Exchange) {
    return { realm: this.realmOf(exchange), route, address: exchange.request.ip };
  }

  /** The realm; `undefined` if its function failed, which the challenger reports. */
  realmOf(exchange: Exchange): string | undefined {
    try {
      return this.challenger.realmOf(exchange);
    } catch {
      return undefined;
    }
  }
}
