import type { TicketStore } from './ticket.store.js';

/** The number of tickets that one user may have at the same time. */
const PER_USER = 1000;

/** The number of tickets that all users together may have at the same time. */
const TOTAL = 50_000;

/** The tickets that were issued and may not be used yet, so that their number has a limit. All tickets last equally long. */
export class Quota {
  /** The owner of each ticket and its end, in the order of their issue. */
  private readonly tickets = new Map<string, { readonly user: string; readonly until: number }>();
  private readonly users = new Map<string, Set<string>>();

  /**
   * @param milliseconds how long tickets last
   * @param drop removes a ticket from the store
   */
  constructor(
    private readonly milliseconds: number,
    private readonly drop: TicketStore['drop'],
    private readonly perUser = PER_USER,
    private readonly total = TOTAL,
  ) {}

  /**
   * Notes a new ticket. If its user has too many, the oldest of them is removed, so a flood of tickets never removes the tickets of
   * another user.
   *
   * @returns `false` if all users together have too many
   */
  add(user: string, key: string): boolean {
    this.dropExpired();
    const own = this.users.get(user);
    if (own !== undefined && own.size >= this.perUser) {
      const [oldest] = own;
      if (oldest !== undefined) this.dropOne(oldest, false);
    }
    if (this.tickets.size >= this.total) return false;
    this.tickets.set(key, { user, until: performance.now() + this.milliseconds });
    const keys = this.users.get(user) ?? new Set<string>();
    this.users.set(user, keys.add(key));
    return true;
  }

  /** Forgets a ticket that was used, or that could not be stored. */
  remove(key: string): void {
    const ticket = this.tickets.get(key);
    if (ticket === undefined) return;
    this.tickets.delete(key);
    const keys = this.users.get(ticket.user);
    keys?.delete(key);
    if (keys?.size === 0) this.users.delete(ticket.user);
  }

  private dropOne(key: string, isExpired: boolean): void {
    this.remove(key);
    this.drop(key, isExpired);
  }

  private dropExpired(): void {
    const now = performance.now();
    for (const [key, { until }] of this.tickets) {
      if (until > now) return;
      this.dropOne(key, true);
    }
  }
}
