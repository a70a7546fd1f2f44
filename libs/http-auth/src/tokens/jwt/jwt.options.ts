import type { Duration } from '../../common/duration.js';
import type { HttpRequest } from '../../http/request.js';
import type { ClaimsOptions, ClaimValue } from '../claims.options.js';
import type { Fetch } from '../endpoint.js';
import type { PrincipalOf } from '../principal.js';
import type { RevocableSettings } from '../revocation.options.js';
import type { TokenCacheOptions } from '../token.cache.js';
import type { JwtClaims } from './claims.js';
import type { JwkSet } from './jwk.set.js';

/**
 * An issuer whose tokens are accepted. Its keys are found by its metadata (OpenID Connect Discovery, or RFC 8414), unless one
 * of `jwks`, `key` and `secret` is set.
 */
export interface JwtIssuer {
  /**
   * The identifier of the issuer. The claim `iss` must equal it exactly. It is an https URL; http is accepted for loopback
   * addresses. With `jwks`, `key` or `secret` it may be any string.
   *
   * It may contain `{tenantid}` once, for Entra ID. Then `iss` must equal it with the claim `tid`, a GUID, in this place: every
   * tenant is an issuer, unless `require: { tid: [ … ] }` restricts them.
   */
  readonly issuer: string;
  /**
   * The audience of this application. The claim `aud` must contain one of these strings. `null` accepts any audience; this is
   * only safe if the issuer has no other audience, or if `principal` checks another claim.
   */
  readonly audience: string | readonly string[] | null;
  /** The https URL of the keys, or the keys (RFC 7517 section 5). A key that cannot verify signatures is ignored. */
  readonly jwks?: string | JwkSet;
  /**
   * The https URL of the metadata, for an issuer that is not reached at its identifier, e.g. from inside a cluster. The `issuer`
   * of the metadata must equal the option `issuer`.
   *
   * @default the well-known URLs of OpenID Connect Discovery section 4 and RFC 8414 section 3, from `issuer`
   */
  readonly metadataUrl?: string;
  /**
   * Header fields of the requests for the metadata and the keys, e.g. for a gateway. Keys on another origin than the metadata
   * are requested without them, because the fields may be secret.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * If `true`, the URLs of this issuer, also the `jwks_uri` of its metadata, may be http on any host, e.g.
   * `http://keycloak:8080/realms/a` in a cluster. An attacker who can change the traffic can then replace the keys and forge tokens. The log
   * has a warning at startup.
   *
   * @default false
   */
  readonly allowInsecureHttp?: boolean;
  /** The only key of the issuer: a public key in PEM. */
  readonly key?: string;
  /** A secret that the application shares with the issuer, for HMAC: at least 32 random bytes. A string counts as UTF-8. */
  readonly secret?: string | Uint8Array;
  /**
   * The algorithms of signatures that are accepted (RFC 7518 section 3.1). `none` is never accepted.
   *
   * @default all that fit the key: RS256 to RS512, PS256 to PS512, ES256 to ES512, EdDSA, Ed25519; HS256 for a `secret`
   */
  readonly algorithms?: readonly string[];
  /**
   * `at+jwt` accepts only access tokens of RFC 9068: with that `typ`, and with the claims that section 2.2 requires.
   *
   * `id_token` accepts ID tokens, with the claims that OpenID Connect Core section 2 requires. An ID token tells a client who signed
   * in. Use it only for services that send ID tokens as bearer tokens, such as Google's.
   *
   * @default tokens without a `typ`, and tokens whose `typ` is JWT or at+jwt, unless their claims show that they are ID tokens
   */
  readonly profile?: 'at+jwt' | 'id_token';
  /**
   * The clients whose tokens are accepted. The token must have at least one of the claims `client_id`, `azp`, `cid`
   * (Okta) and `appid` (Entra ID), and each that it has must be in the list. `true` accepts every client, but the token must
   * name it. ID tokens of many vendors do not name a client.
   *
   * @default the claims are not checked
   */
  readonly clients?: string | readonly string[] | true;
  /**
   * Claims that a token must have: each with the value, or with one of the values. They are compared exactly.
   *
   * @example { token_use: 'access', tid: ['8eaef023-2b34-4da1-9baa-8bc8c9d6a490'] }
   * @default no further claims are checked
   */
  readonly require?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;
}

/** Options of `jwt()` that do not depend on the issuer. */
export interface JwtSettings<Principal = JwtClaims, Request = HttpRequest, Claims = JwtClaims>
  extends ClaimsOptions<JwtClaims, Claims>, RevocableSettings<JwtClaims, Request> {
  /**
   * Returns the principal of a valid token, e.g. the user of its `sub`, or a promise of it. Like a verifier, it may
   * also return `null` to refuse the token, or `admit()`. A fact that `admit()` does not name stays as the token has it. It is called on
   * every request, also if the token is in the cache.
   *
   * @default the claims are the principal; if the option `claims` is a schema, its output is
   */
  readonly principal?: PrincipalOf<Claims, Principal, Request>;
  /**
   * The maximum difference between the clocks of the issuer and of this machine, at most 5 minutes (RFC 9068 section 4). A
   * number is milliseconds. A number from 1 to 300 is an error, because it was seconds in 0.1.
   *
   * @default '5s'
   */
  readonly clockTolerance?: Duration;
  /**
   * Keeps valid tokens in a cache, by a digest, until they expire or the keys of their issuer change. The signature of
   * a repeated token is then not checked again. `false` disables the cache.
   *
   * @default { max: 10_000 }
   */
  readonly cache?: TokenCacheOptions | false;
  /** How the keys of the issuers are kept. */
  readonly keys?: RemoteKeysOptions;
  /**
   * Sends the requests for metadata and keys instead of Node's `fetch()`, e.g. undici's with an agent for a proxy or a private
   * certificate authority.
   */
  readonly fetch?: Fetch;
}

/** How the keys of an issuer are kept. Each duration is at most a day; a number is milliseconds. */
export interface RemoteKeysOptions {
  /**
   * The age after which the keys are fetched again. Requests do not wait: the old keys stay in use meanwhile.
   *
   * @default '10m'
   */
  readonly maxAge?: Duration;
  /**
   * The minimum time between two fetches for unknown keys. It protects the issuer from a flood of forged tokens.
   *
   * @default '30s'
   */
  readonly cooldown?: Duration;
  /**
   * The maximum time for an answer of the issuer.
   *
   * @default '5s'
   */
  readonly timeout?: Duration;
  /**
   * If `true`, the keys are fetched soon after `jwt()` is called, so that the first request does not wait for them. If the issuer
   * does not answer, the log has a warning, and requests fetch the keys. To wait for the keys, or to fail, call `fetchKeys()` of
   * the verifier. It cannot be used with a function of issuers.
   *
   * @default false: the first request fetches the keys
   */
  readonly warmUp?: boolean;
}

/** The issuers whose tokens are accepted, or a function of the request that returns them. */
export type JwtIssuers<Request = HttpRequest> =
  | readonly JwtIssuer[]
  | ((request: Request) => readonly JwtIssuer[] | Promise<readonly JwtIssuer[]>);

/**
 * Options of `jwt()`: one issuer, or several as `issuers`. A token is checked by the issuer that it names. A function returns
 * the issuers of a request, e.g. by its host; the application must make sure that it returns trusted issuers only.
 */
export type JwtOptions<Principal = JwtClaims, Request = HttpRequest, Claims = JwtClaims> = JwtSettings<
  Principal,
  Request,
  Claims
> &
  (JwtIssuer | { readonly issuers: JwtIssuers<Request> });
