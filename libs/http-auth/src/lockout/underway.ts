/** What is under way, by keys, and who waits for it. It holds no more than there are requests. */
export class Underway {
  private readonly keys = new Map<string, { count: number; waiting: ((freed: boolean) => void)[] }>();

  /** Whether there is nothing. */
  get idle(): boolean {
    return this.keys.size === 0;
  }

  /** Whether there is anything under a key. */
  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** One more under a key. */
  enter(key: string): void {
    const entry = this.keys.get(key);
    if (entry === undefined) this.keys.set(key, { count: 1, waiting: [] });
    else entry.count++;
  }

  /** One less under a key. Whoever has waited longest is told where that has freed a place, and all where it was the last. */
  leave(key: string, freed: boolean): void {
    const entry = this.keys.get(key);
    if (entry === undefined) return;
    entry.count--;
    if (entry.count === 0) this.keys.delete(key);
    const woken = entry.count === 0 ? entry.waiting : freed ? entry.waiting.splice(0, 1) : [];
    for (const wake of woken) wake(freed);
  }

  /** Waits until something under a key has left: whether that has freed a place. */
  left(key: string): Promise<boolean> {
    return new Promise((resolve) => {
      const entry = this.keys.get(key);
      if (entry === undefined) resolve(false);
      else entry.waiting.push(resolve);
    });
  }
}
