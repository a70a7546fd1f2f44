import { RedisCommands } from '../common/redis.js';
import { redact } from '../schemes/redact.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { decodeRecord, encodeRecord } from './ticket.json.js';
import type { TicketRecord, TicketStore } from './ticket.store.js';

/** Keeps tickets in Redis, for all instances of an application. */
export class RedisStore implements TicketStore {
  private readonly redis: RedisCommands;

  constructor(
    client: object,
    private readonly prefix: string,
  ) {
    this.redis = new RedisCommands(client, unavailable);
  }

  async add(key: string, record: TicketRecord, milliseconds: number): Promise<void> {
    await this.redis.set(this.nameOf(key), encodeRecord(record), milliseconds);
  }

  async take(key: string): Promise<TicketRecord | undefined> {
    const value = await this.redis.take(this.nameOf(key));
    return value === undefined ? undefined : decodeRecord(value);
  }

  drop(key: string, isExpired: boolean): void {
    // Redis removes expired keys itself.
    if (!isExpired) this.redis.delete(this.nameOf(key)).catch(() => undefined);
  }

  private nameOf(key: string): string {
    return `${this.prefix}:ticket:${key}`;
  }
}

function unavailable(error?: unknown): VerifierUnavailableException {
  // The error of a client may contain the command, and so the principal.
  const cause = error === undefined ? {} : { cause: redact(error, []) };
  return new VerifierUnavailableException('The store of tickets is unavailable', 1, cause);
}
