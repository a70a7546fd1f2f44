import type { Counts } from './counters.js';
import type { Guess } from './guess.js';

/** The result of an attempt. `neither` means that the password was not verified, e.g. because the verifier threw. */
export type Ending = 'success' | 'failure' | 'neither';

/** The options that limit failures. */
export type LimitName = 'perUserAndAddress' | 'perAddress' | 'perUser';

/** An attempt to log in that is allowed. */
export class Attempt {
  /** The counts that were added before the password is verified; `undefined` if the attempt is not counted. */
  counted: Counts['given'] | undefined;
  /** The keys under which other attempts may wait for this one. */
  entered: readonly string[] = [];

  constructor(readonly guess: Guess) {}
}

/** The answer to an attempt that is not allowed. The password is not verified. */
export class Refusal {
  constructor(
    /** 429 after too many failures, 503 if failures cannot be counted and `failClosed` is set. */
    readonly status: 429 | 503,
    /** Seconds after which the client may try again. */
    readonly retryAfter: number,
    /** The limit that is reached; `undefined` if failures cannot be counted. */
    readonly limit?: LimitName,
  ) {}
}
