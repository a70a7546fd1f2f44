import { inTime } from '../common/timeout.js';
import { redact } from '../schemes/redact.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { decodeRecord, encodeRecord } from './ticket.json.js';
import type { TicketRecord, TicketStore } from './ticket.store.js';

/** Milliseconds after which Redis counts as unavailable. */
const TIMEOUT = 500;

/** Milliseconds for which an unavailable Redis is not asked, because clients keep a queue of the commands that wait for it. */
const PAUSE = 1000;

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
  return isClient
    ? undefined
    : 'redis must be a client of ioredis 5 or later, or of redis 4 or later; pass new Redis(url), or createClient({ url })';
}

/** Keeps tickets in Redis, for all instances of an application. */
export class RedisStore implements TicketStore {
  private pausedUntil = 0;

  constructor(
    private readonly client: object,
    private readonly prefix: string,
  ) {}

  async add(key: string, record: TicketRecord, milliseconds: number): Promise<void> {
    const value = encodeRecord(record);
    const name = this.nameOf(key);
    await this.ask((client) =>
      'getdel' in client ? client.set(name, value, 'PX', milliseconds) : client.set(name, value, { PX: milliseconds }),
    );
  }

  async take(key: string): Promise<TicketRecord | undefined> {
    const name = this.nameOf(key);
    const value = await this.ask((client) => ('getdel' in client ? client.getdel(name) : client.getDel(name)));
    if (typeof value === 'string') return decodeRecord(value);
    if (value === null) return undefined;
    throw new TypeError('redis: the client did not return a string; use a client without other type mappings');
  }

  drop(key: string, isExpired: boolean): void {
    // Redis removes expired keys itself.
    if (!isExpired) this.ask((client) => client.del(this.nameOf(key))).catch(() => undefined);
  }

  private nameOf(key: string): string {
    return `${this.prefix}:ticket:${key}`;
  }

  private async ask(command: (client: IoRedis | NodeRedis) => Promise<unknown>): Promise<unknown> {
    if (performance.now() < this.pausedUntil) throw unavailable();
    try {
      // An async function, because a client may also throw.
      return await inTime((async () => command(this.client as IoRedis | NodeRedis))(), TIMEOUT);
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE;
      throw unavailable(error);
    }
  }
}

function unavailable(error?: unknown): VerifierUnavailableException {
  // The error of a client may contain the command, and so the principal.
  const cause = error === undefined ? {} : { cause: redact(error, []) };
  return new VerifierUnavailableException('The store of tickets is unavailable', 1, cause);
}
