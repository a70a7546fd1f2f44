import { type Duration, milliseconds } from '../../common/duration.js';
import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import type { HttpRequest } from '../../http/request.js';
import type { StoredToken } from './stored.token.js';
import { isPrefix, PREFIX_RULE } from './token.js';

/** Options of `tokens()`. */
export interface TokensOptions<Principal, Request = HttpRequest> {
  /**
   * The beginning of every token, e.g. `acme_live`, as in `token.create()`. A token that does not begin with it and an underscore
   * is refused without a lookup. `acme` accepts tokens with the prefix `acme_live`, too.
   *
   * @default none
   */
  readonly prefix?: string;
  /**
   * If `true`, a token without a correct checksum is refused without a lookup. Tokens of version 0.1, and tokens that
   * `token.create()` did not create, have no checksum.
   *
   * @default false
   */
  readonly checksum?: boolean;
  /**
   * Called after a token was accepted, e.g. to store when it was last used, at most once in each `useInterval` for each token. The
   * guard may still refuse the request, e.g. because the token lacks a scope.
   *
   * The request does not wait for the promise. If `onUse` throws, the error is logged without the token, and the request continues.
   */
  readonly onUse?: (stored: StoredToken<Principal>, request: Request) => void | Promise<void>;
  /**
   * The shortest time between two calls of `onUse` for the same token. Each instance of the application counts on its own, and
   * remembers at most 10,000 tokens.
   *
   * @default '1m'
   */
  readonly useInterval?: Duration;
}

const NAMES: OptionNames<TokensOptions<unknown>> = { prefix: true, checksum: true, onUse: true, useInterval: true };

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function tokensProblem(options: TokensOptions<never, never>): string | undefined {
  const { prefix, checksum, onUse, useInterval } = options;
  const missing = undefinedOption(options, ['prefix', 'checksum']);
  if (missing !== undefined) return missing;
  if (prefix !== undefined && !isPrefix(prefix)) return `prefix ${PREFIX_RULE}`;
  if (checksum !== undefined && typeof checksum !== 'boolean') {
    return 'checksum must be true or false; write true if every token comes from token.create()';
  }
  if (onUse !== undefined && typeof onUse !== 'function') {
    return 'onUse must be a function; pass (stored, request) => { … }';
  }
  if (useInterval !== undefined && onUse === undefined) {
    return 'useInterval has no effect without onUse; add onUse, or remove useInterval';
  }
  if (useInterval !== undefined && !((milliseconds(useInterval) ?? 0) >= 1)) {
    return "useInterval must be a duration of at least 1 millisecond, e.g. '1m'";
  }
  return unknownOption(options, NAMES);
}
