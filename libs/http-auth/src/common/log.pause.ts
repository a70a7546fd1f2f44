/** Milliseconds between two lines of the same kind. */
const PAUSE = 60_000;

/** The maximum number of kinds. Others share a pause. */
const MAX = 100;

/** Limits the lines of a log that a client can cause: one line a minute for each kind. */
export class LogPause {
  private readonly kinds = new Map<string, { until: number; skipped: number }>();

  /**
   * Returns how many lines of a kind were skipped since the last one, or `undefined` if this one must be skipped.
   *
   * @param now milliseconds that do not go back
   */
  next(kind: string, now = performance.now()): number | undefined {
    const key = this.kinds.has(kind) || this.kinds.size < MAX ? kind : '';
    const last = this.kinds.get(key);
    if (last !== undefined && now < last.until) {
      last.skipped++;
      return undefined;
    }
    this.kinds.set(key, { until: now + PAUSE, skipped: 0 });
    return last?.skipped ?? 0;
  }
}
