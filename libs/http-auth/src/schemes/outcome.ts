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

/**
 * Whether an outcome is not known yet. Outcomes are of few shapes, and principals of any: asked the same question by the same
 * function, each of them would cost what an object of unknown shape does.
 */
export function isPending(outcome: Outcome | Promise<Outcome> | undefined): outcome is Promise<Outcome> {
  return typeof (outcome as Partial<Promise<Outcome>> | undefined)?.then === 'function';
}
