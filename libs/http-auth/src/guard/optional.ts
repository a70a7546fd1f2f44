import { type OptionNames, unknownOption } from '../common/options.js';
import type { Failure } from '../schemes/failure.js';
import type { Policy } from './policy.js';

/** Options of `@OptionalAuth()`. */
export interface OptionalAuthOptions {
  /**
   * The effect of credentials that were valid once, and have expired. With `refuse`, the response is 401, so that the client renews them.
   * With `anonymous`, the request counts as one without credentials.
   *
   * @default 'refuse'
   */
  readonly stale?: 'refuse' | 'anonymous';
}

const NAMES: OptionNames<OptionalAuthOptions> = { stale: true };

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function optionalProblem(options: OptionalAuthOptions): string | undefined {
  const unknown = unknownOption(options, NAMES, '@OptionalAuth(): ');
  if (unknown !== undefined) return unknown;
  const { stale = 'refuse' } = options;
  return ['refuse', 'anonymous'].includes(stale) ? undefined : "@OptionalAuth(): stale must be 'refuse' or 'anonymous'";
}

/** Returns `true` if a request with these credentials counts as anonymous. */
export function isAnonymous({ access, stale }: Policy, { reason, details }: Failure): boolean {
  if (access !== 'optional') return false;
  return reason === 'missing' || (stale === 'anonymous' && details.stale === true);
}
