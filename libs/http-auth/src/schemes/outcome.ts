import type { Admission } from './admission.js';
import type { Failure } from './failure.js';

/** The result of an attempt to authenticate. There is no third one: a fault is thrown. */
export type Outcome = Admission<unknown> | Failure;
