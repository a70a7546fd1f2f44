import type { Failure } from './failure.js';

/** A strategy's success. */
export interface Success {
  /** Who the request is from. */
  readonly principal: unknown;
  /** What the strategy says beside it, as Passport's `info`. */
  readonly info?: unknown;
}

/** How the judging of a request ended: one of the two, or a throw. */
export type Outcome = Success | Failure;
