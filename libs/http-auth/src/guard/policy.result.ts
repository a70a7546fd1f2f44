import type { Authenticated } from '../response/exchange.js';
import type { Failure } from '../schemes/failure.js';
import type { Outcome } from '../schemes/outcome.js';
import type { Scheme } from '../schemes/scheme.js';

/** A scheme could not verify the credentials, or its verifier threw a 4xx. */
export class Fault {
  constructor(
    /** The name of the scheme. */
    readonly scheme: string,
    readonly error: unknown,
  ) {}
}

/** The result of a policy for one request; `undefined` if the policy accepts the request without credentials. */
export type PolicyResult = Authenticated | Failure | Fault | undefined;

/** The outcomes of one request, by scheme. */
export type Outcomes = Map<Scheme, Promise<Outcome>>;
