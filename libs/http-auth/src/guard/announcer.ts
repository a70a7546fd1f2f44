import type { AuthEvents } from '../events/auth.events.js';
import type { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import type { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';

/** Makes the events of requests, where anybody listens. */
export class Announcer {
  constructor(
    private readonly events: AuthEvents,
    private readonly challenger: Challenger,
  ) {}

  /** A scheme has let a request in. */
  admitted(policy: Policy, exchange: Exchange, scheme: string): void {
    if (!this.events.hears('authenticated')) return;
    this.events.emit({ type: 'authenticated', ...this.circumstances(policy, exchange), scheme });
  }

  /** A request is refused, with a status. */
  refused(policy: Policy, exchange: Exchange, { reason, scheme }: Failure, status: number): void {
    if (!this.events.hears(reason === 'limited' ? 'locked' : 'refused')) return;
    const said = { ...this.circumstances(policy, exchange), scheme, status };
    this.events.emit(reason === 'limited' ? { type: 'locked', reason, ...said } : { type: 'refused', reason, ...said });
  }

  /** A request could not be judged by a scheme. */
  failed(policy: Policy, exchange: Exchange, scheme: string, status: number): void {
    if (!this.events.hears('error')) return;
    this.events.emit({ type: 'error', ...this.circumstances(policy, exchange), scheme, status });
  }

  private circumstances({ route }: Policy, exchange: Exchange) {
    return { realm: this.realmOf(exchange), route, address: exchange.request.ip };
  }

  /** The realm; that it cannot be known is for the challenge to say. */
  private realmOf(exchange: Exchange): string | undefined {
    try {
      return this.challenger.realmOf(exchange);
    } catch {
      return undefined;
    }
  }
}
