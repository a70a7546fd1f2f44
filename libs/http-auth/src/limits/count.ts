/** The state of a counter. */
export interface Count {
  /** The number of failures. */
  readonly count: number;
  /** The time at which the counter is reset, as `performance.now()`. */
  readonly until: number;
}
