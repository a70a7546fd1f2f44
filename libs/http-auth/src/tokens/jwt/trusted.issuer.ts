import { admit, type Admission } from '../../schemes/admission.js';
import { frozen } from '../frozen.js';
import { infoOf } from '../principal.js';
import { type JwtClaims, scopesOf } from './claims.js';
import { claimsFailure, type Requirements } from './claims.check.js';
import { FAILURES, refuse } from './failures.js';
import type { Jws } from './jws.js';
import type { JwtIssuer } from './jwt.options.js';
import { allowedAlgorithms } from './issuer.check.js';
import { isTemplate, issuerOf } from './issuer.template.js';
import type { Keys, TokenIssuer } from './keys.js';
import { isSignedBy } from '../../jose/signature.js';

/** An issuer whose tokens are accepted: its keys, and the requirements for its tokens. */
export class TrustedIssuer {
  /** The identifier of the issuer, which `iss` of a token must equal. */
  readonly name: string;
  private readonly algorithms: readonly string[];
  private readonly requirements: Requirements;

  constructor(
    entry: JwtIssuer,
    readonly keys: Keys,
    clockTolerance: number,
  ) {
    const { issuer, audience, profile, clients, require } = entry;
    this.name = issuer;
    this.algorithms = allowedAlgorithms(entry);
    this.requirements = {
      audience: audience === null ? null : [audience].flat(),
      profile,
      clients: clients === undefined || clients === true ? clients : [clients].flat(),
      require,
      clockTolerance,
    };
  }

  /** Returns `true` if a token names this issuer. The signature does not matter. */
  isNamedBy(claims: Jws['claims']): boolean {
    const expected = issuerOf(this.name, claims);
    return expected !== undefined && expected === claims['iss'];
  }

  /**
   * Returns the claims of a token of this issuer, and what the guard may ask for.
   *
   * @throws RefusedException if the token is not valid
   * @throws VerifierUnavailableException if the keys cannot be fetched
   */
  async verify(jws: Jws): Promise<Admission<JwtClaims>> {
    await this.checkSignature(jws);
    const { header, claims } = jws;
    const failure = claimsFailure(header.typ, claims, this.requirements);
    if (failure !== undefined) refuse(failure);
    const { clockTolerance } = this.requirements;
    return admit(frozen(claims as JwtClaims), infoOf(claims, scopesOf(claims as JwtClaims), clockTolerance));
  }

  /**
   * Checks the signature of a token of this issuer, and nothing else.
   *
   * @throws RefusedException if the signature cannot be verified
   * @throws VerifierUnavailableException if the keys cannot be fetched
   */
  async checkSignature({ header, claims, input, signature }: Jws): Promise<void> {
    const { alg } = header;
    // RFC 8725 section 3.1: the token does not choose its algorithm.
    if (!this.algorithms.includes(alg)) refuse(FAILURES.algorithm);
    const keys = await this.keys.find(header, isTemplate(this.name) ? (claims as unknown as TokenIssuer) : undefined);
    if (keys.length === 0) refuse(FAILURES.key);
    if (!keys.some((key) => isSignedBy(key, alg, input, signature))) refuse(FAILURES.signature);
  }
}
