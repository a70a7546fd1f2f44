import { AskRedis, REDIS_PROBLEM } from '../common/redis.js';
import { redact } from '../schemes/redact.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { decodeRecord, encodeRecord } from './ticket.json.js';
import type { TicketRecord, TicketStore } from './ticket.store.js';

/** The commands, as ioredis has them. */
interface IoRedis {
  set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>;
  getdel(key: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** The commands, as the package redis has them. */
interface NodeRedis {
  set(key: string, value: string, options: { PX: number }): Promise<unknown>;
  getDel(key: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** Checks the option `redis`. Returns an error message, or `undefined` if it is valid. */
export function redisProblem(client: unknown): string | undefined {
  const { set, del, getdel, getDel } = (client ?? {}) as Record<string, unknown>;
  const isClient = [set, del, getdel ?? getDel].every((command) => typeof command === 'function');
  return isClient ? undefined : REDIS_PROBLEM;
}

/** Keeps tickets in Redis, for all instances of an application. */
export class RedisStore implements TicketStore {
  private readonly redis: AskRedis<IoRedis | NodeRedis>;

  constructor(
    client: object,
    private readonly prefix: string,
  ) {
    this.redis = new AskRedis(client, unavailable);
  }

  async add(key: string, record: TicketRecord, milliseconds: number): Promise<void> {
    const value = encodeRecord(record);
    const name = this.nameOf(key);
    await this.redis.ask((client) =>
      'getdel' in client ? client.set(name, value, 'PX', milliseconds) : client.set(name, value, { PX: milliseconds }),
    );
  }

  async take(key: string): Promise<TicketRecord | undefined> {
    const name = this.nameOf(key);
    const value = await this.redis.ask((client) => ('getdel' in client ? client.getdel(name) : client.getDel(name)));
    if (typeof value === 'string') return decodeRecord(value);
    if (value === null) return undefined;
    throw new TypeError('redis: the client did not return a string; use a client without other type mappings');
  }

  drop(key: string, isExpired: boolean): void {
    // Redis removes expired keys itself.
    if (!isExpired) this.redis.ask((client) => client.del(this.nameOf(key))).catch(() => undefined);
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
