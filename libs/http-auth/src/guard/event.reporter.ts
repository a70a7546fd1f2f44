import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuthEvents } from '../events/auth.events.js';
import { Challenger } from '../response/challenger.js';
import type { Authenticated, Exchange } from '../response/exchange.js';
import type { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';

/** The injection token of the option `subject`. */
export const SUBJECT = Symbol('nestjs-http-auth:subject');

/** Returns the name of a principal in events. */
export type SubjectOf = (principal: unknown) => string | undefined;

/** Reports the results of the guard as events. It creates an event only if there is a listener. */
@Injectable()
export class EventReporter {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly events: AuthEvents,
    private readonly challenger: Challenger,
    @Inject(SUBJECT) private readonly subject: SubjectOf | undefined,
  ) {}

  /** Reports that a scheme authenticated a request. */
  authenticated(policy: Policy, exchange: Exchange, authenticated: Authenticated): void {
    if (!this.events.hears('authenticated')) return;
    const scheme = authenticated.scheme.name;
    const subject = this.subjectOf(authenticated);
    this.events.emit({ type: 'authenticated', ...this.circumstances(policy, exchange), scheme, ...subject });
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
        : {
            type: 'refused',
            reason,
            ...common,
            ...(message !== undefined && { message }),
            // Another refusal does not concern these credentials.
            ...(exchange.insufficient?.scheme.name === scheme && this.subjectOf(exchange.insufficient)),
          },
    );
  }

  /** Reports that a scheme failed to verify a request. */
  failed(policy: Policy, exchange: Exchange, scheme: string, status: number): void {
    if (!this.events.hears('error')) return;
    this.events.emit({ type: 'error', ...this.circumstances(policy, exchange), scheme, status });
  }

  /** Names the principal. An error of the option `subject` does not change the response. */
  private subjectOf(authenticated: Authenticated | undefined): { subject?: string } {
    if (this.subject === undefined || authenticated === undefined) return {};
    try {
      const subject: unknown = this.subject(authenticated.admission.principal);
      if (typeof subject === 'string') return { subject };
      if (subject !== undefined) throw new TypeError('subject: it must return a string or undefined');
    } catch (error) {
      this.logger.error(error);
    }
    return {};
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
