import { configureGlobal } from 'fast-check';

// A mutant is killed by any failure, so the smallest one is not searched.
configureGlobal({ endOnFailure: true });
