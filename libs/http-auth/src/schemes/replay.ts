import { type HttpRequest, identityOf } from '../http/request.js';
import { RedisProofs } from './redis.proofs.js';
import type { ReplaySettings } from './replay.options.js';
import type { SchemeContainer } from './scheme.js';
import { MemoryOfProofs, type ProofUse, type UsedProofs } from './used.proofs.js';

/** The proofs that a scheme remembers. */
export interface ProofKind {
  /** The name in keys and in logs, e.g. `dpop`. */
  readonly name: string;
  /** The name in messages, e.g. `DPoP proofs`. */
  readonly title: string;
  /** The seconds after the time of a proof for which it may be accepted. */
  readonly lifetime: number;
  /** The seconds by which the clock of another instance may be slower, so that it accepts a proof for longer. */
  readonly tolerance: number;
}

/** The memories of each application. All its schemes of a kind share one, because several may accept requests of the same URI. */
const MEMORIES = new WeakMap<SchemeContainer, Map<string, MemoryOfProofs>>();

function memoryOf(container: SchemeContainer, name: string): MemoryOfProofs {
  const memories = MEMORIES.get(container) ?? new Map<string, MemoryOfProofs>();
  MEMORIES.set(container, memories);
  const memory = memories.get(name) ?? new MemoryOfProofs();
  memories.set(name, memory);
  return memory;
}

/** The proofs that requests have used. The guard may authenticate the same request again, for another resource or scheme. */
const USES = new WeakMap<object, string>();

/** Accepts each proof for one request only. */
export class Replay {
  private readonly used: UsedProofs;

  constructor(container: SchemeContainer, kind: ProofKind, settings: ReplaySettings) {
    const { name, lifetime, tolerance } = kind;
    const { redis } = settings;
    const memory = memoryOf(container, name).serve(settings.max, lifetime);
    this.used =
      redis === undefined ? memory : new RedisProofs({ ...settings, redis }, memory, kind, lifetime + tolerance);
  }

  /** Returns `true` if a request has used the proof itself. */
  hasUsed(request: HttpRequest, key: string): boolean {
    return USES.get(identityOf(request)) === key;
  }

  /**
   * Uses up a proof for a request.
   *
   * @param key a digest of the proof
   * @param time the second of the proof, since 1970
   * @throws VerifierUnavailableException if a shared store is down
   */
  async use(request: HttpRequest, key: string, time: number): Promise<ProofUse> {
    const use = await this.used.use(key, time);
    if (use === 'new') USES.set(identityOf(request), key);
    return use;
  }
}
