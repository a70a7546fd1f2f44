import type { TicketRecord, TicketStore } from './ticket.store.js';

/** Keeps tickets in the memory of the process. {@link Quota} limits their number. */
export class MemoryStore implements TicketStore {
  private readonly records = new Map<string, { readonly record: TicketRecord; readonly until: number }>();

  async add(key: string, record: TicketRecord, milliseconds: number): Promise<void> {
    this.records.set(key, { record, until: performance.now() + milliseconds });
  }

  async take(key: string): Promise<TicketRecord | undefined> {
    const entry = this.records.get(key);
    this.records.delete(key);
    return entry !== undefined && entry.until > performance.now() ? entry.record : undefined;
  }

  drop(key: string): void {
    this.records.delete(key);
  }
}
