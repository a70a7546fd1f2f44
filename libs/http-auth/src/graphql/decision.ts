import type { Policy } from '../guard/policy.js';
import { Fault, type PolicyResult } from '../guard/policy.result.js';
import { Failure } from '../schemes/failure.js';
import { type Refusal, refusalOf } from './refusal.js';
import type { Source } from './sources.js';

/** The result of a policy that refuses a request. */
export type Refused = Failure | Fault;

/** The decision about one operation, with the results of its policies. */
export class Decision {
  /** Set if the whole operation is refused. */
  whole: Refused | undefined;
  /** Set when a field sets the principal; settled when it is set. */
  accepted: Promise<void> | undefined;
  /** If `true`, a refusal of this operation is reported as an event. */
  isReported = false;
  private readonly results = new Map<Policy, Promise<PolicyResult>>();

  constructor(readonly source: Source) {}

  /** Returns the result of a policy. The first call finds it. */
  of(policy: Policy, find: () => Promise<PolicyResult>): Promise<PolicyResult> {
    let result = this.results.get(policy);
    if (result === undefined) this.results.set(policy, (result = find()));
    return result;
  }

  /** Returns a new exception if the whole operation is refused. */
  refusal(): Refusal | undefined {
    return this.whole && refusalOf(this.whole);
  }
}

/** Returns `true` if a result refuses a request. */
export function isRefused(result: PolicyResult): result is Refused {
  return result instanceof Failure || result instanceof Fault;
}
