import { Inject, Injectable } from '@nestjs/common';
import { sharedDigest } from '../common/digest.js';
import { TIMEOUT, withinTime } from '../common/timeout.js';
import { RefusedException } from '../schemes/refused.exception.js';
import type { SingleUse } from '../tokens/single.use.js';
import { parseJws } from '../tokens/jwt/jws.js';
import { type Trust, trustOf } from '../tokens/jwt/trust.js';
import { type BackChannelLogoutOptions, checkedOptions } from './logout.options.js';
import { type Logout, type LogoutToken, LogoutTokenError, readLogoutToken } from './logout.token.js';

/** The injection token of the options. */
export const LOGOUT_OPTIONS = Symbol('nestjs-http-auth:logout-options');

/** Verifies logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.6), and revokes the tokens of the session or the user. */
@Injectable()
export class BackChannelLogout {
  private readonly trust: Trust<unknown>;
  private readonly logouts: SingleUse;
  private readonly clientId: readonly string[];
  private readonly onLogout: BackChannelLogoutOptions['onLogout'];

  constructor(
    @Inject(LOGOUT_OPTIONS) options: BackChannelLogoutOptions,
    /** The milliseconds that a function of the application may take. */
    @Inject(TIMEOUT) private readonly timeout: number,
  ) {
    const { verifier, clientId, onLogout } = checkedOptions(options);
    this.trust = trustOf(verifier) as Trust<unknown>;
    this.logouts = this.trust.revocation.logouts as SingleUse;
    this.clientId = [clientId].flat();
    this.onLogout = onLogout;
  }

  /**
   * Logs out.
   *
   * @throws LogoutTokenError if the token is not valid
   * @throws VerifierUnavailableException if the keys of the issuer, or the list of revoked tokens, are unavailable
   * @throws Error if a function of the application throws, or takes too long
   */
  async logout(token: string, request: unknown): Promise<void> {
    const verified = await this.verify(token, request);
    const { iss, jti, until } = verified;
    // Another client of the issuer may share the list.
    const key = sharedDigest(JSON.stringify([iss, this.clientId, jti]));
    // The clock of another instance may be behind by twice the tolerance.
    const milliseconds = Math.ceil(until * 1000 - Date.now() + 2 * this.trust.clockTolerance);
    if (!(await this.logouts.once(key, Math.max(1, milliseconds), () => this.revoke(verified)))) {
      throw new LogoutTokenError('the token was used before');
    }
  }

  private async verify(token: string, request: unknown): Promise<LogoutToken> {
    const { trust, clientId } = this;
    try {
      const jws = parseJws(token);
      const issuer = (await this.inTime('issuers', trust.issuers(request))).find((one) => one.isNamedBy(jws.claims));
      if (issuer === undefined) throw new LogoutTokenError('iss is not trusted');
      await issuer.checkSignature(jws);
      return readLogoutToken(jws.header.typ, jws.claims, clientId, trust.clockTolerance);
    } catch (error) {
      throw error instanceof RefusedException ? new LogoutTokenError(error.message) : error;
    }
  }

  private async revoke({ iss, sub, sid }: LogoutToken): Promise<void> {
    const logout: Logout = { iss, ...(sub !== undefined && { sub }), ...(sid !== undefined && { sid }) };
    await this.trust.revocation.invalidate(logout);
    await this.inTime('onLogout', this.onLogout?.(logout));
  }

  /** Waits for the result of a function of the application. Without a limit, its requests would fill the memory. */
  private inTime<T>(name: string, result: T | Promise<T>): Promise<T> {
    return withinTime(Promise.resolve(result), this.timeout, () => new Error(`${name} did not settle in time`));
  }
}
