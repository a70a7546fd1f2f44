import type { Policy } from '../guard/policy.js';
import { Fault, type Verdict } from '../guard/verdict.js';
import { Failure } from '../schemes/failure.js';
import { type Refusal, refusalOf } from './refusal.js';
import type { Source } from './sources.js';

/** A verdict that refuses a request. */
export type Refused = Failure | Fault;

/** What is known of one operation: the verdicts of the policies that it has met. */
export class Decision {
  /** Set if the whole operation is refused. */
  whole: Refused | undefined;
  /** The name of the scheme whose principal the operation has. */
  scheme: string | undefined;
  /** If `true`, a refusal of this operation is reported as an event. */
  isReported = false;
  private readonly verdicts = new Map<Policy, Promise<Verdict>>();

  constructor(readonly source: Source) {}

  /** Returns the verdict of a policy. The first call finds it. */
  of(policy: Policy, find: () => Promise<Verdict>): Promise<Verdict> {
    let verdict = this.verdicts.get(policy);
    if (verdict === undefined) this.verdicts.set(policy, (verdict = find()));
    return verdict;
  }

  /** Returns a new exception if the whole operation is refused. */
  refusal(): Refusal | undefined {
    return this.whole && refusalOf(this.whole);
  }
}

/** Returns `true` if a verdict refuses a request. */
export function isRefused(verdict: Verdict): verdict is Refused {
  return verdict instanceof Failure || verdict instanceof Fault;
}
