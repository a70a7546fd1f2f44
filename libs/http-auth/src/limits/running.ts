/** The attempts that are running, by key, and the attempts that wait for them. */
export class Running {
  private readonly keys = new Map<string, { count: number; waiting: ((freed: boolean) => void)[] }>();

  /** Returns `true` if an attempt with this key is running. */
  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** Adds a running attempt to a key. */
  enter(key: string): void {
    const entry = this.keys.get(key);
    if (entry === undefined) this.keys.set(key, { count: 1, waiting: [] });
    else entry.count++;
  }

  /**
   * Removes a running attempt from a key. If it frees a place, the attempt that has waited longest continues. If it was the last
   * one, all waiting attempts continue.
   */
  leave(key: string, freed: boolean): void {
    const entry = this.keys.get(key);
    if (entry === undefined) return;
    entry.count--;
    if (entry.count === 0) this.keys.delete(key);
    const woken = entry.count === 0 ? entry.waiting : freed ? entry.waiting.splice(0, 1) : [];
    for (const wake of woken) wake(freed);
  }

  /** Waits until an attempt with this key ends. Returns `true` if it freed a place. */
  left(key: string): Promise<boolean> {
    return new Promise((resolve) => {
      const entry = this.keys.get(key);
      if (entry === undefined) resolve(false);
      else entry.waiting.push(resolve);
    });
  }
}
