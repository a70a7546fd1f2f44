import { AuthConfigurationError, type AuthConfigurationErrorCode } from '../common/configuration.error.js';
import { sharedDigest } from '../common/digest.js';
import { RefusedException } from '../schemes/refused.exception.js';
import { refusal, REFUSALS } from './refusals.js';
import { MemoryRevocations, RedisRevocations, type RevocationList } from './revocation.list.js';
import { maxTokenAgeOf, type RevocableSettings, type RevocationOptions } from './revocation.options.js';
import type { SingleUse } from './single.use.js';

/**
 * The tokens that `invalidate()` refuses: those with a claim `sub`, `sid` or `jti`. With `sub` and `sid`, it refuses the tokens of that
 * session, and the tokens of that subject that do not name their session.
 */
export interface RevokedTokens {
  /**
   * The issuer of the tokens, because `sub`, `sid` and `jti` are unique only within an issuer.
   *
   * @default the issuer of the verifier, if it has only one
   */
  readonly iss?: string | undefined;
  /** The subject: all tokens of this user. */
  readonly sub?: string | undefined;
  /** The session (OpenID Connect Front-Channel Logout 1.0 section 3): all tokens that name it. */
  readonly sid?: string | undefined;
  /** The identifier of one token. */
  readonly jti?: string | undefined;
}

const FAILURES = {
  revoked: refusal('The token was revoked'),
  claim: refusal('A claim of the token is missing or invalid'),
  lifetime: refusal('The lifetime of the token is too long'),
} as const;

/** The verifier that tokens are revoked for. */
export interface Revoker {
  /** The name of its function, for messages, e.g. `jwt()`. */
  readonly name: string;
  readonly code: AuthConfigurationErrorCode;
  /** The issuers of its tokens; `undefined` if a request chooses them. */
  readonly issuers: readonly string[] | undefined;
  /** Milliseconds by which the clocks of the issuer and of this machine may differ. */
  readonly clockTolerance: number;
}

/** Refuses tokens that were revoked, although they are valid otherwise. */
export class Revocation<Claims extends Readonly<Record<string, unknown>>, Request> {
  private readonly list: RevocationList | undefined;
  private readonly maxAge: number;
  private readonly revoked: RevocableSettings<Claims, Request>['revoked'];

  constructor(
    { revoked, revocation }: RevocableSettings<Claims, Request>,
    private readonly verifier: Revoker,
  ) {
    this.revoked = revoked;
    this.list = revocation && listOf(revocation);
    this.maxAge = revocation === undefined ? NaN : maxTokenAgeOf(revocation);
  }

  /** If `true`, the list is in Redis, so another process may use it too. */
  get isShared(): boolean {
    return this.list instanceof RedisRevocations;
  }

  /** Accepts a logout token once; `undefined` if the verifier has no list. */
  get logouts(): SingleUse | undefined {
    return this.list?.logouts;
  }

  /**
   * Checks a valid token.
   *
   * @param issuer the issuer of the token
   * @throws RefusedException if the token was revoked, or if the list could not know that
   * @throws VerifierUnavailableException if the list is unavailable
   */
  async check(claims: Claims, request: Request, issuer: string): Promise<void> {
    if (this.list !== undefined) await this.checkList(this.list, claims, issuer);
    if (this.revoked === undefined) return;
    const revoked: unknown = await this.revoked(claims, request);
    if (revoked !== false) throw RefusedException.of(FAILURES.revoked);
  }

  /**
   * Refuses tokens from now on.
   *
   * @throws TypeError if the argument does not select tokens of this verifier
   * @throws VerifierUnavailableException if the list is unavailable
   */
  async invalidate(tokens: RevokedTokens): Promise<void> {
    const { name, code, clockTolerance } = this.verifier;
    if (this.list === undefined) {
      const fix = "set revocation: { maxTokenAge: '1h' }, for example";
      throw new AuthConfigurationError(code, `${name}: invalidate() needs the option revocation; ${fix}`);
    }
    const problem = tokensProblem(tokens);
    if (problem !== undefined) throw new TypeError(`${name}: invalidate(): ${problem}`);
    const issuer = this.issuerOf(tokens);
    // The clock of the issuer may be ahead when it issues the last of these tokens, and behind when the token expires.
    const milliseconds = Math.ceil(this.maxAge + 2 * clockTolerance);
    const { list } = this;
    await Promise.all(entriesOf(tokens, issuer).map((key) => list.add(key, Date.now(), milliseconds)));
  }

  private async checkList(list: RevocationList, claims: Claims, issuer: string): Promise<void> {
    const { iat, exp } = claims;
    const { sub, sid, jti } = claims;
    const { clockTolerance } = this.verifier;
    if (typeof iat !== 'number' || ![sub, sid, jti].every(isOptional)) throw RefusedException.of(FAILURES.claim);
    if (!(typeof exp === 'number' && (exp - iat) * 1000 <= this.maxAge)) throw RefusedException.of(FAILURES.lifetime);
    // A token of the future would be newer than each entry.
    if (iat * 1000 > Date.now() + clockTolerance) throw RefusedException.of(REFUSALS.early);
    const keys = keysOf(claims, issuer);
    const { times, lost } = await list.find(keys.map(([, key]) => key));
    const last = Math.max(lost, ...times.map((time) => time ?? 0));
    // If the clock of the issuer is ahead, a token that was issued before has a later `iat`.
    const isOlder = last > 0 && !(iat * 1000 > last + clockTolerance);
    // `jti` names one token, so its time does not matter.
    const isNamed = keys.some(([claim], index) => claim === 'jti' && times[index] !== undefined);
    if (isOlder || isNamed) throw RefusedException.of(FAILURES.revoked);
  }

  private issuerOf({ iss }: RevokedTokens): string {
    const { name, issuers } = this.verifier;
    if (iss === undefined) {
      const [only] = issuers ?? [];
      if (only !== undefined && issuers?.length === 1) return only;
      throw new TypeError(
        `${name}: invalidate(): iss is missing, and the verifier may have several issuers; pass the iss of the tokens`,
      );
    }
    if (issuers === undefined || issuers.includes(iss)) return iss;
    throw new TypeError(`${name}: invalidate(): iss is not an issuer of this verifier; pass the iss of the tokens`);
  }
}

function listOf({ redis, prefix = 'http-auth', max = 100_000 }: RevocationOptions): RevocationList {
  return redis === undefined ? new MemoryRevocations(max) : new RedisRevocations(redis, prefix);
}

/** Some authorization servers send `null` for a claim that has no value. */
function isOptional(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function tokensProblem(tokens: RevokedTokens): string | undefined {
  const { iss, sub, sid, jti } = tokens ?? {};
  const claims = [sub, sid, jti].filter((claim) => claim !== undefined);
  if (claims.length === 0) return "no tokens are selected; pass { sub }, { sid } or { jti }, e.g. { sub: 'alice' }";
  if (![...claims, iss ?? '-'].every((claim) => typeof claim === 'string' && claim !== '')) {
    return 'iss, sub, sid and jti must be strings that are not empty; pass the claims of the tokens';
  }
  return jti !== undefined && claims.length > 1 ? 'jti excludes sub and sid; call it twice' : undefined;
}

type Claim = 'sub' | 'sid' | 'jti' | 'sub without sid';

/** Digests hide the names of users from the store, and keep its keys short. */
function keyOf(claim: Claim, issuer: string, value: unknown): string {
  return sharedDigest(JSON.stringify([claim, issuer, value]));
}

/** Returns the keys to add. */
function entriesOf({ sub, sid, jti }: RevokedTokens, issuer: string): string[] {
  if (jti !== undefined) return [keyOf('jti', issuer, jti)];
  if (sid === undefined) return [keyOf('sub', issuer, sub)];
  const session = keyOf('sid', issuer, sid);
  // Otherwise a logout would have no effect on tokens without a session.
  return sub === undefined ? [session] : [session, keyOf('sub without sid', issuer, sub)];
}

/** Returns the keys of a token, and the claim of each. */
function keysOf({ sub, sid, jti }: Readonly<Record<string, unknown>>, issuer: string): [Claim, key: string][] {
  // A claim is a string, `undefined` or `null` here.
  const claims: [Claim, unknown][] = [
    ['jti', jti],
    ['sub', sub],
    ['sid', sid],
    ['sub without sid', (sid ?? undefined) === undefined ? sub : undefined],
  ];
  return claims
    .filter(([, value]) => typeof value === 'string')
    .map(([claim, value]) => [claim, keyOf(claim, issuer, value)]);
}
