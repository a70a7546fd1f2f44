import { networkOf } from './address.js';
import type { LimitName } from './attempt.js';

/** A user, an address, or a user at an address. */
export interface LimitedClient {
  /** The username, in any case. */
  readonly username?: string;
  /** The IP address of the client. */
  readonly address?: string;
  /**
   * The tenant of the user, as `limits.key` returns it. It is required for a user if `limits.key` is set.
   *
   * @default no tenant
   */
  readonly tenant?: string;
}

/** The state of one limit. */
export interface LimitStatus {
  /** The option of the limit. */
  readonly limit: LimitName;
  /** The failures in the window. Attempts that are running are included. */
  readonly failures: number;
  /** The maximum number of failures. */
  readonly max: number;
  /** Seconds until the failures are forgotten if the limit is reached, otherwise 0. */
  readonly retryAfter: number;
}

/** The limits of one scheme. */
export interface SchemeLimits {
  /** `true` if the counters are in a store that other processes may use too. */
  readonly isShared: boolean;
  /** Reads the limits of a client. */
  status(client: LimitedClient): Promise<LimitStatus[]>;
  /** Forgets the failures of a client. */
  release(client: LimitedClient): Promise<void>;
}

/** Checks a client. Returns an error message, or `undefined` if it is valid. */
export function clientProblem(client: LimitedClient | undefined): string | undefined {
  const { username, address, tenant } = client ?? {};
  for (const [name, value] of Object.entries({ username, address, tenant })) {
    if (value !== undefined && typeof value !== 'string') return `${name} must be a string`;
  }
  if (username === '') return 'the username is empty';
  if (username === undefined && address === undefined) return 'give a username, an address, or both';
  if (address !== undefined && networkOf(address) === '') return `'${address}' is not an IP address`;
  return undefined;
}
