export type { TokenCacheOptions } from '../token.cache.js';
export type { RevokedTokens } from '../revocation.js';
export type { RevocableSettings, RevocationOptions } from '../revocation.options.js';
export type { RevocableVerifier, TokenVerifier } from '../token.verifier.js';
export type { JwtClaims } from './claims.js';
export type { Jwk, JwkSet } from './jwk.set.js';
export { jwt } from './jwt.js';
export type { JwtIssuer, JwtIssuers, JwtOptions, JwtSettings, RemoteKeysOptions } from './jwt.options.js';
