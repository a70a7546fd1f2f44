export type { TokenCacheOptions } from '../token.cache.js';
export type { TokenVerifier } from '../token.verifier.js';
export type { JwtClaims } from './claims.js';
export { jwt } from './jwt.js';
export type { JwtIssuer, JwtIssuers, JwtOptions, JwtSettings } from './jwt.options.js';
export type { RemoteKeysOptions } from './remote.keys.js';
