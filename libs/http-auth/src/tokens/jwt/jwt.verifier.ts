import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../../http/request.js';
import type { TokenVerifier } from '../token.verifier.js';
import type { JwtClaims } from './claims.js';
import { answerMeters } from './issuer.answers.js';
import type { Issuers } from './issuers.js';
import type { KeyState } from './keys.js';
import type { TrustedIssuer } from './trusted.issuer.js';

/** The state of an issuer of {@link JwtVerifier}. */
export interface IssuerState extends KeyState {
  /** The identifier of the issuer. */
  readonly issuer: string;
}

/** The verifier of `jwt()`. In addition to {@link TokenVerifier}, it tells the state of the keys, e.g. for a readiness probe. */
export interface JwtVerifier<Principal = JwtClaims, Request = HttpRequest> extends TokenVerifier<Principal, Request> {
  /**
   * Returns the state of each issuer. It does not send a request. If a function returns the issuers, these are the issuers of the
   * requests so far.
   */
  issuers(): readonly IssuerState[];
  /**
   * Fetches the keys of all issuers that are missing or old, and waits for them. It does not repeat a request that failed a few
   * seconds ago, so a probe may call it often. If a function returns the issuers, it does nothing, because the issuer of one tenant
   * must not decide for all tenants.
   *
   * @throws VerifierUnavailableException if an issuer has no keys, and does not answer
   */
  fetchKeys(): Promise<void>;
}

/**
 * Adds the methods of {@link JwtVerifier} to a verifier. Meters can ask it for the state of its issuers.
 *
 * @param fixed the issuers that do not depend on a request
 */
export function withKeys<Principal, Request>(
  known: Issuers,
  fixed: readonly TrustedIssuer[],
  verify: TokenVerifier<Principal, Request>,
): JwtVerifier<Principal, Request> {
  const verifier = Object.assign(verify, {
    issuers: () => distinct(known.list).map(({ name, keys }) => ({ issuer: name, ...keys.state })),
    fetchKeys: async () => {
      await Promise.all(fixed.map(({ keys }) => keys.load()));
    },
  });
  answerMeters(verifier);
  return verifier;
}

/** Removes issuers that differ only in their audience or in other requirements. */
function distinct(list: Issuers['list']): Issuers['list'] {
  return list.filter(
    ({ name, keys }, index) => list.findIndex((one) => one.name === name && one.keys === keys) === index,
  );
}

/**
 * Fetches the keys soon. The timer does not keep the process alive, so a command that only loads the module ends without a
 * request. A request that is running delays its end by at most `keys.timeout`.
 */
export function warmUp(verifier: Pick<JwtVerifier, 'fetchKeys' | 'issuers'>): void {
  setTimeout(() => {
    verifier.fetchKeys().catch(() => {
      const logger = new Logger('jwt');
      for (const { issuer, error } of verifier.issuers()) {
        if (error !== undefined)
          logger.warn(`The keys of ${issuer} cannot be fetched: ${error}; requests fetch them again`);
      }
    });
  }, 0).unref();
}
