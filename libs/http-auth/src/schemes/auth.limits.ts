import { Injectable } from '@nestjs/common';
import { clientProblem, type LimitedClient, type LimitStatus } from '../limits/limit.status.js';
import { SchemeRegistry } from './scheme.registry.js';

/** The state of one limit of a scheme. */
export interface SchemeLimitStatus extends LimitStatus {
  /** The auth-scheme, e.g. `Basic`. */
  readonly scheme: string;
}

/**
 * Reads and resets the limits on failed logins, for support and for administrators. Limits in memory are those of this process;
 * limits in a shared store are those of all processes.
 *
 * @example
 * constructor(private readonly limits: AuthLimits) {}
 *
 * @Post('users/:name/release')
 * release(@Param('name') name: string) {
 *   return this.limits.release(name);
 * }
 */
@Injectable()
export class AuthLimits {
  /** @internal Nest creates the instance. */
  constructor(private readonly registry: SchemeRegistry) {}

  /** `true` if the limits of a scheme are in a store that other processes may use too. */
  get isShared(): boolean {
    return this.registry.all.some(({ limits }) => limits?.isShared === true);
  }

  /**
   * Reads the limits of a user, of an address, or of a user at an address.
   *
   * @param client a username, or a client. Without an address, the result has only `perUser`. Without a username, it has only
   * `perAddress`.
   * @throws TypeError if the client is invalid, or has no tenant although `limits.key` is set
   * @throws ServiceUnavailableException if the shared store is unavailable
   */
  async status(client: string | LimitedClient): Promise<SchemeLimitStatus[]> {
    const checked = check('status', client);
    const all = this.registry.all.map(async ({ name, limits }) => {
      const entries = (await limits?.status(checked)) ?? [];
      return entries.map((entry) => ({ scheme: name, ...entry }));
    });
    return (await Promise.all(all)).flat();
  }

  /**
   * Forgets the failures of a user at all addresses, and the failures of the address if there is one. Other processes with the same
   * store learn of it within a second.
   *
   * @param client a username, or a client. Without a username, only the failures of the address are forgotten.
   * @throws TypeError if the client is invalid, or has no tenant although `limits.key` is set
   * @throws ServiceUnavailableException if the shared store is unavailable
   */
  async release(client: string | LimitedClient): Promise<void> {
    const checked = check('release', client);
    await Promise.all(this.registry.all.map(async ({ limits }) => limits?.release(checked)));
  }
}

function check(method: string, client: string | LimitedClient): LimitedClient {
  const checked = typeof client === 'string' ? { username: client } : client;
  const problem = clientProblem(checked);
  if (problem !== undefined) throw new TypeError(`AuthLimits.${method}(): ${problem}`);
  return checked;
}
