import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { RedisCommands } from '../common/redis.js';
import { redact } from '../schemes/redact.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { MemorySingleUse, RedisSingleUse, type SingleUse } from './single.use.js';

/** The entries of some keys. All times are milliseconds since 1970, by the clock of the instance that wrote them. */
export interface Revocations {
  /** The last time when each key was revoked, in the order of the keys; `undefined` if it was not. */
  readonly times: readonly (number | undefined)[];
  /** The list may have lost entries until this time; 0 if it is complete. */
  readonly lost: number;
}

/** Stores when keys of tokens were revoked. */
export interface RevocationList {
  /**
   * Adds an entry. An entry with an earlier time never replaces a later one.
   *
   * @param time milliseconds since 1970
   * @param milliseconds the time until the last token of the entry has expired
   */
  add(key: string, time: number, milliseconds: number): Promise<void>;
  /** Returns the entries of some keys. */
  find(keys: readonly string[]): Promise<Revocations>;
  /** Accepts a logout token once. */
  readonly logouts: SingleUse;
}

/** The list in the memory of the process. */
export class MemoryRevocations implements RevocationList {
  readonly logouts = new MemorySingleUse();
  private readonly logger = new Logger('revocation');
  private readonly entries: LRUCache<string, number>;
  /** The latest time of the entries that are forgotten. */
  private forgotten = 0;

  constructor(max: number) {
    // Expired entries may stay, because the tokens that they refuse have expired too.
    this.entries = new LRUCache({ max, dispose: (time, _key, reason) => reason === 'evict' && this.forget(time) });
  }

  async add(key: string, time: number): Promise<void> {
    this.entries.set(key, Math.max(time, this.entries.peek(key) ?? 0));
  }

  async find(keys: readonly string[]): Promise<Revocations> {
    // A read does not change the order, so that the oldest entry is forgotten first.
    return { times: keys.map((key) => this.entries.peek(key)), lost: this.forgotten };
  }

  private forget(time: number): void {
    if (this.forgotten === 0) {
      this.logger.warn(
        'The list of revoked tokens is full. All tokens that are older than a forgotten entry are refused; raise revocation.max, or set revocation.redis',
      );
    }
    this.forgotten = Math.max(this.forgotten, time);
  }
}

/** Keeps the later time. The expiry belongs to it. */
const ADD = `
  local time = redis.call('GET', KEYS[1])
  if not time or tonumber(time) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
  return ARGV[1]`;

/** Keeps the first time. */
const BEGIN = `
  redis.call('SET', KEYS[1], ARGV[1], 'NX')
  return redis.call('GET', KEYS[1])`;

/** The key of the time when the list began. It is shorter than a digest. */
const SINCE = 'since';

/** The list in Redis, for all instances of an application. */
export class RedisRevocations implements RevocationList {
  readonly logouts: SingleUse;
  private readonly redis: RedisCommands;
  private readonly prefix: string;

  constructor(client: object, prefix: string) {
    this.redis = new RedisCommands(client, unavailable);
    // The braces put all keys into one slot of a cluster, so that one command reads them.
    this.prefix = `${prefix}:{revoked}:`;
    this.logouts = new RedisSingleUse(this.redis, `${this.prefix}used:`);
    // The first list begins at startup. A client that is not connected yet must not be avoided for a while, so this has its own commands.
    this.begin(new RedisCommands(client, unavailable)).catch(() => undefined);
  }

  async add(key: string, time: number, milliseconds: number): Promise<void> {
    await this.redis.run(ADD, this.prefix + key, String(time), String(milliseconds));
  }

  /**
   * The time when the list began is in Redis as well. If Redis loses its data, the list begins again, and the tokens that were issued
   * before are refused, because the list does not know which of them were revoked.
   */
  async find(keys: readonly string[]): Promise<Revocations> {
    const [since, ...times] = await this.redis.get([SINCE, ...keys].map((key) => this.prefix + key));
    const start = since ?? (await this.begin(this.redis));
    return { times: times.map((time) => (time === undefined ? undefined : timeOf(time))), lost: timeOf(start) };
  }

  private begin(redis: RedisCommands): Promise<string | undefined> {
    return redis.run(BEGIN, this.prefix + SINCE, String(Date.now()));
  }
}

/** @throws VerifierUnavailableException if something else has written to the key */
function timeOf(value: string | undefined): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) throw unavailable(new Error('a value is not a time'));
  return Number(value);
}

function unavailable(error?: unknown): VerifierUnavailableException {
  const cause = error === undefined ? {} : { cause: redact(error, []) };
  return new VerifierUnavailableException('The list of revoked tokens is unavailable', 1, cause);
}
