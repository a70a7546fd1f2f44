import type { Claim } from './claim.js';
import type { Count } from './counters.js';

/** How an attempt ended: as a success, as a failure, or as neither, such as an error of the verifier. */
export type Ending = 'success' | 'failure' | 'neither';

/** The same for all that nobody waits for, which are most. */
const NOTHING: readonly string[] = [];

/** One attempt to be admitted with a username and a password. */
export class Attempt {
  /** What was counted for it ahead of the verdict; absent where nothing was. */
  counted: Promise<readonly Count[] | undefined> | undefined;
  /** What of it others may wait for. */
  entered: readonly string[] = NOTHING;

  constructor(readonly claim: Claim) {}
}

/** Why an attempt is not judged. */
export class Refusal {
  constructor(
    /** 429: there were too many failures. 503: nobody knows, as the counters are out of reach. */
    readonly status: 429 | 503,
    /** Seconds after which it is worth trying again. */
    readonly retryAfter: number,
  ) {}
}
