import { Logger } from '@nestjs/common';
import { RedisCommands } from '../common/redis.js';
import { redact } from './redact.js';
import { VerifierUnavailableException } from './unavailable.exception.js';
import type { ProofKind } from './replay.js';
import type { ProofUse, UsedProofs } from './used.proofs.js';

/** Options of {@link RedisProofs}. */
export interface RedisOptions {
  readonly redis: object;
  readonly prefix: string;
  /** If `true`, requests get 503 while Redis is unavailable. */
  readonly failClosed: boolean;
}

/**
 * Keeps used proofs in Redis, for all instances of an application. Each instance remembers its own as well, so while Redis is unavailable,
 * it still refuses the proofs that it has seen.
 */
export class RedisProofs implements UsedProofs {
  private readonly redis: RedisCommands;
  private readonly logger: Logger;
  private isLost = false;

  /** @param lifetime the seconds after the time of a proof for which it may be accepted */
  constructor(
    private readonly options: RedisOptions,
    private readonly own: UsedProofs,
    private readonly kind: Pick<ProofKind, 'name' | 'title'>,
    private readonly lifetime: number,
  ) {
    this.redis = new RedisCommands(options.redis, (cause) => unavailable(kind.title, cause));
    this.logger = new Logger(kind.name);
  }

  async use(key: string, time: number): Promise<ProofUse> {
    const use = await this.own.use(key, time);
    if (use !== 'new') return use;
    const name = `${this.options.prefix}:${this.kind.name}:${key}`;
    const rest = Math.max(1, Math.ceil((time + 1 + this.lifetime) * 1000 - Date.now()));
    try {
      const isNew = await this.redis.add(name, '1', rest);
      if (this.isLost) this.logger.log(`The store of ${this.kind.title} is back`);
      this.isLost = false;
      return isNew ? 'new' : 'used';
    } catch (error) {
      if (this.options.failClosed) throw error;
      if (!this.isLost) {
        this.logger.error(
          `The store of ${this.kind.title} is unavailable; each instance remembers only its own until it is back`,
        );
      }
      this.isLost = true;
      return 'new';
    }
  }
}

function unavailable(title: string, error?: unknown): VerifierUnavailableException {
  const cause = error === undefined ? {} : { cause: redact(error, []) };
  return new VerifierUnavailableException(`The store of ${title} is unavailable`, 1, cause);
}
