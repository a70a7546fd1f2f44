export type { ClaimCheck, ClaimChecks, ClaimsOptions, ClaimValue, RolesFunction } from '../claims.options.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from '../standard.schema.js';
export type { TokenCacheOptions } from '../token.cache.js';
export type { TokenVerifier } from '../token.verifier.js';
export type { JwtClaims } from './claims.js';
export type { Jwk, JwkSet } from './jwk.set.js';
export { jwt } from './jwt.js';
export type { JwtIssuer, JwtIssuers, JwtOptions, JwtSettings, RemoteKeysOptions } from './jwt.options.js';
