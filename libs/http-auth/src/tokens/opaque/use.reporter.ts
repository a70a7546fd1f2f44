import { Logger } from '@nestjs/common';
import { type Duration, milliseconds } from '../../common/duration.js';
import { isPromise } from '../../common/promise.js';
import { withinTime } from '../../common/timeout.js';
import { recent } from '../../limits/recent.js';
import { redact } from '../../schemes/redact.js';
import type { StoredToken } from './stored.token.js';

/** How many tokens are remembered, so that `onUse` is not called again too soon. */
const MAX_TOKENS = 10_000;

/** How many calls of `onUse` may run. While a database hangs, more would fill the memory. */
const MAX_RUNNING = 1000;

/** Milliseconds after which a call counts as failed. Otherwise, calls that never end would stop all later calls. */
const PATIENCE = 30_000;

/** Reports the use of an accepted token. */
export type ReportUse<Principal, Request> = (stored: StoredToken<Principal>, request: Request, token: string) => void;

/**
 * Returns a function that calls `onUse` at most once in each interval for each token. It returns immediately and never throws: the
 * request does not depend on `onUse`.
 */
export function reporterOfUses<Principal, Request>(
  onUse: (stored: StoredToken<Principal>, request: Request) => void | Promise<void>,
  interval: Duration = '1m',
): ReportUse<Principal, Request> {
  const logger = new Logger('tokens');
  const reported = recent<true>(MAX_TOKENS, { ttl: milliseconds(interval) });
  let running = 0;

  const call = async (stored: StoredToken<Principal>, request: Request, token: string): Promise<void> => {
    running++;
    try {
      const result = onUse(stored, request);
      if (isPromise(result)) await withinTime(result, PATIENCE, tooLate);
    } catch (error) {
      logger.error('onUse of tokens() failed; the request was not affected', stackOf(error, [token, stored.hash]));
    } finally {
      running--;
    }
  };
  return (stored, request, token) => {
    if (running >= MAX_RUNNING || reported.has(stored.hash)) return;
    // An error does not make the next call earlier. Otherwise, each request would log it while a database is down.
    reported.set(stored.hash, true);
    void call(stored, request, token);
  };
}

function tooLate(): Error {
  return new Error('onUse did not settle in 30 seconds');
}

/** Returns the stack of an error without the secrets. The getters of an error may throw. */
function stackOf(error: unknown, secrets: readonly string[]): string | undefined {
  try {
    return redact(error, secrets).stack;
  } catch {
    return 'The error cannot be read';
  }
}
