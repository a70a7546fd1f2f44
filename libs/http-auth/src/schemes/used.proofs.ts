/** If a proof may be used: it is new, it was used before, or it is too old to tell. */
export type ProofUse = 'new' | 'used' | 'unknown';

/** Remembers which proofs were used. */
export interface UsedProofs {
  /**
   * Notes the use of a proof.
   *
   * @param key a digest of the proof
   * @param time the second of the proof, since 1970: its `iat`, or the issue of its nonce
   * @throws VerifierUnavailableException if a shared store is down
   */
  use(key: string, time: number): ProofUse | Promise<ProofUse>;
}

/**
 * Keeps used proofs in the memory of the process, until they are too old to be accepted. If it is full, it forgets the oldest proofs, and
 * refuses all proofs that are as old as these: it never accepts a proof that it may have forgotten.
 */
export class MemoryOfProofs implements UsedProofs {
  private readonly keys = new Set<string>();
  private readonly bySecond = new Map<number, string[]>();
  /** Proofs of this second and of earlier ones are refused. */
  private forgotten = -Infinity;
  private cleanedAt = -Infinity;

  private max = 0;
  private lifetime = 0;

  /**
   * Makes the memory large enough for the proofs of one more scheme.
   *
   * @param max the number of proofs
   * @param lifetime the seconds after the time of a proof for which it may be accepted
   */
  serve(max: number, lifetime: number): this {
    this.max = Math.max(this.max, max);
    this.lifetime = Math.max(this.lifetime, lifetime);
    return this;
  }

  use(key: string, time: number, now = Date.now() / 1000): ProofUse {
    this.clean(now);
    const second = Math.floor(time);
    if (this.keys.has(key)) return 'used';
    if (second <= this.forgotten) return 'unknown';
    if (this.keys.size >= this.max) {
      const oldest = Math.min(...this.bySecond.keys());
      if (second <= oldest) return 'unknown';
      this.forget(oldest);
    }
    const keys = this.bySecond.get(second);
    if (keys === undefined) this.bySecond.set(second, [key]);
    else keys.push(key);
    this.keys.add(key);
    return 'new';
  }

  /** The number of proofs. */
  get size(): number {
    return this.keys.size;
  }

  /** Forgets proofs that are too old, at most once a second. */
  private clean(now: number): void {
    if (now - this.cleanedAt < 1 && now >= this.cleanedAt) return;
    this.cleanedAt = now;
    for (const second of this.bySecond.keys()) {
      if (second + 1 + this.lifetime < now) this.forget(second);
    }
  }

  private forget(second: number): void {
    for (const key of this.bySecond.get(second) ?? []) this.keys.delete(key);
    this.bySecond.delete(second);
    // Also if the clock of this machine is set back later.
    this.forgotten = Math.max(this.forgotten, second);
  }
}
