import type { AdmissionInfo } from '../schemes/admission.js';

/** The user and the limits of a ticket. */
export interface TicketRecord {
  /** The principal, or what `principal.store()` returned for it. */
  readonly principal: unknown;
  /** The facts of the credentials that the ticket was issued for. */
  readonly info: AdmissionInfo;
  /** The URL of the protected resource that the credentials were verified for; absent if the request belonged to none. */
  readonly resource?: string | undefined;
  /** The only path that the ticket opens. */
  readonly path: string;
  /** The only origin whose pages may use the ticket; `undefined` for any. */
  readonly origin: string | undefined;
}

/** Keeps the tickets that can be used. The keys are digests, so that a store does not contain tickets. */
export interface TicketStore {
  /**
   * Stores a ticket.
   *
   * @throws VerifierUnavailableException if the store is down
   */
  add(key: string, record: TicketRecord, milliseconds: number): Promise<void>;
  /**
   * Removes a ticket and returns it. If several requests take the same ticket, one of them gets it.
   *
   * @throws VerifierUnavailableException if the store is down
   */
  take(key: string): Promise<TicketRecord | undefined>;
  /**
   * Removes a ticket that is not needed. It never throws.
   *
   * @param isExpired if `true`, the time of the ticket is over
   */
  drop(key: string, isExpired: boolean): void;
}
