import { undefinedOption } from './options.js';
import { inTime } from './timeout.js';

/** Milliseconds after which Redis counts as unavailable. */
const TIMEOUT = 500;

/** Milliseconds for which an unavailable Redis is not asked, because clients keep a queue of the commands that wait for it. */
const PAUSE = 1000;

/** The commands, as ioredis has them. */
interface IoRedis {
  mget(keys: string[]): Promise<unknown>;
  set(key: string, value: string, unit: 'PX', milliseconds: number, condition?: 'NX'): Promise<unknown>;
  getdel(key: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Only ioredis has it. */
  defineCommand: unknown;
}

/** The commands, as the package redis has them. */
interface NodeRedis {
  mGet(keys: string[]): Promise<unknown>;
  set(key: string, value: string, options: { PX: number; NX?: true }): Promise<unknown>;
  getDel(key: string): Promise<unknown>;
  del(key: string): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** Checks the option `redis`. Returns an error message, or `undefined` if it is valid. */
export function redisProblem(client: unknown): string | undefined {
  const { mget, mGet, set, del, eval: run, getdel, getDel } = (client ?? {}) as Record<string, unknown>;
  const isClient = [mget ?? mGet, set, del, run, getdel ?? getDel].every((command) => typeof command === 'function');
  return isClient
    ? undefined
    : 'redis must be a client of ioredis 5 or later, or of redis 4 or later; pass new Redis(url), or createClient({ url })';
}

/**
 * Looks for an option `redis` that is written, but `undefined`, e.g. because the client is only created in some environments. Each instance
 * would silently have a memory of its own.
 *
 * @param kept the things that are in memory without Redis
 * @param path the path before the name in the message, e.g. `limits.`
 * @returns an error message, or `undefined` if the option has a value or is absent
 */
export function undefinedRedis(options: object, kept: string, path = ''): string | undefined {
  return (
    undefinedOption(options, ['redis']) &&
    `${path}redis is undefined; pass a client, or leave the option out to keep ${kept} in memory`
  );
}

/**
 * The commands that the library uses, with a client of ioredis or of the package redis.
 */
export class RedisCommands {
  private pausedUntil = 0;

  /**
   * @param unavailable creates the error to throw if Redis does not respond in time. Its cause may contain the command, and so secrets
   */
  constructor(
    private readonly client: object,
    private readonly unavailable: (cause?: unknown) => Error,
  ) {}

  /** Returns the values of keys, `undefined` for a key that does not exist. In a cluster, the keys must be in one slot. */
  async get(keys: string[]): Promise<(string | undefined)[]> {
    const values = await this.ask((client) => (isIoRedis(client) ? client.mget(keys) : client.mGet(keys)));
    if (Array.isArray(values) && values.length === keys.length) return values.map(text);
    throw new TypeError('redis: the client did not return a list; use a client without other type mappings');
  }

  /** Stores a value for a time. */
  async set(key: string, value: string, milliseconds: number): Promise<void> {
    await this.ask((client) =>
      isIoRedis(client) ? client.set(key, value, 'PX', milliseconds) : client.set(key, value, { PX: milliseconds }),
    );
  }

  /** Stores a value for a time, unless the key exists. Returns `true` if it is stored. */
  async add(key: string, value: string, milliseconds: number): Promise<boolean> {
    const answer = await this.ask((client) =>
      isIoRedis(client)
        ? client.set(key, value, 'PX', milliseconds, 'NX')
        : client.set(key, value, { PX: milliseconds, NX: true }),
    );
    // Redis answers with null if the key exists.
    return answer === 'OK';
  }

  /** Removes a key and returns its value, or `undefined` if the key does not exist. It needs Redis 6.2 or later. */
  async take(key: string): Promise<string | undefined> {
    return text(await this.ask((client) => (isIoRedis(client) ? client.getdel(key) : client.getDel(key))));
  }

  /** Removes a key. */
  async delete(key: string): Promise<void> {
    await this.ask((client) => client.del(key));
  }

  /** Runs a Lua script with one key. Returns the string that it returns. */
  async run(script: string, key: string, ...values: string[]): Promise<string | undefined> {
    return text(
      await this.ask((client) =>
        isIoRedis(client)
          ? client.eval(script, 1, key, ...values)
          : client.eval(script, { keys: [key], arguments: values }),
      ),
    );
  }

  private async ask(command: (client: IoRedis | NodeRedis) => Promise<unknown>): Promise<unknown> {
    if (performance.now() < this.pausedUntil) throw this.unavailable();
    try {
      // An async function, because a client may also throw.
      return await inTime((async () => command(this.client as IoRedis | NodeRedis))(), TIMEOUT);
    } catch (error) {
      this.pausedUntil = performance.now() + PAUSE;
      throw this.unavailable(error);
    }
  }
}

function isIoRedis(client: IoRedis | NodeRedis): client is IoRedis {
  return 'defineCommand' in client;
}

/** @throws TypeError if the client converts strings to something else */
function text(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new TypeError('redis: the client did not return a string; use a client without other type mappings');
}
