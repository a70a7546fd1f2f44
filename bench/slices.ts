/** The CPU time that a process takes for a request, by slices of so many requests. */
export class Slices {
  private found: number[] = [];
  private size = Infinity;
  private left = 0;
  private since: number | undefined;

  /** Begins slices of so many requests, and returns what was found of those before, in microseconds for one request. */
  begin(size: number): number[] {
    const { found } = this;
    this.found = [];
    this.size = size;
    this.left = 0;
    this.since = undefined;
    return found;
  }

  /** A request has come. */
  count(): void {
    if (this.left-- > 0) return;
    const { user, system } = process.cpuUsage();
    const now = user + system;
    if (this.since !== undefined) this.found.push(Math.round(((now - this.since) / this.size) * 100) / 100);
    this.since = now;
    this.left = this.size - 1;
  }
}
